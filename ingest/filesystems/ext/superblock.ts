/** The superblock of ext2, ext3 and ext4: the first, or where that is damaged one of its copies. */
import { Fault, FaultKind, layout, raw, u16le, u32le, u8 } from '../../kernel/index.ts';
import { type ByteSource, crc32cOnward } from '../../media/index.ts';
import { type Features, Incompatible, ReadOnlyCompatible } from './features.ts';

const MAGIC = 0xef53;
const SUPERBLOCK_OFFSET = 1024;

/** Linux fs/ext4/ext4.h, struct ext4_super_block. */
export const superblock = layout('ext superblock', 1024, {
  inodeCount: [0, u32le],
  blockCountLow: [4, u32le],
  freeBlockCountLow: [12, u32le],
  freeInodeCount: [16, u32le],
  firstDataBlock: [20, u32le],
  blockSizeLog: [24, u32le],
  blocksPerGroup: [32, u32le],
  clustersPerGroup: [36, u32le],
  inodesPerGroup: [40, u32le],
  mountedLow: [44, u32le],
  writtenLow: [48, u32le],
  mountCount: [52, u16le],
  magic: [56, u16le],
  state: [58, u16le],
  creatorOs: [72, u32le],
  revision: [76, u32le],
  firstInode: [84, u32le],
  inodeSize: [88, u16le],
  groupNumber: [90, u16le],
  compatible: [92, u32le],
  incompatible: [96, u32le],
  readOnlyCompatible: [100, u32le],
  uuid: [104, raw(16)],
  label: [120, raw(16)],
  lastMounted: [136, raw(64)],
  journalDevice: [228, u32le],
  descriptorSize: [254, u16le],
  firstMetaGroup: [260, u32le],
  madeLow: [264, u32le],
  blockCountHigh: [336, u32le],
  freeBlockCountHigh: [344, u32le],
  errorCount: [404, u32le],
  backupGroup1: [588, u32le],
  backupGroup2: [592, u32le],
  checksumSeed: [624, u32le],
  writtenHigh: [628, u8],
  mountedHigh: [629, u8],
  madeHigh: [630, u8],
  encoding: [636, u16le],
  checksum: [1020, u32le],
});
export type Superblock = ReturnType<typeof superblock.decode>;

/** Where everything lies; blocks are numbered from the volume's first byte. */
export interface ExtShape {
  readonly features: Features;
  readonly blockSize: number;
  readonly blockCount: number;
  /** Of the first group. */
  readonly firstDataBlock: number;
  readonly blocksPerGroup: number;
  /** Of what the bitmaps count; 1 but for bigalloc. */
  readonly blocksPerCluster: number;
  readonly groupCount: number;
  readonly inodeCount: number;
  readonly inodesPerGroup: number;
  readonly inodeSize: number;
  readonly descriptorSize: number;
  /** Groups from here on keep their descriptors themselves. */
  readonly firstMetaGroup: number;
  /** Of all metadata; undefined where there are no checksums of CRC-32C. */
  readonly seed: number | undefined;
  /** Groups that hold copies of the superblock and of the descriptors, the nearest first. */
  readonly backupGroups: readonly number[];
}

export interface FoundSuperblock {
  readonly superblock: Superblock;
  readonly shape: ExtShape;
  /** It is no more than recognised: an external journal, which has no groups. */
  readonly isJournal: boolean;
  /** 0 for the first; else the group of the copy that was taken for it. */
  readonly group: number;
  /** Its checksum holds, where it has one. */
  readonly isSound: boolean;
}

/** @param isThorough also where only the search for a damaged one leads; else a few KiB are read. */
export async function findSuperblock(volume: ByteSource, isThorough: boolean): Promise<FoundSuperblock | undefined> {
  const first = await superblockAt(volume, SUPERBLOCK_OFFSET, 0);
  if (first?.isSound === true) return first;
  const sizes = isThorough ? [1024, 2048, 4096, 8192, 16_384, 32_768, 65_536] : [1024, 2048, 4096];
  for (const group of isThorough ? [1, 3, 5, 7, 9] : [1])
    for (const blockSize of sizes) {
      const block = group * 8 * blockSize + (blockSize === 1024 ? 1 : 0);
      const copy = await superblockAt(volume, block * blockSize, group);
      if (copy?.isSound === true && copy.shape.blockSize === blockSize && copy.superblock.groupNumber === group) return copy;
    }
  return first;
}

async function superblockAt(volume: ByteSource, offset: number, group: number): Promise<FoundSuperblock | undefined> {
  if (offset + superblock.size > volume.size) return undefined;
  const bytes = await volume.read(offset, superblock.size);
  if (bytes.readUInt16LE(56) !== MAGIC) return undefined;
  const decoded = superblock.decode(bytes);
  const isJournal = (decoded.incompatible & Incompatible.JournalDevice) !== 0;
  const shape = shapeOf(decoded);
  if (!isJournal && !isPlausible(decoded, shape)) return undefined;
  const hasChecksum = (decoded.readOnlyCompatible & ReadOnlyCompatible.MetadataChecksums) !== 0;
  const isSound = !hasChecksum || crc32cOnward(-1, bytes, 0, 1020) >>> 0 === decoded.checksum;
  return { superblock: decoded, shape, isJournal, group, isSound };
}

function shapeOf(s: Superblock): ExtShape {
  const isOld = s.revision === 0;
  const { compatible, incompatible, readOnlyCompatible } = s;
  const features: Features = { compatible, incompatible, readOnlyCompatible };
  const isWide = (features.incompatible & Incompatible.Wide) !== 0;
  const blockCount = s.blockCountLow + (isWide ? s.blockCountHigh * 0x1_0000_0000 : 0);
  const groupCount = Math.ceil((blockCount - s.firstDataBlock) / s.blocksPerGroup);
  return {
    features,
    blockSize: 1024 * 2 ** s.blockSizeLog,
    blockCount,
    firstDataBlock: s.firstDataBlock,
    blocksPerGroup: s.blocksPerGroup,
    blocksPerCluster: (readOnlyCompatible & ReadOnlyCompatible.LargeClusters) === 0 ? 1 : s.blocksPerGroup / s.clustersPerGroup,
    groupCount,
    inodeCount: s.inodeCount,
    inodesPerGroup: s.inodesPerGroup,
    inodeSize: isOld ? 128 : s.inodeSize,
    descriptorSize: isWide && s.descriptorSize !== 0 ? s.descriptorSize : 32,
    firstMetaGroup: (features.incompatible & Incompatible.MetaGroups) === 0 ? Infinity : s.firstMetaGroup,
    seed: seedOf(s, features),
    backupGroups: backupGroups(s, groupCount),
  };
}

function seedOf(s: Superblock, { incompatible, readOnlyCompatible }: Features): number | undefined {
  if ((readOnlyCompatible & ReadOnlyCompatible.MetadataChecksums) === 0) return undefined;
  return (incompatible & Incompatible.ChecksumSeed) === 0 ? crc32cOnward(-1, s.uuid, 0, 16) : s.checksumSeed | 0;
}

/** Every group had a copy, until sparse_super left it to 1 and the powers of 3, 5 and 7, and sparse_super2 to two named ones. */
function backupGroups(s: Superblock, groupCount: number): readonly number[] {
  const named = [s.backupGroup1, s.backupGroup2].filter((group) => group !== 0);
  return [...new Set([...named, 1, 3, 5, 7, 9])].filter((group) => group < groupCount);
}

const isPowerOfTwo = (n: number): boolean => n > 0 && Number.isInteger(Math.log2(n));

function isPlausible(s: Superblock, shape: ExtShape): boolean {
  const { blockSize, inodeSize, descriptorSize, blockCount } = shape;
  if (s.blockSizeLog > 6 || s.firstDataBlock > 1 || blockCount <= s.firstDataBlock || blockCount > 2 ** 48) return false;
  if (!isPowerOfTwo(inodeSize) || inodeSize < 128 || inodeSize > blockSize) return false;
  if (!isPowerOfTwo(descriptorSize) || descriptorSize < 32 || descriptorSize > 1024) return false;
  // With bigalloc a group has many more blocks than bits in its bitmap.
  if (s.blocksPerGroup < 8 || s.inodesPerGroup === 0 || s.inodesPerGroup > 8 * blockSize) return false;
  return s.inodeCount > 10 && s.inodeCount <= shape.groupCount * s.inodesPerGroup;
}

export function notExt(): Fault {
  const message = 'neither the superblock nor a copy of it describes an ext2, ext3 or ext4 file system';
  return new Fault(FaultKind.Corrupt, 'ext/superblock', message);
}
