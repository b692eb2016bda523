/** The bytes of an ext inode: by its map, inside it, and what of a deleted one is still its own. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { Run } from '../../media/index.ts';
import { RunList } from '../content.ts';
import type { Pages } from '../pages.ts';
import { attributesInside, INLINE_DATA } from './attributes.ts';
import { addMappedBlocks, type Walk } from './blocks.ts';
import { addExtents, onlyBlock } from './extents.ts';
import type { Groups } from './groups.ts';
import { FileType, type Inode, InodeFlag, inodeSeed, MAP_OFFSET, mapOf, typeOfInode } from './inode.ts';
import { type Inodes } from './inodes.ts';
import type { ExtShape } from './superblock.ts';

const MAP_SIZE = 60;
const NO_RUNS: readonly Run[] = [];

export class Streams {
  constructor(
    private readonly pages: Pages,
    private readonly shape: ExtShape,
    private readonly groups: Groups,
    private readonly inodes: Inodes,
  ) {}

  /** @throws Fault 'ext/extents', or as the inode can't be read. */
  async runsOfInode(number: number, size: number, isDeleted: boolean): Promise<readonly Run[]> {
    const inode = await this.inodes.one(number);
    if (inode instanceof Fault) throw inode;
    const runs = await this.runs(inode, size);
    return isDeleted ? this.#freeOnly(runs, size) : runs;
  }

  /** Of a file in one piece; undefined for any other. What it gives holds on to no page. */
  runsInInode({ page, at, flags }: Inode, size: number): (() => readonly Run[]) | undefined {
    if (size === 0) return () => NO_RUNS;
    if ((flags & (InodeFlag.Extents | InodeFlag.InlineData | InodeFlag.CompressedBlocks)) !== InodeFlag.Extents) return undefined;
    const { blockSize, blockCount, firstDataBlock } = this.shape;
    const count = Math.ceil(size / blockSize);
    const block = onlyBlock(page, at + MAP_OFFSET, count);
    const start = block * blockSize;
    if (block < Math.max(1, firstDataBlock) || block + count > blockCount || start + size > this.pages.volume.size)
      return undefined;
    return this.#onePiece(start, size);
  }

  #onePiece(at: number, length: number): () => readonly Run[] {
    return () => [{ kind: 'stored', source: this.pages.volume, at, offset: 0, length }];
  }

  /** @param size in bytes: of the file, or less. */
  async runs(inode: Inode, size: number): Promise<readonly Run[]> {
    const list = new RunList(this.pages.volume, size);
    if (list.isFull) return list.done();
    if ((inode.flags & InodeFlag.InlineData) !== 0) {
      for (const { offset, length } of inlinePieces(inode, this.shape)) list.stored(offset, length);
      return list.done();
    }
    if ((inode.flags & InodeFlag.CompressedBlocks) !== 0 && typeOfInode(inode) === FileType.File) throw compressed();
    const walk: Walk = { list, pages: this.pages, shape: this.shape, seen: new Set() };
    const map = mapOf(inode);
    if ((inode.flags & InodeFlag.Extents) === 0) await addMappedBlocks(walk, map);
    else {
      await addExtents(walk, map, inodeSeed(this.shape, inode.number, inode.page, inode.at));
      if (!list.isFull) list.zero(size - list.end);
    }
    return list.done();
  }

  /** Blocks that are in use again belong to another file. */
  async #freeOnly(runs: readonly Run[], size: number): Promise<readonly Run[]> {
    const { blockSize } = this.shape;
    const list = new RunList(this.pages.volume, size);
    for (const run of runs) {
      if (run.kind !== 'stored' || run.at % blockSize !== 0) {
        list.add(run);
        continue;
      }
      for (let done = 0; done < run.length; done += blockSize) {
        const length = Math.min(blockSize, run.length - done);
        if (await this.#isFree((run.at + done) / blockSize)) list.stored(run.at + done, length);
        else list.absent(length);
      }
    }
    return list.done();
  }

  async #isFree(block: number): Promise<boolean> {
    const { firstDataBlock, blocksPerGroup, blocksPerCluster, blockSize } = this.shape;
    const group = Math.floor((block - firstDataBlock) / blocksPerGroup);
    const bitmap = this.groups.blockBitmaps[group] ?? 0;
    if (bitmap === 0) return true;
    const bit = Math.floor(((block - firstDataBlock) % blocksPerGroup) / blocksPerCluster);
    const at = bitmap * blockSize + (bit >> 3);
    if (bit >= blockSize * 8 || at >= this.pages.volume.size) return false;
    const [byte = 0] = await this.pages.read(at, 1);
    return ((byte >> (bit & 7)) & 1) === 0;
  }
}

interface Piece {
  readonly offset: number;
  readonly length: number;
}

/** Of the volume: the room of the map, and the attribute that takes what doesn't fit. */
export function inlinePieces(inode: Inode, shape: ExtShape): readonly Piece[] {
  const rest = attributesInside(inode, shape).found.find(({ name }) => name === INLINE_DATA);
  const first = { offset: inode.offset + MAP_OFFSET, length: MAP_SIZE };
  return rest === undefined || rest.inode !== 0 ? [first] : [first, { offset: rest.offset, length: rest.size }];
}

function compressed(): Fault {
  const message = 'the file was compressed by e2compr, an addition to ext2 that this version does not decode';
  return new Fault(FaultKind.Unsupported, 'ext/compressed', message);
}
