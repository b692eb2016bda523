/** The blocks of a disk image, from its `mish` tables: sorted, checked, and found by their place in the medium. */
import { Fault, FaultKind, escaped, layout, raw, u32be, u64be } from '../../kernel/index.ts';
import type { BlockTable } from './plist.ts';

/** BLKXTable; no public header names it: the names are those of QEMU block/dmg.c and libdmg-hfsplus. */
const table = layout('block table of a disk image', 204, {
  mark: [0, raw(4)], // "mish"
  firstSector: [8, u64be],
  sectorCount: [16, u64be],
  dataOffset: [24, u64be],
  checksumType: [64, u32be],
  checksum: [72, u32be],
  blockCount: [200, u32be],
});

/** BLKXRun. */
const entry = layout('block entry of a disk image', 40, {
  type: [0, u32be],
  sector: [8, u64be],
  sectorCount: [16, u64be],
  offset: [24, u64be],
  length: [32, u64be],
});

export const BlockType = {
  Zero: 0,
  Raw: 1,
  /** Free space that was left out: zeros. */
  Ignore: 2,
  Adc: 0x80000004,
  Zlib: 0x80000005,
  Bzip2: 0x80000006,
  Lzfse: 0x80000007,
  Xz: 0x80000008,
} as const;

const COMMENT = 0x7ffffffe;
const END = 0xffffffff;
const SECTOR_SIZE = 512;
/** Of a block that must be unpacked whole, as QEMU has it. */
const LARGEST_BLOCK = 64 * 1024 * 1024;
const MOST_BLOCKS = 1 << 21;

const CRC_32 = 2;

/** A table's range of the medium in bytes, and the CRC-32 that it carries of it. */
export interface TableChecksum {
  readonly name: string;
  readonly offset: number;
  readonly length: number;
  readonly crc: number;
}

/** Of the tables that carry one, in their order. The tables must have been read by readBlocks() before. */
export function checksumsOf(tables: readonly BlockTable[]): TableChecksum[] {
  return tables.flatMap(({ name, bytes }) => {
    const { checksumType, checksum, firstSector, sectorCount } = table.decode(bytes);
    if (checksumType !== CRC_32) return [];
    return [{ name, offset: firstSector * SECTOR_SIZE, length: sectorCount * SECTOR_SIZE, crc: checksum }];
  });
}

/** Columns, one row a block, in the order of the medium; bytes. */
export interface Blocks {
  readonly count: number;
  readonly types: Float64Array;
  readonly offsets: Float64Array;
  readonly sizes: Float64Array;
  /** Where its stored bytes lie in the file, and how many. */
  readonly places: Float64Array;
  readonly lengths: Float64Array;
}

interface Row {
  readonly type: number;
  readonly offset: number;
  readonly size: number;
  readonly at: number;
  readonly length: number;
}

export interface Limits {
  /** In bytes: of the medium, and of the file. */
  readonly size: number;
  readonly fileSize: number;
  readonly dataForkOffset: number;
}

/** @throws Fault 'dmg/table', 'dmg/block', 'dmg/blocks-overlap', 'dmg/too-many-blocks'. */
export function readBlocks(tables: readonly BlockTable[], limits: Limits): Blocks {
  const rows: Row[] = [];
  for (const each of tables) addRows(each, limits, rows);
  rows.sort((a, b) => a.offset - b.offset);
  let end = 0;
  for (const { offset, size } of rows) {
    if (offset < end) {
      const message = `two blocks of the image say what byte ${offset} of the medium is; its tables are damaged`;
      throw new Fault(FaultKind.Corrupt, 'dmg/blocks-overlap', message, { offset });
    }
    end = offset + size;
  }
  const column = (of: (row: Row) => number): Float64Array => Float64Array.from(rows, of);
  return {
    count: rows.length,
    types: column(({ type }) => type),
    offsets: column(({ offset }) => offset),
    sizes: column(({ size }) => size),
    places: column(({ at }) => at),
    lengths: column(({ length }) => length),
  };
}

function addRows({ name, bytes }: BlockTable, limits: Limits, rows: Row[]): void {
  const title = `the block table "${escaped(name)}"`;
  const refuse = (code: string, what: string): Fault =>
    new Fault(FaultKind.Corrupt, code, `${title} ${what}; the image is damaged`, { table: escaped(name) });
  if (bytes.length < table.size) throw refuse('dmg/table', `has ${bytes.length} bytes and needs ${table.size}`);
  const t = table.decode(bytes);
  if (t.mark.toString('latin1') !== 'mish') throw refuse('dmg/table', 'does not begin with "mish"');
  if (t.blockCount > (bytes.length - table.size) / entry.size)
    throw refuse('dmg/table', `says ${t.blockCount} blocks in ${bytes.length} bytes`);
  for (let i = 0; i < t.blockCount; i++) {
    const { type, sector, sectorCount, offset, length } = entry.decode(bytes.subarray(table.size + i * entry.size));
    if (type === END) break;
    if (type === COMMENT || sectorCount === 0) continue;
    const start = (t.firstSector + sector) * SECTOR_SIZE;
    const size = sectorCount * SECTOR_SIZE;
    if (!(start + size <= limits.size))
      throw refuse('dmg/block', `has a block of ${sectorCount} sectors past the end of the medium`);
    const isStored = type !== BlockType.Zero && type !== BlockType.Ignore;
    const at = isStored ? limits.dataForkOffset + t.dataOffset + offset : 0;
    if (isStored && !(at + length <= limits.fileSize))
      throw new Fault(
        FaultKind.Truncated,
        'dmg/block',
        `${title} has a block at byte ${at} of ${length} bytes, past the end of the file; the image is cut`,
        { at, length },
      );
    if (type === BlockType.Raw && length < size) throw refuse('dmg/block', `has a raw block of ${length} bytes for ${size}`);
    if (isStored && type !== BlockType.Raw && (size > LARGEST_BLOCK || length > LARGEST_BLOCK))
      throw refuse('dmg/block', `has a packed block of ${length} bytes for ${size}; the limit is ${LARGEST_BLOCK}`);
    if (rows.length >= MOST_BLOCKS)
      throw new Fault(FaultKind.Unsupported, 'dmg/too-many-blocks', `the image has more than ${MOST_BLOCKS} blocks`, {
        limit: MOST_BLOCKS,
      });
    rows.push({ type, offset: start, size, at, length });
  }
}

/** The first block that ends after `offset`. */
export function blockAt({ count, offsets, sizes }: Blocks, offset: number): number {
  let low = 0;
  for (let high = count; low < high; ) {
    const middle = (low + high) >> 1;
    if ((offsets[middle] as number) + (sizes[middle] as number) <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
