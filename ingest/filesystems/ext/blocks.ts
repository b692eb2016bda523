/** Where the bytes of an ext file lie: the classic map of direct and indirect blocks. Extents are in extents.ts. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { RunList } from '../content.ts';
import type { Pages } from '../pages.ts';
import type { ExtShape } from './superblock.ts';

const DIRECT_COUNT = 12;

/** What walking a map needs. */
export interface Walk {
  readonly list: RunList;
  readonly pages: Pages;
  readonly shape: ExtShape;
  /** Blocks of the map that were read: none belongs there twice. */
  readonly seen: Set<number>;
}

/** A real file's map has fewer: 2 million runs of 84 per block. */
const MOST_MAP_BLOCKS = 512 * 1024;

/** Adds what the sixty bytes of the inode lead to: twelve blocks, then a block of numbers, one of such blocks, and so on. */
export async function addMappedBlocks(walk: Walk, map: Buffer): Promise<void> {
  await addNumbers(walk, map.subarray(0, DIRECT_COUNT * 4), 0);
  for (let level = 1; level <= 3; level++) {
    const at = (DIRECT_COUNT + level - 1) * 4;
    await addNumbers(walk, map.subarray(at, at + 4), level);
  }
}

/** @param level 0 for blocks of data. */
async function addNumbers(walk: Walk, numbers: Buffer, level: number): Promise<void> {
  const { list, shape } = walk;
  const perNumber = shape.blockSize * (shape.blockSize / 4) ** level;
  for (let at = 0; at < numbers.length && !list.isFull; at += 4) {
    const block = numbers.readUInt32LE(at);
    if (block === 0) list.zero(perNumber);
    else if (level === 0) addBlocks(walk, block, 1);
    else {
      const below = await mapBlock(walk, block);
      if (below === undefined) list.absent(perNumber);
      else await addNumbers(walk, below, level - 1);
    }
  }
}

/** Blocks of data; those outside the file system are absent. */
export function addBlocks({ list, shape }: Walk, block: number, count: number): void {
  const { blockSize, blockCount, firstDataBlock } = shape;
  if (block < Math.max(1, firstDataBlock) || block + count > blockCount) list.absent(count * blockSize);
  else list.stored(block * blockSize, count * blockSize);
}

/** Undefined for one that can't be: outside the volume, or met before. */
export async function mapBlock({ pages, shape, seen }: Walk, block: number): Promise<Buffer | undefined> {
  const { blockSize, blockCount, firstDataBlock } = shape;
  const end = (block + 1) * blockSize;
  if (block < Math.max(1, firstDataBlock) || block >= blockCount || end > pages.volume.size || seen.has(block)) return undefined;
  if (seen.size >= MOST_MAP_BLOCKS) {
    const message = `the map of a file's blocks takes more than ${MOST_MAP_BLOCKS} blocks itself; real ones do not`;
    throw new Fault(FaultKind.Refused, 'ext/map-size', message, { limit: MOST_MAP_BLOCKS });
  }
  seen.add(block);
  return pages.read(block * blockSize, blockSize);
}
