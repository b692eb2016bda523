/** NTFS fixtures, and changes to their records that keep the fix-ups right. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import {
  contentOf,
  type Damage,
  type Entry,
  type FileSystem,
  fileSystems,
  LISTING_LIMITS,
  type ListingLimits,
  OPEN_OPTIONS,
} from '#ingest/filesystems';
import { bufferSource } from '../media/buffer-source.ts';

const folder = new URL('../../fixtures/filesystems/ntfs/', import.meta.url);

export function fixture(name: string): Buffer {
  return gunzipSync(readFileSync(new URL(`${name}.img.gz`, folder)));
}

export async function opened(volume: Buffer): Promise<FileSystem> {
  const format = fileSystems.get('ntfs');
  if (format === undefined) throw new RangeError('ntfs');
  return format.open(bufferSource(volume), OPEN_OPTIONS);
}

export interface Listing {
  readonly entries: readonly Entry[];
  readonly damages: readonly Damage[];
  readonly codes: readonly string[];
}

export async function listed(volume: Buffer, limits: ListingLimits = LISTING_LIMITS): Promise<Listing> {
  const entries: Entry[] = [];
  const damages: Damage[] = [];
  for await (const batch of (await opened(volume)).entries(limits))
    for (const found of batch)
      if (found.kind === 'damage') damages.push(found);
      else entries.push(found);
  const faults = [...damages.map(({ fault }) => fault), ...entries.flatMap((entry) => entry.faults ?? [])];
  return { entries, damages, codes: [...new Set(faults.map(({ code }) => code))] };
}

export async function entryOf(volume: Buffer, path: string): Promise<Entry> {
  const found = (await listed(volume)).entries.find((entry) => entry.path === path);
  if (found === undefined) throw new RangeError(`no ${path}`);
  return found;
}

/** Bytes of a stream; the data unless named. */
export async function bytesOf(entry: Entry, name = '', offset = 0, length = Infinity): Promise<Buffer> {
  const stream = entry.streams.find((each) => each.name === name);
  if (stream === undefined) throw new RangeError(`no stream ${name}`);
  const content = await contentOf(stream);
  return content.read(offset, Math.min(length, content.size - offset));
}

/** Where a record lies, as the data of $MFT say. */
async function placeOf(volume: Buffer, number: number): Promise<number> {
  const table = await entryOf(volume, '$MFT');
  for (const run of (await table.streams[0]?.runs()) ?? [])
    if (run.kind === 'stored' && number * 1024 >= run.offset && number * 1024 < run.offset + run.length)
      return run.at + number * 1024 - run.offset;
  throw new RangeError(`no record ${number}`);
}

/** A copy with a record changed as it lies there. */
export async function withBytes(volume: Buffer, number: number, change: (record: Buffer) => void): Promise<Buffer> {
  const copy = Buffer.from(volume);
  const at = await placeOf(volume, number);
  change(copy.subarray(at, at + 1024));
  return copy;
}

/** A copy with a record changed as it reads: fix-ups are undone before, and done after. */
export function withRecord(volume: Buffer, number: number, change: (record: Buffer) => void): Promise<Buffer> {
  return withBytes(volume, number, (record) => {
    const at = record.readUInt16LE(4);
    for (const index of [0, 1]) record.copy(record, 510 + 512 * index, at + 2 + 2 * index, at + 4 + 2 * index);
    change(record);
    const mark = record.readUInt16LE(at);
    for (const index of [0, 1]) {
      record.copy(record, at + 2 + 2 * index, 510 + 512 * index, 512 + 512 * index);
      record.writeUInt16LE(mark, 510 + 512 * index);
    }
  });
}

/** Where the first attribute of a type stands in a record. */
export function attribute(record: Buffer, type: number): number {
  for (let at = record.readUInt16LE(20); at < 1000; at += record.readUInt32LE(at + 4))
    if (record.readUInt32LE(at) === type) return at;
  throw new RangeError(`no attribute ${type}`);
}

/** Replaces the packed list of clusters of the data, as far as there is room for it. */
export function setRuns(record: Buffer, ...bytes: number[]): void {
  const at = attribute(record, 0x80);
  const end = at + record.readUInt32LE(at + 4);
  Buffer.from([...bytes, 0]).copy(record.subarray(at + record.readUInt16LE(at + 32), end));
}

/** The first cluster of an attribute that lies in clusters. */
export function firstCluster(record: Buffer, at: number): number {
  const runs = at + record.readUInt16LE(at + 32);
  const head = record.readUInt8(runs);
  return record.readUIntLE(runs + 1 + (head & 15), head >> 4);
}
