/** E01 segments made by hand, for what no program writes: damage, forgery, and layouts of writers that can't be had. */
import { deflateSync } from 'node:zlib';
import { adler32 } from '#built/ingest/media/codecs/adler32';
import { type ByteSource, type Media, companionsOf, openMedia } from '#ingest/media';
import { bufferSource } from './buffer-source.ts';

export interface Part {
  readonly type: string;
  readonly body: Buffer;
  /** Overrides what the descriptor says. */
  readonly next?: number;
  readonly size?: number;
}

export const CHUNK = 32_768;

export function u32(...numbers: readonly number[]): Buffer {
  const bytes = Buffer.alloc(numbers.length * 4);
  for (const [index, n] of numbers.entries()) bytes.writeUInt32LE(n >>> 0, index * 4);
  return bytes;
}

export function u64(n: number | bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(n));
  return bytes;
}

export function summed(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, u32(adler32(bytes))]);
}

/** A segment file; the last part's descriptor points to itself when it is `done` or `next`. */
export function segment(parts: readonly Part[], number = 1): Buffer {
  const pieces: Buffer[] = [Buffer.from('EVF\t\r\n\xff\0\x01', 'latin1'), Buffer.from([number & 0xff, number >> 8, 0, 0])];
  let at = 13;
  for (const { type, body, next, size } of parts) {
    const isLast = type === 'done' || type === 'next';
    const end = at + 76 + body.length;
    const name = Buffer.alloc(16);
    name.write(type, 'latin1');
    const said = [u64(next ?? (isLast ? at : end)), u64(size ?? (isLast ? 0 : 76 + body.length))];
    pieces.push(summed(Buffer.concat([name, ...said, Buffer.alloc(40)])), body);
    at = end;
  }
  return Buffer.concat(pieces);
}

export interface VolumeSays {
  readonly chunkCount?: number;
  readonly sectorsPerChunk?: number;
  readonly sectorSize?: number;
  readonly sectorCount: number;
  readonly guid?: string;
  readonly flags?: number;
}

export function volume({
  chunkCount = 1,
  sectorsPerChunk = 64,
  sectorSize = 512,
  sectorCount,
  guid = '',
  flags = 3,
}: VolumeSays): Buffer {
  const body = Buffer.alloc(1048);
  body[0] = 1;
  u32(chunkCount, sectorsPerChunk, sectorSize).copy(body, 4);
  u64(sectorCount).copy(body, 16);
  body[36] = flags;
  Buffer.from(guid, 'hex').copy(body, 64);
  return summed(body);
}

export function table(entries: readonly number[], base = 0, count = entries.length): Buffer {
  const header = summed(Buffer.concat([u32(count, 0), u64(base), u32(0)]));
  return Buffer.concat([header, summed(u32(...entries))]);
}

export function textPart(type: 'header' | 'header2', text: string): Part {
  const bytes = type === 'header2' ? Buffer.from(`\ufeff${text}`, 'utf16le') : Buffer.from(text, 'latin1');
  return { type, body: deflateSync(bytes) };
}

/** `volume`, `sectors`, `table` and `table2` of stored chunks, their sectors first in the file after what comes `before`. */
export function stored(chunks: readonly Buffer[], before: readonly Part[]): Part[] {
  const start = 13 + before.reduce((sum, { body }) => sum + 76 + body.length, 0) + 76;
  const blobs = chunks.map((chunk) => summed(chunk));
  const entries = blobs.map((_, index) => start + blobs.slice(0, index).reduce((sum, { length }) => sum + length, 0));
  const body = table(entries);
  return [...before, { type: 'sectors', body: Buffer.concat(blobs) }, { type: 'table', body }, { type: 'table2', body }];
}

export const DONE: Part = { type: 'done', body: Buffer.alloc(0) };
export const NEXT: Part = { type: 'next', body: Buffer.alloc(0) };

/** Files of one deposit, the first of them opened. */
export function deposit(files: Readonly<Record<string, Buffer>>, own = Object.keys(files)[0] ?? '') {
  const source = (name: string): ByteSource => bufferSource(files[name] ?? Buffer.alloc(0));
  const companions = companionsOf(own, Object.keys(files), (name) => Promise.resolve(source(name)));
  return [source(own), companions] as const;
}

export const chunk = (fill: number, length = CHUNK): Buffer => Buffer.alloc(length, fill);
/** Three chunks, and the volume that says so. */
export const three = [chunk(1), chunk(2), chunk(3)];
export const threeVolume: Part = { type: 'volume', body: volume({ chunkCount: 3, sectorCount: 192 }) };

export const opened = (parts: readonly Part[]): Promise<Media> => openMedia(bufferSource(segment(parts)));
export const codes = (media: Media): string[] => media.warnings.map(({ code }) => code);

export function flipped(bytes: Buffer, at: number): Buffer {
  const out = Buffer.from(bytes);
  out[at] = (out[at] ?? 0) ^ 0x01;
  return out;
}
