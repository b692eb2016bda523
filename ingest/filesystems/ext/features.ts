/** What an ext file system can be made with, and the name people give it by that: ext2, ext3 or ext4. */

/** A reader that doesn't know one of these can't read the files. */
export const Incompatible = {
  Compression: 0x1,
  EntryTypes: 0x2,
  NeedsRecovery: 0x4,
  JournalDevice: 0x8,
  MetaGroups: 0x10,
  Extents: 0x40,
  Wide: 0x80,
  ChecksumSeed: 0x2000,
  LargeDirectory: 0x4000,
  InlineData: 0x8000,
} as const;

export const ReadOnlyCompatible = {
  SparseBackups: 0x1,
  DescriptorChecksums: 0x10,
  LargeClusters: 0x200,
  MetadataChecksums: 0x400,
} as const;

export const Compatible = { Journal: 0x4, SparseBackups2: 0x200 } as const;

/** By bit, as mke2fs spells them. */
const COMPATIBLE =
  'dir_prealloc imagic_inodes has_journal ext_attr resize_inode dir_index lazy_bg . snapshot_bitmap sparse_super2 fast_commit stable_inodes orphan_file';
const INCOMPATIBLE =
  'compression filetype needs_recovery journal_dev meta_bg . extent 64bit mmp flex_bg ea_inode . dirdata metadata_csum_seed large_dir inline_data encrypt casefold';
const READ_ONLY =
  'sparse_super large_file . huge_file uninit_bg dir_nlink extra_isize snapshot quota bigalloc metadata_csum replica read-only project shared_blocks verity orphan_present';

/** Bits of `INCOMPATIBLE` that have a name are read; the others are refused. */
const KNOWN = INCOMPATIBLE.split(' ').reduce((known, name, bit) => (name === '.' ? known : known | (1 << bit)), 0);

/** What ext2 and ext3 drivers accept; anything else makes it ext4, as libblkid tells them apart. */
const EXT2_INCOMPATIBLE = 0x1 | 0x2 | 0x10;
const EXT3_INCOMPATIBLE = 0x2 | 0x4 | 0x10;
const EXT3_READ_ONLY = 0x1 | 0x2 | 0x4;

export interface Features {
  readonly compatible: number;
  readonly incompatible: number;
  readonly readOnlyCompatible: number;
}

export function unknownFeatures({ incompatible }: Features): readonly string[] {
  return Array.from({ length: 32 }, (_, bit) => bit)
    .filter((bit) => ((incompatible & ~KNOWN) >>> bit) & 1)
    .map((bit) => `0x${(2 ** bit).toString(16)}`);
}

export function typeOf({ compatible, incompatible, readOnlyCompatible }: Features): string {
  if ((incompatible & Incompatible.JournalDevice) !== 0) return 'ext journal';
  const isOld = (readOnlyCompatible & ~EXT3_READ_ONLY) === 0;
  if ((compatible & Compatible.Journal) === 0 && isOld && (incompatible & ~EXT2_INCOMPATIBLE) === 0) return 'ext2';
  return isOld && (incompatible & ~EXT3_INCOMPATIBLE) === 0 ? 'ext3' : 'ext4';
}

export function namesOf({ compatible, incompatible, readOnlyCompatible }: Features): string {
  const names = (words: string, bits: number): string[] =>
    words.split(' ').filter((name, bit) => name !== '.' && ((bits >>> bit) & 1) === 1);
  return [...names(COMPATIBLE, compatible), ...names(INCOMPATIBLE, incompatible), ...names(READ_ONLY, readOnlyCompatible)].join(
    ' ',
  );
}
