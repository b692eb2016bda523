/** Fixtures of the file-systems suite, to be damaged; and what a damaged one still lists. */
import { type Damage, type Entry, type FileSystem, fileSystems, LISTING_LIMITS, OPEN_OPTIONS } from '#ingest/filesystems';
import { casesOf } from '../../conformance/filesystem-cases.ts';
import { bufferSource } from '../media/buffer-source.ts';

/** A copy of a fixture's volume, for the test to change. */
export function volumeOf(id: string, name: string): Buffer {
  const found = casesOf(id).find((each) => each.name === name);
  if (found === undefined) throw new RangeError(`${id}/${name}`);
  return Buffer.from(found.volume);
}

export interface Looked {
  readonly system: FileSystem;
  readonly entries: readonly Entry[];
  readonly damages: readonly Damage[];
  /** Codes of everything that is wrong, sorted. */
  readonly codes: readonly string[];
}

export async function look(id: string, volume: Buffer, options = OPEN_OPTIONS): Promise<Looked> {
  const format = fileSystems.get(id);
  if (format === undefined) throw new RangeError(id);
  const system = await format.open(bufferSource(volume), options);
  const entries: Entry[] = [];
  const damages: Damage[] = [];
  for await (const batch of system.entries(LISTING_LIMITS))
    for (const found of batch)
      if (found.kind === 'damage') damages.push(found);
      else entries.push(found);
  const faults = [...system.warnings, ...damages.map(({ fault }) => fault), ...entries.flatMap((entry) => entry.faults ?? [])];
  return { system, entries, damages, codes: [...new Set(faults.map(({ code }) => code))].toSorted() };
}

export async function probed(id: string, volume: Buffer): Promise<number | undefined> {
  return fileSystems.get(id)?.probe(bufferSource(volume));
}

export function entryAt({ entries }: Looked, path: string): Entry {
  const found = entries.find((entry) => entry.path === path);
  if (found === undefined) throw new RangeError(path);
  return found;
}
