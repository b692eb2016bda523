/** The parts of an .xz file (The .xz File Format 1.2.1): streams of blocks, and the index that tells their sizes from the end. */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { Crc64 } from './crc64.ts';
import { LARGEST_DICTIONARY, type ForwardReader, dictionarySize, lzma2 } from './lzma2.ts';

export const HEADER_SIZE = 12;
export const FOOTER_SIZE = 12;
const MAGIC = Buffer.from('\xfd7zXZ\0', 'latin1');
const LZMA2_FILTER = 0x21;
/** Bytes of check after each block, by its id; 0 for ids that are not used. */
const CHECK_SIZES = [0, 4, 4, 4, 8, 8, 8, 16, 16, 16, 32, 32, 32, 64, 64, 64];

/** Raised for what is legal and not decoded. */
export class NotDecoded extends Error {}

/** @returns the id of the check that the stream's blocks have. */
export function streamHeader(bytes: Buffer): number {
  if (!bytes.subarray(0, 6).equals(MAGIC)) throw new Error('it does not begin like one');
  if (crc32(bytes.subarray(6, 8)) !== bytes.readUInt32LE(8)) throw new Error('its header is damaged');
  return checkOf(bytes.subarray(6, 8));
}

/** @returns the size of the index before it, and the id of the check. */
export function streamFooter(bytes: Buffer): { indexSize: number; check: number } {
  if (bytes.toString('latin1', 10, 12) !== 'YZ') throw new Error('its end is not there');
  if (crc32(bytes.subarray(4, 10)) !== bytes.readUInt32LE(0)) throw new Error('its end is damaged');
  return { indexSize: (bytes.readUInt32LE(4) + 1) * 4, check: checkOf(bytes.subarray(8, 10)) };
}

function checkOf(flags: Buffer): number {
  const check = flags[1] ?? 0xff;
  if (flags[0] !== 0 || check > 15) throw new NotDecoded('it has flags of a later version');
  return check;
}

export interface IndexRecord {
  /** Header, data and check, without the padding. */
  readonly unpaddedSize: number;
  readonly size: number;
}

/** @param bytes the whole index, from its 0 to its CRC. */
export function readIndex(bytes: Buffer): IndexRecord[] {
  const end = bytes.length - 4;
  if (bytes[0] !== 0 || crc32(bytes.subarray(0, end)) !== bytes.readUInt32LE(end)) throw new Error('its index is damaged');
  const cursor = { at: 1 };
  const count = number(bytes, cursor, end);
  if (count * 2 > end - cursor.at) throw new Error(`its index says ${count} blocks`);
  const records: IndexRecord[] = [];
  for (let i = 0; i < count; i++) {
    const unpaddedSize = number(bytes, cursor, end);
    const size = number(bytes, cursor, end);
    if (unpaddedSize < 5) throw new Error(`its index has a block of ${unpaddedSize} bytes`);
    records.push({ unpaddedSize, size });
  }
  if (end - cursor.at > 3) throw new Error('its index is longer than its blocks');
  return records;
}

export const padded = (size: number): number => Math.ceil(size / 4) * 4;

/**
 * One block, from its header to its check, which is compared.
 * @param first the block's first byte, which is no 0. @param most bytes that may come out, if more is damage.
 * @returns how many bytes came out.
 */
export async function* blockOf(
  input: ForwardReader,
  first: number,
  check: number,
  most = Number.POSITIVE_INFINITY,
): AsyncGenerator<Buffer, number, undefined> {
  const start = input.at - 1;
  const header = Buffer.concat([Buffer.of(first), await input.take((first + 1) * 4 - 1)]);
  const { dictionary, size: said = most } = blockHeader(header);
  const sum = checksum(check);
  let size = 0;
  for await (const bytes of lzma2(input, dictionary, Math.min(said, most))) {
    size += bytes.length;
    if (size > said) throw new Error(`a block holds more than the ${said} bytes that it should`);
    sum?.update(bytes);
    yield bytes;
  }
  const padding = padded(input.at - start) - (input.at - start);
  if ((await input.take(padding)).some((byte) => byte !== 0)) throw new Error('a block is not padded with zeros');
  const stored = await input.take(CHECK_SIZES[check] ?? 0);
  if (sum !== undefined && !sum.digest().equals(stored)) throw new Error('the check of a block does not fit its bytes');
  return size;
}

function blockHeader(bytes: Buffer): { dictionary: number; size?: number } {
  const end = bytes.length - 4;
  if (crc32(bytes.subarray(0, end)) !== bytes.readUInt32LE(end)) throw new Error("a block's header is damaged");
  const flags = bytes[1] ?? 0;
  if ((flags & 0x3c) !== 0) throw new NotDecoded('a block has flags of a later version');
  const cursor = { at: 2 };
  if ((flags & 0x40) !== 0) number(bytes, cursor, end);
  const size = (flags & 0x80) === 0 ? undefined : number(bytes, cursor, end);
  const filter = number(bytes, cursor, end);
  const propertyLength = number(bytes, cursor, end);
  if ((flags & 3) !== 0 || filter !== LZMA2_FILTER)
    throw new NotDecoded('it has filters besides LZMA2 (for programs, or delta); unpack it with xz and deposit the image itself');
  const dictionary = dictionarySize(bytes[cursor.at] ?? 0xff);
  if (propertyLength !== 1 || dictionary === undefined) throw new Error("a block's dictionary has no size");
  if (dictionary > LARGEST_DICTIONARY && (size === undefined || size > LARGEST_DICTIONARY))
    throw new NotDecoded(`it needs a dictionary of ${dictionary} bytes; up to ${LARGEST_DICTIONARY} are taken`);
  return { dictionary, ...(size === undefined ? {} : { size }) };
}

interface Sum {
  update(bytes: Uint8Array): void;
  digest(): Buffer;
}

function checksum(check: number): Sum | undefined {
  if (check === 4) return new Crc64();
  if (check === 10) {
    const hash = createHash('sha256');
    return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest() };
  }
  if (check !== 1) return undefined;
  let value = 0;
  const digest = (): Buffer => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    return bytes;
  };
  return { update: (bytes) => void (value = crc32(bytes, value)), digest };
}

/** Seven bits a byte, the lowest first, at most nine bytes. */
function number(bytes: Buffer, cursor: { at: number }, end: number): number {
  let value = 0;
  for (let i = 0; i < 9 && cursor.at < end; i++) {
    const byte = bytes[cursor.at++] ?? 0;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) {
      if (!Number.isSafeInteger(value)) break;
      return value;
    }
  }
  throw new Error('a number in it has no end');
}
