/** The group descriptors of ext: where each group's inodes and block bitmap lie; from a copy, where the first is damaged. */
import { Fault, FaultKind, layout, u16le, u32le } from '../../kernel/index.ts';
import { type ByteSource, crc32cOnward } from '../../media/index.ts';
import { Incompatible, ReadOnlyCompatible } from './features.ts';
import type { FoundSuperblock } from './superblock.ts';

/** Linux fs/ext4/ext4.h, struct ext4_group_desc; the second half is there with the feature 64bit. */
const descriptor = layout('ext group descriptor', 32, {
  blockBitmapLow: [0, u32le],
  inodeTableLow: [8, u32le],
  flags: [18, u16le],
  checksum: [30, u16le],
});
const descriptorHigh = layout('ext group descriptor, second half', 16, {
  blockBitmapHigh: [0, u32le],
  inodeTableHigh: [8, u32le],
});

/** 256 TiB in blocks of 4 KiB. */
const MOST_GROUPS = 2 * 1024 * 1024;
const PIECE = 1024 * 1024;
const BLOCK_BITMAP_UNUSED = 0x2;

export interface Groups {
  /** Block number of each group's inode table; 0 where no descriptor tells. */
  readonly inodeTables: Float64Array;
  /** Block number of each group's block bitmap; 0 where it was never written, since nothing is in use. */
  readonly blockBitmaps: Float64Array;
  readonly warnings: readonly Fault[];
}

/** @throws Fault 'ext/groups' when there are more than any volume has. */
export async function readGroups(volume: ByteSource, found: FoundSuperblock, most = Infinity): Promise<Groups> {
  const count = Math.min(found.shape.groupCount, Math.ceil(found.shape.inodeCount / found.shape.inodesPerGroup), most);
  if (count > MOST_GROUPS) {
    const message = `the superblock tells of ${count} groups of blocks; more than ${MOST_GROUPS} are not read`;
    throw new Fault(FaultKind.Refused, 'ext/groups', message, { count, limit: MOST_GROUPS });
  }
  const reader = new GroupReader(volume, found, count);
  return reader.read();
}

class GroupReader {
  readonly #inodeTables: Float64Array;
  readonly #blockBitmaps: Float64Array;
  readonly #isKnown: Uint8Array;

  constructor(
    private readonly volume: ByteSource,
    private readonly found: FoundSuperblock,
    private readonly count: number,
  ) {
    this.#inodeTables = new Float64Array(count);
    this.#blockBitmaps = new Float64Array(count);
    this.#isKnown = new Uint8Array(count);
  }

  async read(): Promise<Groups> {
    const { shape, group } = this.found;
    const perBlock = shape.blockSize / shape.descriptorSize;
    const plain = Math.min(this.count, shape.firstMetaGroup * perBlock);
    await this.#table(group, 0, plain);
    const damagedCount = this.#unknown();
    for (const backup of shape.backupGroups) if (this.#unknown() > 0) await this.#table(backup, 0, plain);
    for (let first = plain; first < this.count; first += perBlock) await this.#metaGroup(first, perBlock);
    return { inodeTables: this.#inodeTables, blockBitmaps: this.#blockBitmaps, warnings: this.#warnings(damagedCount, plain) };
  }

  #unknown(): number {
    return this.#isKnown.reduce((count, known) => (known === 1 ? count : count + 1), 0);
  }

  #warnings(damagedCount: number, plain: number): Fault[] {
    const lostCount = this.#unknown();
    const repairedCount = Math.max(0, damagedCount - (this.count - plain) - lostCount);
    if (lostCount === 0 && repairedCount === 0) return [];
    const facts = { groupCount: this.count, repairedCount, lostCount };
    const message = `descriptors of ${lostCount + repairedCount} of ${this.count} groups of blocks are damaged or missing: ${repairedCount} are taken from copies, the inodes of ${lostCount} are lost`;
    return [new Fault(FaultKind.Corrupt, 'ext/descriptors', message, facts)];
  }

  /** The whole table, as it lies behind the superblock of `group`. */
  async #table(group: number, first: number, count: number): Promise<void> {
    await this.#descriptors((this.#startOf(group) + 1) * this.found.shape.blockSize, first, count);
  }

  /** A block of descriptors in the first, second or last of the groups that it describes. */
  async #metaGroup(first: number, perBlock: number): Promise<void> {
    const count = Math.min(perBlock, this.count - first);
    for (const group of [first, first + 1, first + perBlock - 1]) {
      const block = this.#startOf(group) + (this.#hasSuperblock(group) ? 1 : 0);
      await this.#descriptors(block * this.found.shape.blockSize, first, count);
      if (this.#isKnown.subarray(first, first + count).every((known) => known === 1)) return;
    }
  }

  /** The block of its superblock, where it has one: byte 1024 lies in block 1 if blocks are that small, else in block 0. */
  #startOf(group: number): number {
    const { firstDataBlock, blocksPerGroup, blockSize } = this.found.shape;
    return group === 0 ? Math.floor(1024 / blockSize) : firstDataBlock + group * blocksPerGroup;
  }

  #hasSuperblock(group: number): boolean {
    const { features, backupGroups } = this.found.shape;
    const { SparseBackups } = ReadOnlyCompatible;
    if (group <= 1) return true;
    if ((features.readOnlyCompatible & SparseBackups) === 0) return true;
    return backupGroups.includes(group) || [3, 5, 7].some((base) => isPowerOf(group, base));
  }

  /** Those of `count` groups that are not known yet, and are as they should be. */
  async #descriptors(offset: number, first: number, count: number): Promise<void> {
    const { descriptorSize } = this.found.shape;
    const inside = Math.max(0, Math.min(count, Math.floor((this.volume.size - offset) / descriptorSize)));
    const perPiece = PIECE / descriptorSize;
    for (let start = 0; start < inside; start += perPiece) {
      const taken = Math.min(perPiece, inside - start);
      const bytes = await this.volume.read(offset + start * descriptorSize, taken * descriptorSize);
      for (let i = 0; i < taken; i++)
        if (this.#isKnown[first + start + i] === 0)
          this.#take(first + start + i, bytes.subarray(i * descriptorSize, (i + 1) * descriptorSize));
    }
  }

  #take(group: number, bytes: Buffer): void {
    const { shape } = this.found;
    const isWide = shape.descriptorSize >= 64 && (shape.features.incompatible & Incompatible.Wide) !== 0;
    const low = descriptor.decode(bytes);
    const high = isWide ? descriptorHigh.decode(bytes.subarray(32)) : { blockBitmapHigh: 0, inodeTableHigh: 0 };
    const inodeTable = low.inodeTableLow + high.inodeTableHigh * 0x1_0000_0000;
    const tableBlockCount = Math.ceil((shape.inodesPerGroup * shape.inodeSize) / shape.blockSize);
    const isInside = inodeTable > shape.firstDataBlock && inodeTable + tableBlockCount <= shape.blockCount;
    if (!isInside || !this.#isChecked(group, bytes, low.checksum)) return;
    const isBitmapUnused = (low.flags & BLOCK_BITMAP_UNUSED) !== 0 && this.#hasChecksum();
    this.#isKnown[group] = 1;
    this.#inodeTables[group] = inodeTable;
    this.#blockBitmaps[group] = isBitmapUnused ? 0 : low.blockBitmapLow + high.blockBitmapHigh * 0x1_0000_0000;
  }

  #hasChecksum(): boolean {
    const { DescriptorChecksums, MetadataChecksums } = ReadOnlyCompatible;
    return (this.found.shape.features.readOnlyCompatible & (DescriptorChecksums | MetadataChecksums)) !== 0;
  }

  #isChecked(group: number, bytes: Buffer, checksum: number): boolean {
    if (!this.#hasChecksum()) return true;
    const number = Buffer.alloc(4);
    number.writeUInt32LE(group);
    const { shape, superblock } = this.found;
    if (shape.seed === undefined) {
      const crc = crc16(crc16(crc16(0xffff, superblock.uuid), number), bytes.subarray(0, 30));
      return crc16(crc, bytes.subarray(32)) === checksum;
    }
    const zeroed = Buffer.from(bytes);
    zeroed.writeUInt16LE(0, 30);
    return (crc32cOnward(crc32cOnward(shape.seed, number, 0, 4), zeroed, 0, zeroed.length) & 0xffff) === checksum;
  }
}

function isPowerOf(n: number, base: number): boolean {
  let power = base;
  while (power < n) power *= base;
  return power === n;
}

/** CRC-16 of the polynomial 0x8005, reflected (ANSI). */
function crc16(start: number, bytes: Buffer): number {
  let crc = start;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0xa001 : crc >>> 1;
  }
  return crc;
}
