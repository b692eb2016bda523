/** The flat file system of the first Macintosh: its volume, its map of blocks, its directory. Source: Inside Macintosh II, 119 to 126. */
import { Fault, FaultKind, layout, raw, u16be, u32be, u8 } from '../../kernel/index.ts';
import type { ByteSource, Run } from '../../media/index.ts';
import { RunList } from '../content.ts';

export const SECTOR = 512;
const MDB_AT = 1024;
const MARK = 0xd2d7;
/** Entries of the map are 12 bits, for the blocks from number 2 on. */
const MAP_AT = 64;
const FIRST_BLOCK = 2;
const LAST = 1;

const masterDirectoryBlock = layout('MFS master directory block', 64, {
  mark: [0, u16be],
  created: [2, u32be],
  backedUp: [6, u32be],
  attributes: [10, u16be],
  fileCount: [12, u16be],
  directoryStart: [14, u16be],
  directorySectorCount: [16, u16be],
  blockCount: [18, u16be],
  blockSize: [20, u32be],
  firstBlock: [28, u16be],
  freeBlockCount: [34, u16be],
  nameLength: [36, u8],
  name: [37, raw(27)],
});

export const fileEntry = layout('MFS file directory entry', 51, {
  flags: [0, u8],
  version: [1, u8],
  type: [2, u32be],
  creator: [6, u32be],
  finderFlags: [10, u16be],
  finderFolder: [16, u16be],
  id: [18, u32be],
  dataStart: [22, u16be],
  dataSize: [24, u32be],
  resourceStart: [32, u16be],
  resourceSize: [34, u32be],
  created: [42, u32be],
  modified: [46, u32be],
  nameLength: [50, u8],
});
export const EntryFlag = { InUse: 0x80, Locked: 0x01 } as const;

export interface MfsVolume extends ReturnType<typeof masterDirectoryBlock.decode> {
  /** Read from its copy near the end: the first is damaged. */
  readonly isCopy: boolean;
  /** The block that follows each, from block 2 on. */
  readonly map: Uint16Array;
}

/** Undefined where neither the block nor its copy makes sense. */
export async function readMfsVolume(volume: ByteSource): Promise<MfsVolume | undefined> {
  for (const at of [MDB_AT, volume.size - 2 * SECTOR]) {
    if (at < MDB_AT || at + SECTOR > volume.size) continue;
    const found = masterDirectoryBlock.decode(await volume.read(at, SECTOR));
    const { mark, blockSize, blockCount, directoryStart, directorySectorCount, firstBlock } = found;
    const isDivided = directoryStart >= 3 && directorySectorCount > 0 && firstBlock >= directoryStart + directorySectorCount;
    const isBlock = blockSize >= SECTOR && blockSize % SECTOR === 0 && blockCount > 0 && blockCount < 4096;
    if (mark !== MARK || !isDivided || !isBlock || directoryStart * SECTOR >= volume.size) continue;
    const mapSize = Math.ceil((blockCount * 3) / 2);
    const bytes = await volume.read(at + MAP_AT, Math.min(mapSize, volume.size - at - MAP_AT));
    return { ...found, isCopy: at !== MDB_AT, map: mapOf(bytes, blockCount) };
  }
  return undefined;
}

function mapOf(bytes: Buffer, blockCount: number): Uint16Array {
  return Uint16Array.from({ length: blockCount }, (_, index) => {
    const at = Math.floor((index * 3) / 2);
    const [high = 0, low = 0] = bytes.subarray(at, at + 2);
    return index % 2 === 0 ? (high << 4) | (low >> 4) : ((high & 15) << 8) | low;
  });
}

/** In bytes, with the copy of the master directory block and the sector behind it. */
export function sizeOf({ firstBlock, blockCount, blockSize }: MfsVolume): number {
  return (firstBlock + 2) * SECTOR + blockCount * blockSize;
}

/**
 * The blocks of a fork, one after the other.
 * @throws Fault 'mfs/chain' when not even the first is one.
 */
export function runsOf(volume: ByteSource, v: MfsVolume, start: number, size: number): readonly Run[] {
  const list = new RunList(volume, size);
  const seen = new Set<number>();
  let block = start;
  while (!list.isFull && block >= FIRST_BLOCK && block < v.blockCount + FIRST_BLOCK && !seen.has(block)) {
    seen.add(block);
    list.stored(v.firstBlock * SECTOR + (block - FIRST_BLOCK) * v.blockSize, v.blockSize);
    block = v.map[block - FIRST_BLOCK] ?? 0;
    if (block === LAST) break;
  }
  if (seen.size === 0 && size > 0) throw badStart(start, v.blockCount);
  return list.done();
}

function badStart(block: number, blockCount: number): Fault {
  const message = `the file begins at block ${block}; there are blocks ${FIRST_BLOCK} to ${blockCount + 1}`;
  return new Fault(FaultKind.Corrupt, 'mfs/chain', message, { block, blockCount });
}
