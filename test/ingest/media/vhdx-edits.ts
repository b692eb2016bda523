/** VHDX images changed on purpose, with their checksums put right, so that only what was meant is wrong. */
import { crc32c } from '#built/ingest/media/vhdx/crc32c';
import { changed, fixture } from './deposits.ts';

export const MIB = 1 << 20;
export const HEADERS_AT = [64 << 10, 128 << 10] as const;
export const REGIONS_AT = [192 << 10, 256 << 10] as const;

/** Puts the CRC-32C right of the structure of `size` bytes at `at`. */
export function seal(b: Buffer, at: number, size: number): void {
  b.writeUInt32LE(crc32c(b.subarray(at, at + size), 4), at + 4);
}

/** The same change to both headers. */
export function header(of: Buffer, change: (copy: Buffer, at: number, index: number) => void): Buffer {
  return changed(of, (b) => {
    for (const [index, at] of HEADERS_AT.entries()) {
      change(b, at, index);
      seal(b, at, 4096);
    }
  });
}

/** The same change to both region tables. */
export function regions(of: Buffer, change: (copy: Buffer, at: number) => void): Buffer {
  return changed(of, (b) => {
    for (const at of REGIONS_AT) {
      change(b, at);
      seal(b, at, 64 << 10);
    }
  });
}

const BLOCK_TABLE = '6677c22d23f600429d64115e9bfd4a08';

/** Where the entries of the block table's and the metadata's regions lie in the region table at `at`, and the regions themselves. */
export function regionOf(b: Buffer, what: 'table' | 'metadata', at: number = REGIONS_AT[0]): { entryAt: number; offset: number } {
  const isTable = b.toString('hex', at + 16, at + 32) === BLOCK_TABLE;
  const entryAt = at + 16 + (isTable === (what === 'table') ? 0 : 32);
  return { entryAt, offset: Number(b.readBigUInt64LE(entryAt + 16)) };
}

/** Where the value of metadata item `index` of qemu's order lies: 0 file parameters, 1 size, 2 id, 3 and 4 sector sizes. */
export function itemAt(b: Buffer, index: number): number {
  const { offset } = regionOf(b, 'metadata');
  return offset + b.readUInt32LE(offset + 32 + index * 32 + 16);
}

export interface LogPage {
  readonly at: bigint;
  readonly bytes: Buffer;
}

export interface LogEntry {
  readonly sequence: bigint;
  readonly tail: number;
  readonly pages?: readonly LogPage[];
  readonly zeros?: readonly { readonly at: bigint; readonly length: bigint }[];
  readonly flushedSize?: bigint;
  readonly lastSize?: bigint;
  /** What is done to it before its checksum is made. */
  readonly spoil?: (entry: Buffer) => void;
}

export const LOG_GUID = Buffer.from('a log of a test.', 'latin1');

export function logEntry({ sequence, tail, pages = [], zeros = [], flushedSize = 0n, lastSize = 0n, spoil }: LogEntry): Buffer {
  const head = Math.ceil((64 + 32 * (pages.length + zeros.length)) / 4096) * 4096;
  const e = Buffer.alloc(head + pages.length * 4096);
  e.write('loge', 0, 'latin1');
  e.writeUInt32LE(e.length, 8);
  e.writeUInt32LE(tail, 12);
  e.writeBigUInt64LE(sequence, 16);
  e.writeUInt32LE(pages.length + zeros.length, 24);
  LOG_GUID.copy(e, 32);
  e.writeBigUInt64LE(flushedSize, 48);
  e.writeBigUInt64LE(lastSize, 56);
  for (const [i, { at, bytes }] of pages.entries()) {
    const to = 64 + i * 32;
    e.write('desc', to, 'latin1');
    bytes.copy(e, to + 4, 4092);
    bytes.copy(e, to + 8, 0, 8);
    e.writeBigUInt64LE(at, to + 16);
    e.writeBigUInt64LE(sequence, to + 24);
    const data = head + i * 4096;
    e.write('data', data, 'latin1');
    e.writeUInt32LE(Number(sequence >> 32n), data + 4);
    bytes.copy(e, data + 8, 8, 4092);
    e.writeUInt32LE(Number(sequence & 0xffffffffn), data + 4092);
  }
  for (const [i, { at, length }] of zeros.entries()) {
    const to = 64 + (pages.length + i) * 32;
    e.write('zero', to, 'latin1');
    e.writeBigUInt64LE(length, to + 8);
    e.writeBigUInt64LE(at, to + 16);
    e.writeBigUInt64LE(sequence, to + 24);
  }
  spoil?.(e);
  seal(e, 0, e.length);
  return e;
}

/** `of` with a log that holds `entries`, each at its place in the ring. */
export function withLog(of: Buffer, entries: readonly (readonly [at: number, entry: Buffer])[]): Buffer {
  return header(of, (b, at) => {
    LOG_GUID.copy(b, at + 48);
    const logAt = Number(b.readBigUInt64LE(at + 72));
    const length = b.readUInt32LE(at + 68);
    for (const [place, entry] of entries)
      for (let i = 0; i < entry.length; i += 4096) entry.copy(b, logAt + ((place + i) % length), i, i + 4096);
  });
}

export const dynamic = fixture('vhdx/dynamic.vhdx');
