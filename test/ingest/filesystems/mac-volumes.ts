/** Volumes of the Macintosh for tests that damage them: fixtures, where their structures lie, and everything that a listing tells. */
import {
  contentOf,
  type Damage,
  type Entry,
  fileSystems,
  type FileSystem,
  LISTING_LIMITS,
  type ListingLimits,
  OPEN_OPTIONS,
  type OpenOptions,
} from '#ingest/filesystems';
import { casesOf } from '../../conformance/filesystem-cases.ts';
import { bufferSource } from '../media/buffer-source.ts';

/** A copy that a test may change. */
export function fixture(id: string, name: string): Buffer {
  const found = casesOf(id).find((one) => one.name === name);
  if (found === undefined) throw new RangeError(`${id}/${name}`);
  return Buffer.from(found.volume);
}

export async function opened(id: string, volume: Buffer, options: OpenOptions = OPEN_OPTIONS): Promise<FileSystem> {
  const format = fileSystems.get(id);
  if (format === undefined) throw new RangeError(id);
  return format.open(bufferSource(volume), options);
}

export interface Told {
  readonly system: FileSystem;
  readonly entries: readonly Entry[];
  readonly paths: readonly string[];
  /** Codes of the warnings, of the damages and of the entries' faults, each once. */
  readonly codes: readonly string[];
}

export async function listed(
  id: string,
  volume: Buffer,
  options: OpenOptions = OPEN_OPTIONS,
  limits: ListingLimits = LISTING_LIMITS,
): Promise<Told> {
  const system = await opened(id, volume, options);
  const entries: Entry[] = [];
  const damages: Damage[] = [];
  for await (const batch of system.entries(limits))
    for (const found of batch)
      if (found.kind === 'damage') damages.push(found);
      else entries.push(found);
  const faults = [...system.warnings, ...damages.map(({ fault }) => fault), ...entries.flatMap((entry) => entry.faults ?? [])];
  return {
    system,
    entries,
    paths: entries.map(({ path }) => path).toSorted(),
    codes: [...new Set(faults.map(({ code }) => code))].toSorted(),
  };
}

export async function bytesOf(told: Told, path: string): Promise<Buffer> {
  const stream = told.entries.find((entry) => entry.path === path)?.streams[0];
  if (stream === undefined) throw new RangeError(path);
  const content = await contentOf(stream);
  return content.read(0, content.size);
}

/** Where the first extent of the catalog begins, by the master directory block of HFS. */
export function hfsCatalogAt(volume: Buffer): number {
  const [start, size, first] = [volume.readUInt16BE(1024 + 150), volume.readUInt32BE(1024 + 20), volume.readUInt16BE(1024 + 28)];
  return first * 512 + start * size;
}

/** The same by the volume header of HFS+. */
export function hfsPlusCatalogAt(volume: Buffer): number {
  return volume.readUInt32BE(1024 + 272 + 16) * volume.readUInt32BE(1024 + 40);
}

/** Only a place that is there once is the one that was meant. */
export function placeOf(volume: Buffer, bytes: Buffer): number {
  const at = volume.indexOf(bytes);
  if (at < 0 || volume.indexOf(bytes, at + 1) >= 0) throw new RangeError('not there once');
  return at;
}
