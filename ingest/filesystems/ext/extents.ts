/** Where the bytes of an ext4 file lie: the tree of extents. */
import { Fault, FaultKind, layout, u16le, u32le } from '../../kernel/index.ts';
import { crc32cOnward } from '../../media/index.ts';
import { addBlocks, mapBlock, type Walk } from './blocks.ts';

/** Linux fs/ext4/ext4_extents.h. */
const header = layout('ext extent header', 12, {
  magic: [0, u16le],
  entryCount: [2, u16le],
  mostEntries: [4, u16le],
  depth: [6, u16le],
});
const leaf = layout('ext extent', 12, {
  logicalBlock: [0, u32le],
  blockCount: [4, u16le],
  startHigh: [6, u16le],
  startLow: [8, u32le],
});
const index = layout('ext extent index', 12, {
  logicalBlock: [0, u32le],
  blockLow: [4, u32le],
  blockHigh: [8, u16le],
});

const MAGIC = 0xf30a;
const MOST_DEPTH = 5;
const ENTRY_SIZE = 12;
/** The inode has room for its header and four more. */
const MOST_INSIDE = 4;
/** More blocks than this: allocated, and never written. */
const WRITTEN = 32_768;

/** Of a file of `blockCount` blocks in one piece: the first, if the inode says so by itself; 0 for any other. @param at of the map in `page`. */
export function onlyBlock(page: Buffer, at: number, blockCount: number): number {
  const isOne =
    header.field.magic(page, at) === MAGIC &&
    header.field.entryCount(page, at) === 1 &&
    header.field.mostEntries(page, at) >= 1 &&
    header.field.mostEntries(page, at) <= MOST_INSIDE &&
    header.field.depth(page, at) === 0 &&
    leaf.field.logicalBlock(page, at + ENTRY_SIZE) === 0;
  const count = isOne ? leaf.field.blockCount(page, at + ENTRY_SIZE) : 0;
  if (count !== blockCount || count > WRITTEN) return 0;
  return leaf.field.startLow(page, at + ENTRY_SIZE) + leaf.field.startHigh(page, at + ENTRY_SIZE) * 0x1_0000_0000;
}

interface Node {
  readonly depth: number;
  readonly entries: readonly Buffer[];
}

/**
 * Adds what the tree in the inode leads to; what a broken part of it would tell is absent.
 * @param seed of the checksums of its blocks; undefined where there are none.
 * @throws Fault 'ext/extents' when not even its root is one.
 */
export async function addExtents(walk: Walk, map: Buffer, seed: number | undefined): Promise<void> {
  const root = nodeOf(map);
  if (root === undefined || root.depth > MOST_DEPTH) {
    const message = 'the tree that tells where this file lies is damaged at its root: none of it can be found';
    throw new Fault(FaultKind.Corrupt, 'ext/extents', message);
  }
  await addNode(walk, root, 2 ** 32, seed);
}

/** @param end the logical block where the next part of the tree begins. */
async function addNode(walk: Walk, { depth, entries }: Node, end: number, seed: number | undefined): Promise<void> {
  for (const [position, bytes] of entries.entries()) {
    if (walk.list.isFull) return;
    if (depth === 0) {
      if (!addExtent(walk, leaf.decode(bytes), end)) {
        reach(walk, end, 'absent');
        return;
      }
      continue;
    }
    const { logicalBlock, blockLow, blockHigh } = index.decode(bytes);
    const next = entries[position + 1]?.readUInt32LE(0) ?? end;
    const block = blockLow + blockHigh * 0x1_0000_0000;
    const isInOrder = logicalBlock < next && next <= end;
    const below = isInOrder ? await childOf(walk, block, depth - 1, seed) : undefined;
    if (below !== undefined) {
      await addNode(walk, below, next, seed);
      continue;
    }
    if (isInOrder) reach(walk, logicalBlock, 'zero');
    reach(walk, Math.min(next, end), 'absent');
  }
}

async function childOf(walk: Walk, block: number, depth: number, seed: number | undefined): Promise<Node | undefined> {
  const bytes = await mapBlock(walk, block);
  const node = bytes === undefined ? undefined : nodeOf(bytes);
  if (bytes === undefined || node?.depth !== depth) return undefined;
  if (seed === undefined) return node;
  const tail = ENTRY_SIZE * (header.decode(bytes).mostEntries + 1);
  return crc32cOnward(seed, bytes, 0, tail) >>> 0 === bytes.readUInt32LE(tail) ? node : undefined;
}

function nodeOf(bytes: Buffer): Node | undefined {
  const { magic, entryCount, mostEntries, depth } = header.decode(bytes);
  // A block keeps its checksum behind the entries; the inode has no room left.
  const room = Math.floor(bytes.length / ENTRY_SIZE) - 1;
  if (magic !== MAGIC || entryCount > mostEntries || mostEntries > room) return undefined;
  const entries = Array.from({ length: entryCount }, (_, i) => bytes.subarray((i + 1) * ENTRY_SIZE, (i + 2) * ENTRY_SIZE));
  return { depth, entries };
}

/** False for one that can't be there: out of order, or too long. */
function addExtent(walk: Walk, { logicalBlock, blockCount, startLow, startHigh }: Leaf, end: number): boolean {
  const { list, shape } = walk;
  const count = blockCount > WRITTEN ? blockCount - WRITTEN : blockCount;
  const at = logicalBlock * shape.blockSize;
  if (count === 0 || at < list.end || logicalBlock + count > end) return false;
  reach(walk, logicalBlock, 'zero');
  if (blockCount > WRITTEN) list.zero(count * shape.blockSize);
  else addBlocks(walk, startLow + startHigh * 0x1_0000_0000, count);
  return true;
}

type Leaf = ReturnType<typeof leaf.decode>;

function reach({ list, shape }: Walk, logicalBlock: number, by: 'zero' | 'absent'): void {
  const length = logicalBlock * shape.blockSize - list.end;
  if (length <= 0) return;
  if (by === 'zero') list.zero(length);
  else list.absent(length);
}
