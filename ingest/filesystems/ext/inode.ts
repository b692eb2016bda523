/** An inode of ext as it lies on the disk, and as it is told: what a file is but for its name. */
import { type Fault, i32le, layout, raw, u16le, u32le } from '../../kernel/index.ts';
import { crc32cOnward } from '../../media/index.ts';
import type { ExtShape } from './superblock.ts';

export const BASE_SIZE = 128;
/** Offset of the block map in an inode. */
export const MAP_OFFSET = 40;
const GENERATION_OFFSET = 100;

/** Linux fs/ext4/ext4.h, struct ext4_inode. */
export const inodeLayout = layout('ext inode', 128, {
  mode: [0, u16le],
  ownerLow: [2, u16le],
  sizeLow: [4, u32le],
  accessed: [8, i32le],
  changed: [12, i32le],
  modified: [16, i32le],
  deleted: [20, u32le],
  groupLow: [24, u16le],
  linkCount: [26, u16le],
  sectorCountLow: [28, u32le],
  flags: [32, u32le],
  blockMap: [MAP_OFFSET, raw(60)],
  generation: [GENERATION_OFFSET, u32le],
  attributeBlockLow: [104, u32le],
  sizeHigh: [108, u32le],
  attributeBlockHigh: [118, u16le],
  ownerHigh: [120, u16le],
  groupHigh: [122, u16le],
  checksumLow: [124, u16le],
});

/** What larger inodes have after it, as far as `extraSize` says. */
export const extraLayout = layout('ext inode, second part', 32, {
  extraSize: [0, u16le],
  checksumHigh: [2, u16le],
  changedExtra: [4, u32le],
  modifiedExtra: [8, u32le],
  accessedExtra: [12, u32le],
  created: [16, i32le],
  createdExtra: [20, u32le],
});

export const InodeFlag = {
  CompressedBlocks: 0x200,
  Encrypted: 0x800,
  Indexed: 0x1000,
  Extents: 0x8_0000,
  InlineData: 0x1000_0000,
} as const;

export const FileType = {
  Mask: 0xf000,
  Pipe: 0x1000,
  Character: 0x2000,
  Directory: 0x4000,
  Block: 0x6000,
  File: 0x8000,
  Link: 0xa000,
  Socket: 0xc000,
} as const;

export interface Inode {
  readonly number: number;
  /** Of the volume. */
  readonly offset: number;
  /** What it was read from; holds all of it. */
  readonly page: Buffer;
  /** Where it begins in `page`. */
  readonly at: number;
  readonly mode: number;
  readonly ownerId: number;
  readonly groupId: number;
  readonly linkCount: number;
  /** Of the file, in bytes. */
  readonly size: number;
  /** In units of 512 bytes, or of blocks for huge files. */
  readonly unitCount: number;
  readonly flags: number;
  /** 0 for none. */
  readonly attributeBlock: number;
  /** Bytes of its second part that it has. */
  readonly extraSize: number;
  /** Where the attributes inside it begin, counted from its first byte; its end when there is no room. */
  readonly attributesAt: number;
  readonly faults: readonly Fault[];
}

const numberBytes = Buffer.alloc(4);

/** What the checksums of an inode, its folders' blocks and its extents begin with: its number and its generation. */
export function inodeSeed({ seed }: ExtShape, number: number, page: Buffer, at: number): number | undefined {
  if (seed === undefined) return undefined;
  numberBytes.writeUInt32LE(number);
  return crc32cOnward(crc32cOnward(seed, numberBytes, 0, 4), page, at + GENERATION_OFFSET, at + GENERATION_OFFSET + 4);
}

/** Block numbers, extents, or what fits: a view. */
export function mapOf({ page, at }: Pick<Inode, 'page' | 'at'>): Buffer {
  return inodeLayout.field.blockMap(page, at);
}

export function typeOfInode({ mode }: Pick<Inode, 'mode'>): number {
  return mode & FileType.Mask;
}

/** In use by a name, or by a program that held it open. */
export function isInUse({ linkCount, mode }: Pick<Inode, 'linkCount' | 'mode'>): boolean {
  return linkCount > 0 && mode !== 0;
}
