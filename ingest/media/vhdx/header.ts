/** What every VHDX image begins with: the identifier, two headers of which the later valid one counts, and two region tables. */
import { Fault, FaultKind, escaped, guid, layout, raw, u16le, u32le, u64le } from '../../kernel/index.ts';
import type { ByteSource, Range } from '../media.ts';
import { crc32c } from './crc32c.ts';

export const SIGNATURE = 'vhdxfile';
export const MIB = 1024 * 1024;
export const NIL = '00000000-0000-0000-0000-000000000000';

const HEADERS_AT = [64 * 1024, 128 * 1024];
const HEADER_SIZE = 4096;
const TABLES_AT = [192 * 1024, 256 * 1024];
const TABLE_SIZE = 64 * 1024;
const MOST_REGIONS = 2047;
const CHECKSUM_AT = 4;

/** "Header" of [MS-VHDX] 2.2.2. */
const layoutOfHeader = layout('VHDX header', 80, {
  sequence: [8, raw(8)],
  fileGuid: [16, guid],
  dataGuid: [32, guid],
  logGuid: [48, guid],
  logVersion: [64, u16le],
  version: [66, u16le],
  logLength: [68, u32le],
  logOffset: [72, u64le],
});

export interface Header extends Readonly<Omit<ReturnType<typeof layoutOfHeader.decode>, 'sequence'>> {
  readonly sequence: bigint;
}

/** "Region table entry" of [MS-VHDX] 2.2.3.2. */
const layoutOfRegion = layout('VHDX region', 32, {
  id: [0, guid],
  offset: [16, u64le],
  length: [24, u32le],
  flags: [28, u32le],
});

export interface Regions {
  readonly blockTable: Range;
  readonly metadata: Range;
}

/** Whether it says that it is one; and nothing more. */
export async function isVhdx(source: ByteSource): Promise<boolean> {
  if (source.size < SIGNATURE.length) return false;
  return (await source.read(0, SIGNATURE.length)).toString('latin1') === SIGNATURE;
}

/** The program that made it, printable. */
export async function creatorOf(container: ByteSource): Promise<string> {
  const bytes = await container.read(SIGNATURE.length, 512);
  return escaped(bytes.toString('utf16le').replace(/\0[^]*$/, '')).trim();
}

/** The valid header with the higher sequence number. @throws Fault 'vhdx/headers' when neither is valid, 'vhdx/headers-tie', 'vhdx/version'. */
export async function currentHeader(container: ByteSource): Promise<{ header: Header; warnings: readonly Fault[] }> {
  const blocks = await blocksAt(container, HEADERS_AT, HEADER_SIZE, 'head');
  const [first, second] = blocks.valid;
  if (first === undefined) {
    const message = 'both headers of the VHDX image are damaged (signature or checksum); ask for another copy';
    throw new Fault(FaultKind.Corrupt, 'vhdx/headers', message, { size: container.size });
  }
  const sequences = [first, second].map((bytes) => bytes?.readBigUInt64LE(8) ?? -1n) as [bigint, bigint];
  if (second !== undefined && sequences[0] === sequences[1] && !first.equals(second)) {
    const message = 'the two headers of the VHDX image differ, and neither is the later one; ask for another copy';
    throw new Fault(FaultKind.Corrupt, 'vhdx/headers-tie', message, { sequence: String(sequences[0]) });
  }
  const bytes = second !== undefined && sequences[1] > sequences[0] ? second : first;
  const header: Header = { ...layoutOfHeader.decode(bytes), sequence: bytes.readBigUInt64LE(8) };
  if (header.version !== 1) {
    const message = `a VHDX image of version ${header.version} is not read, only 1`;
    throw new Fault(FaultKind.Unsupported, 'vhdx/version', message, { version: header.version });
  }
  return { header, warnings: blocks.damaged ? [new Fault(FaultKind.Corrupt, 'vhdx/header-damaged', halfDamaged('header'))] : [] };
}

/**
 * Where the block table and the metadata lie. @param image with the log laid over it.
 * @throws Fault for tables that are damaged, regions that overlap or are not in the file, and required ones that are unknown.
 */
export async function regionsOf(
  image: ByteSource,
  { logOffset, logLength }: Header,
): Promise<Regions & { warnings: readonly Fault[] }> {
  const tables = await blocksAt(image, TABLES_AT, TABLE_SIZE, 'regi');
  const bytes = tables.valid[0];
  if (bytes === undefined) {
    const message = 'both region tables of the VHDX image are damaged (signature or checksum); ask for another copy';
    throw new Fault(FaultKind.Corrupt, 'vhdx/region-tables', message, { size: image.size });
  }
  const count = bytes.readUInt32LE(8);
  if (count > MOST_REGIONS) {
    const message = `the VHDX region table says ${count} regions; ${MOST_REGIONS} are the most`;
    throw new Fault(FaultKind.Corrupt, 'vhdx/region-count', message, { count });
  }
  const found = new Map<string, Range>();
  const taken: Range[] = [{ offset: 0, length: MIB }];
  if (logLength > 0) taken.push({ offset: logOffset, length: logLength });
  for (let index = 0; index < count; index++) {
    const { id, offset, length, flags } = layoutOfRegion.decode(bytes.subarray(16 + index * 32, 48 + index * 32));
    const facts = { region: id, offset, length, size: image.size };
    if (!(id in REGIONS) && (flags & 1) === 1) {
      const message = `the VHDX image has a region ${id} that must be understood and is not; it is kept, but not read`;
      throw new Fault(FaultKind.Unsupported, 'vhdx/region-unknown', message, facts);
    }
    if (offset % MIB !== 0 || length % MIB !== 0 || length === 0 || offset + length > image.size) {
      const message = `the VHDX region ${id} should lie at byte ${offset} (${length} bytes), and is not in the file of ${image.size} bytes`;
      throw new Fault(FaultKind.Truncated, 'vhdx/region-outside', message, facts);
    }
    if (found.has(id) || taken.some((other) => offset < other.offset + other.length && other.offset < offset + length)) {
      const message = `the VHDX region ${id} (byte ${offset}, ${length} bytes) lies on another; the image is damaged or forged`;
      throw new Fault(FaultKind.Corrupt, 'vhdx/regions-overlap', message, facts);
    }
    found.set(id, { offset, length });
    taken.push({ offset, length });
  }
  const [blockTable, metadata] = Object.keys(REGIONS).map((id) => found.get(id));
  if (blockTable === undefined || metadata === undefined) {
    const message = 'the VHDX region table names no block table or no metadata; ask for another copy';
    throw new Fault(FaultKind.Corrupt, 'vhdx/region-missing', message, { regions: [...found.keys()] });
  }
  return {
    blockTable,
    metadata,
    warnings: tables.damaged ? [new Fault(FaultKind.Corrupt, 'vhdx/region-table-damaged', halfDamaged('region table'))] : [],
  };
}

const REGIONS: Readonly<Record<string, string>> = {
  '2dc27766-f623-4200-9d64-115e9bfd4a08': 'block table',
  '8b7ca206-4790-4b9a-b8fe-575f050f886e': 'metadata',
};

function halfDamaged(what: string): string {
  return `one of the two copies of the VHDX ${what} is damaged; the other is used`;
}

/** Those of two copies whose signature and checksum are right. */
async function blocksAt(source: ByteSource, offsets: readonly number[], size: number, mark: string) {
  const valid: Buffer[] = [];
  for (const offset of offsets) {
    if (offset + size > source.size) continue;
    const bytes = await source.read(offset, size);
    const isMarked = bytes.toString('latin1', 0, 4) === mark;
    if (isMarked && crc32c(bytes, CHECKSUM_AT) === bytes.readUInt32LE(CHECKSUM_AT)) valid.push(bytes);
  }
  return { valid, damaged: valid.length < offsets.length };
}
