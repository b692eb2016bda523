/** The bytes of a ProDOS file: one block, an index of 256, or an index of indexes; two forks where GS/OS made them. */
import { Fault, FaultKind, layout, u16le, u8 } from '../../kernel/index.ts';
import type { ByteSource, Run } from '../../media/index.ts';
import { BLOCK, type ProdosBlocks } from '../apple2/blocks.ts';
import { RunList } from '../content.ts';
import { type DataStream, StreamKind } from '../filesystems.ts';
import { Storage } from './directory.ts';

const POINTERS = 256;
const DOUBT = 'a deleted file: its blocks may have been used again';

/** What a fork is told by. */
export interface Fork {
  readonly storage: number;
  readonly keyBlock: number;
  readonly size: number;
  readonly isDeleted: boolean;
  /** Of a Pascal area, which lies in one piece. */
  readonly blocksUsed: number;
}

/** "Mini-entry" of an extended file's key block (GS/OS, ProDOS Technical Note 25). */
const miniEntry = layout('ProDOS fork entry', 8, {
  storage: [0, u8],
  keyBlock: [1, u16le],
  blocksUsed: [3, u16le],
  sizeLow: [5, u16le],
  sizeHigh: [7, u8],
});
const RESOURCE_AT = 256;
const FINDER_AT = 8;
const FINDER_SIZE = 18;

/** Data and resource fork of an extended file, and what the Finder noted. @throws Fault when its key block can't be read. */
export async function extendedForks(
  blocks: ProdosBlocks,
  key: number,
): Promise<{ forks: readonly [data: Fork, resource: Fork]; facts: Record<string, string> }> {
  const block = await blocks.block(key);
  const forkAt = (at: number): Fork => {
    const e = miniEntry.decode(block.subarray(at));
    const size = e.sizeLow + e.sizeHigh * 0x1_0000;
    return { storage: e.storage & 15, keyBlock: e.keyBlock, size, blocksUsed: e.blocksUsed, isDeleted: false };
  };
  const facts: Record<string, string> = {};
  for (const at of [FINDER_AT, FINDER_AT + FINDER_SIZE]) {
    if (block[at] !== FINDER_SIZE || block[at + 1] !== 1) continue;
    facts['finderType'] = block.toString('latin1', at + 2, at + 6);
    facts['finderCreator'] = block.toString('latin1', at + 6, at + 10);
  }
  return { forks: [forkAt(0), forkAt(RESOURCE_AT)], facts };
}

export function streamOf(volume: ByteSource, blocks: ProdosBlocks, fork: Fork, kind: 'data' | 'resource'): DataStream {
  return {
    kind: kind === 'data' ? StreamKind.Data : StreamKind.Resource,
    name: '',
    size: fork.size,
    runs: () => runsOf(volume, blocks, fork),
    ...(fork.isDeleted && fork.size > 0 ? { doubt: DOUBT } : {}),
  };
}

async function runsOf(volume: ByteSource, blocks: ProdosBlocks, fork: Fork): Promise<readonly Run[]> {
  const { storage, keyBlock, size, blocksUsed } = fork;
  const list = new RunList(volume, size);
  if (storage === Storage.PascalArea) {
    for (let index = 0; index < blocksUsed && !list.isFull; index++) blocks.addTo(list, keyBlock + index);
  } else if (storage === Storage.Seedling) {
    blocks.addTo(list, keyBlock);
  } else if (storage === Storage.Sapling) {
    await addIndex(list, blocks, keyBlock, fork);
  } else if (storage === Storage.Tree) {
    for (const index of await pointersOf(blocks, keyBlock, fork, Math.ceil(size / (POINTERS * BLOCK)))) {
      if (list.isFull) break;
      if (index === 0) list.zero(POINTERS * BLOCK);
      else await addIndex(list, blocks, index, fork);
    }
  } else if (size > 0) {
    throw unknownStorage(storage);
  }
  return list.done();
}

/** The blocks of one index; those that were never written are zeros. An index that can't be read loses its part. */
async function addIndex(list: RunList, blocks: ProdosBlocks, index: number, fork: Fork): Promise<void> {
  if (!blocks.isInside(index)) {
    list.absent(POINTERS * BLOCK);
    return;
  }
  const left = Math.min(POINTERS, Math.ceil((fork.size - list.end) / BLOCK));
  for (const pointer of await pointersOf(blocks, index, fork, left))
    if (pointer === 0) list.zero(BLOCK);
    else blocks.addTo(list, pointer);
}

/** Low bytes in the first half of the block, high ones in the second; deleting a file changes them over. */
async function pointersOf(blocks: ProdosBlocks, index: number, { isDeleted }: Fork, count: number): Promise<number[]> {
  const block = await blocks.block(index);
  const read = (low: number, high: number): number[] =>
    Array.from({ length: Math.min(count, POINTERS) }, (_, at) => (block[low + at] ?? 0) | ((block[high + at] ?? 0) << 8));
  const plain = read(0, POINTERS);
  if (!isDeleted) return plain;
  const swapped = read(POINTERS, 0);
  const fits = (list: readonly number[]): number => list.filter((pointer) => pointer > 0 && blocks.has(pointer)).length;
  return fits(swapped) > fits(plain) ? swapped : plain;
}

export function unknownStorage(storage: number): Fault {
  const message = `the file is stored in a way that ProDOS does not have (${storage}); its entry is damaged`;
  return new Fault(FaultKind.Corrupt, 'prodos/storage', message, { storage });
}
