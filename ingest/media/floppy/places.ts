/** Which sector lies where on the medium: the format that most tracks have, and the place of each sector in it. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { MediaFacts } from '../media.ts';
import { LARGEST_MEDIUM, tooMany } from './bytes.ts';
import type { Sector, Track } from './sectors.ts';

export interface Place {
  readonly cylinder: number;
  readonly head: number;
  /** Sector number. */
  readonly id: number;
  readonly size: number;
  /** None when the track lacks it. */
  readonly sector: Sector | undefined;
}

export interface Disk {
  readonly size: number;
  readonly sectorSize: number;
  readonly places: readonly Place[];
  readonly facts: MediaFacts;
  readonly warnings: readonly Fault[];
}

const LONGEST_LIST = 64;

/** What most tracks of a side have. */
interface SideFormat {
  readonly ids: readonly number[];
  readonly size: number;
}

/** @throws Fault 'floppy/no-sectors', 'floppy/too-many'. */
export function placesOf(format: string, parts: readonly Track[], cylinderCount: number): Disk {
  const tracks = joined(parts);
  const recorded = [...tracks.values()].filter(({ sectors }) => sectors.length > 0);
  if (recorded.length === 0) throw noSectors(format);
  const heads = [...new Set(recorded.map(({ head }) => head))].toSorted((a, b) => a - b);
  const cylinders = Math.max(cylinderCount, ...recorded.map(({ cylinder }) => cylinder + 1));
  const sides = new Map(heads.map((head) => [head, formatOf(recorded.filter((track) => track.head === head))]));
  const places: Place[] = [];
  const irregular: string[] = [];
  const doubled: string[] = [];
  let size = 0;
  for (let cylinder = 0; cylinder < cylinders; cylinder++) {
    for (const head of heads) {
      const side = sides.get(head);
      if (side === undefined) continue;
      const track = tracks.get(keyOf(cylinder, head))?.sectors ?? [];
      const best = bestOf(track);
      if (best.size < track.length) doubled.push(`C${cylinder} H${head}`);
      if (!isRegular(best, side)) irregular.push(`C${cylinder} H${head}`);
      for (const place of placesOfTrack(cylinder, head, best, side)) {
        places.push(place);
        size += place.size;
      }
      if (size > LARGEST_MEDIUM) throw tooMany(format);
    }
  }
  if (size === 0) throw noSectors(format);
  const first = sides.get(heads[0] ?? 0);
  return {
    size,
    sectorSize: first?.size ?? 512,
    places,
    facts: { cylinders, heads: heads.length, ...factsOf(recorded, [...sides.values()], heads, irregular) },
    warnings: warningsOf(format, irregular, doubled),
  };
}

/** `C3 H1: 1–3, 7`, one entry a track; cut after 64. */
export function listed(places: readonly Place[]): string[] {
  const byTrack = new Map<string, number[]>();
  for (const { cylinder, head, id } of places) {
    const key = `C${cylinder} H${head}`;
    const ids = byTrack.get(key);
    if (ids === undefined) byTrack.set(key, [id]);
    else ids.push(id);
  }
  const rows = [...byTrack].map(([track, ids]) => `${track}: ${ranges(ids)}`);
  return rows.length <= LONGEST_LIST
    ? rows
    : [...rows.slice(0, LONGEST_LIST), `and on ${rows.length - LONGEST_LIST} more tracks`];
}

export function inWords(places: readonly Place[]): string {
  const rows = listed(places);
  return rows.length <= 8 ? rows.join('; ') : `${rows.slice(0, 8).join('; ')}; and more`;
}

/** `1–3, 7` */
export function ranges(ids: readonly number[]): string {
  const out: { first: number; last: number }[] = [];
  for (const id of ids) {
    const last = out.at(-1);
    if (last !== undefined && last.last + 1 === id) last.last = id;
    else out.push({ first: id, last: id });
  }
  return out.map(({ first, last }) => (first === last ? `${first}` : `${first}–${last}`)).join(', ');
}

function keyOf(cylinder: number, head: number): string {
  return `${cylinder}/${head}`;
}

function joined(parts: readonly Track[]): Map<string, Track> {
  const tracks = new Map<string, Track>();
  for (const part of parts) {
    const key = keyOf(part.cylinder, part.head);
    const known = tracks.get(key);
    tracks.set(key, known === undefined ? part : { ...known, sectors: [...known.sectors, ...part.sectors] });
  }
  return tracks;
}

function mostCommon(values: Iterable<number>): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const [best = [0, 0]] = [...counts].toSorted((a, b) => b[1] - a[1] || b[0] - a[0]);
  return best[0];
}

/** Sector numbers that at least half of the tracks have; where tracks number on, those of the fullest track. */
function formatOf(tracks: readonly Track[]): SideFormat {
  const size = mostCommon(tracks.flatMap(({ sectors }) => sectors.map((sector) => sector.size)));
  const counts = new Map<number, number>();
  let fullest: number[] = [];
  for (const { sectors } of tracks) {
    const ids = [...new Set(sectors.filter((sector) => sector.size === size).map(({ id }) => id))];
    for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
    if (ids.length > fullest.length) fullest = ids;
  }
  const usual = [...counts].filter(([, count]) => count * 2 >= tracks.length).map(([id]) => id);
  return { ids: (usual.length > 0 ? usual : fullest).toSorted((a, b) => a - b), size };
}

/** One sector of each number: the best that was read. */
function bestOf(sectors: readonly Sector[]): Map<number, Sector> {
  const rank = (sector: Sector): number => (sector.bytes === undefined ? 0 : sector.isBad === true ? 1 : 2);
  const best = new Map<number, Sector>();
  for (const sector of sectors) {
    const known = best.get(sector.id);
    if (known === undefined || rank(sector) > rank(known)) best.set(sector.id, sector);
  }
  return best;
}

function isRegular(track: ReadonlyMap<number, Sector>, { ids, size }: SideFormat): boolean {
  return [...track.values()].every((sector) => sector.size === size && ids.includes(sector.id));
}

function placesOfTrack(cylinder: number, head: number, track: ReadonlyMap<number, Sector>, side: SideFormat): Place[] {
  const isAlike = track.size === 0 || side.ids.some((id) => track.get(id)?.size === side.size);
  const ids = [...new Set([...(isAlike ? side.ids : []), ...track.keys()])].toSorted((a, b) => a - b);
  return ids.map((id) => {
    const sector = track.get(id);
    return { cylinder, head, id, size: sector?.size ?? side.size, sector };
  });
}

function factsOf(
  tracks: readonly Track[],
  sides: readonly SideFormat[],
  heads: readonly number[],
  irregular: readonly string[],
): MediaFacts {
  const sizes = [...new Set(tracks.flatMap(({ sectors }) => sectors.map(({ size }) => size)))].toSorted((a, b) => a - b);
  const encodings = [...new Set(tracks.flatMap(({ encoding }) => encoding ?? []))].toSorted();
  const [side] = sides;
  return {
    sectorsPerTrack: side?.ids.length ?? 0,
    bytesPerSector: side?.size ?? 0,
    ...(side !== undefined && side.ids[0] !== 1 && side.ids[0] !== undefined ? { firstSector: side.ids[0] } : {}),
    ...(encodings.length > 0 ? { encoding: encodings.join(', ') } : {}),
    ...(heads[0] === 0 ? {} : { firstHead: heads[0] ?? 0 }),
    ...(sizes.length > 1 ? { sectorSizes: sizes.join(', ') } : {}),
    ...(irregular.length > 0 ? { irregularTracks: irregular.length } : {}),
  };
}

function warningsOf(format: string, irregular: readonly string[], doubled: readonly string[]): Fault[] {
  const some = (rows: readonly string[]): string =>
    rows.length <= 8 ? rows.join(', ') : `${rows.slice(0, 8).join(', ')} and more`;
  const faults: Fault[] = [];
  if (irregular.length > 0) {
    const message = `${irregular.length} tracks have other sectors than the rest (${some(irregular)}); all are in the medium with their true length, in the order of the tracks`;
    faults.push(new Fault(FaultKind.Unsupported, 'floppy/irregular-tracks', message, { format, trackCount: irregular.length }));
  }
  if (doubled.length > 0) {
    const message = `${doubled.length} tracks have several sectors of one number (${some(doubled)}); the medium has the best read of each`;
    faults.push(new Fault(FaultKind.Corrupt, 'floppy/sectors-twice', message, { format, trackCount: doubled.length }));
  }
  return faults;
}

function noSectors(format: string): Fault {
  const message = `the image (${format}) holds no sector at all; nothing was imaged, or its track table is damaged`;
  return new Fault(FaultKind.Corrupt, 'floppy/no-sectors', message, { format });
}
