/** The master directory block of HFS: what the volume is, and where its two B-trees begin. Source: Inside Macintosh: Files, 2-60 ff. */
import { layout, raw, u16be, u32be, u8 } from '../../kernel/index.ts';
import type { ByteSource } from '../../media/index.ts';
import { Forks } from './forks.ts';

const SECTOR = 512;
const MDB_AT = 1024;
export const HFS_MARK = 0x4244;
/** Marks of an HFS+ volume inside: `H+`, or `HX`. */
const EMBEDDED_MARKS: ReadonlySet<number> = new Set([0x482b, 0x4858]);

const masterDirectoryBlock = layout('HFS master directory block', 162, {
  mark: [0, u16be],
  created: [2, u32be],
  modified: [6, u32be],
  attributes: [10, u16be],
  blockCount: [18, u16be],
  blockSize: [20, u32be],
  firstBlock: [28, u16be],
  freeBlockCount: [34, u16be],
  nameLength: [36, u8],
  name: [37, raw(27)],
  backedUp: [64, u32be],
  fileCount: [84, u32be],
  folderCount: [88, u32be],
  finderInfo: [92, raw(32)],
  embeddedMark: [124, u16be],
  embeddedStart: [126, u16be],
  embeddedCount: [128, u16be],
  extentsSize: [130, u32be],
  extentsExtents: [134, raw(12)],
  catalogSize: [146, u32be],
  catalogExtents: [150, raw(12)],
});

export interface HfsVolume extends ReturnType<typeof masterDirectoryBlock.decode> {
  /** Read from its copy near the end: the first is damaged. */
  readonly isCopy: boolean;
}

export const VolumeAttribute = { LockedByHardware: 0x80, Unmounted: 0x100, BlocksSpared: 0x200, Locked: 0x8000 } as const;

/** Undefined where neither the block nor its copy makes sense. */
export async function readHfsVolume(volume: ByteSource): Promise<HfsVolume | undefined> {
  for (const at of [MDB_AT, volume.size - 2 * SECTOR]) {
    if (at < MDB_AT || at + SECTOR > volume.size) continue;
    const found = masterDirectoryBlock.decode(await volume.read(at, SECTOR));
    const { mark, blockSize, blockCount, firstBlock, catalogExtents } = found;
    const isBlock = blockSize > 0 && blockSize % SECTOR === 0 && blockCount > 0 && firstBlock > 2;
    if (mark === HFS_MARK && isBlock && (catalogExtents.readUInt16BE(2) > 0 || isWrapper(found)))
      return { ...found, isCopy: at !== MDB_AT };
  }
  return undefined;
}

export function isWrapper({ embeddedMark, embeddedCount }: Pick<HfsVolume, 'embeddedMark' | 'embeddedCount'>): boolean {
  return EMBEDDED_MARKS.has(embeddedMark) && embeddedCount > 0;
}

/** Where the HFS+ volume inside lies, in bytes of the volume. */
export function embeddedRange(v: HfsVolume): { offset: number; length: number } | undefined {
  if (!isWrapper(v)) return undefined;
  return { offset: v.firstBlock * SECTOR + v.embeddedStart * v.blockSize, length: v.embeddedCount * v.blockSize };
}

/** In bytes, with the copy of the master directory block and the sector behind it. */
export function sizeOf({ firstBlock, blockCount, blockSize }: HfsVolume): number {
  return (firstBlock + 2) * SECTOR + blockCount * blockSize;
}

export function forksOf(volume: ByteSource, { firstBlock, blockSize, blockCount }: HfsVolume): Forks {
  return new Forks(volume, { start: firstBlock * SECTOR, blockSize, blockCount });
}
