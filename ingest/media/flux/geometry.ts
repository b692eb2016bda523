/** From the sectors that were found to the disk they belong to: cylinders, heads, and which sectors every track should have. */
import { APPLE_SECTOR_PLACES } from '../floppy/apple-order.ts';
import { Encoding, type Sector } from './sector.ts';
import type { Track } from './track.ts';

/** A sector that the medium has, whether it was read or not. */
export interface Slot {
  readonly cylinder: number;
  readonly head: number;
  readonly record: number;
  /** In bytes. */
  readonly size: number;
  readonly found: Sector | undefined;
}

/** The place of a track on the disk, and its sectors in the order of the medium. */
export interface TrackSlots {
  readonly cylinder: number;
  readonly head: number;
  readonly encoding: Encoding;
  readonly slots: readonly Slot[];
  /** Undefined where the container has none. */
  readonly track: Track | undefined;
  /** Sectors found besides: other records, other cylinders, other encodings. */
  readonly extraCount: number;
}

export interface Geometry {
  readonly cylinders: number;
  readonly heads: number;
  /** Only every second cylinder of the drive belongs to the disk: 48 tpi read by a 96 tpi drive. */
  readonly isDoubleStep: boolean;
  readonly sectorOrder: 'ascending' | 'DOS 3.3' | 'ProDOS';
  /** In order of cylinder and head. */
  readonly tracks: readonly TrackSlots[];
}

/** What the sectors of a track say together. */
interface Format {
  readonly encoding: Encoding;
  /** In bytes. */
  readonly size: number;
  /** Tracks with the same key have the same records. */
  readonly key: string;
  readonly records: readonly number[];
}

/** A kind of track is the disk's own, and no accident or protection, when this share of the tracks has it. */
const OWN_SHARE = 0.1;
/** A record belongs to a kind of track when this share of the tracks has it. */
const RECORD_SHARE = 0.25;
/** Numbers of cylinders that drives and formats have. */
const USUAL = [35, 40, 77, 80];
const MOST_LOST = 5;

/** Undefined when no track has a sector. */
export function geometryOf(tracks: readonly Track[]): Geometry | undefined {
  const written = tracks.filter((track) => track.sectors.size > 0);
  if (written.length === 0) return undefined;
  const isDoubleStep = stepsTwice(written);
  const step = isDoubleStep ? 2 : 1;
  const used = tracks.filter(({ raw }) => raw.cylinder % step === 0);
  const cylinderOf = (track: Track): number => track.raw.cylinder / step;
  const place = (cylinder: number, head: number): string => `${cylinder}.${head}`;
  const byPlace = new Map(used.map((track) => [place(cylinderOf(track), track.raw.head), track]));

  const mine = used.filter((track) => track.sectors.size > 0);
  const kinds = kindsOf(mine, cylinderOf);
  const heads = [...new Set(mine.map(({ raw }) => raw.head))].toSorted((a, b) => a - b);
  const captured = Math.max(...used.filter(({ hasFlux }) => hasFlux).map(cylinderOf)) + 1;
  const broken = Math.max(0, ...used.filter(({ isBroken }) => isBroken).map((track) => cylinderOf(track) + 1));
  const cylinders = roundedUp(Math.max(...mine.map(cylinderOf)) + 1, captured, broken);
  const sectorOrder = orderOf(byPlace.get(place(0, heads[0] ?? 0)), kinds.main.encoding);

  const slots: TrackSlots[] = [];
  for (let cylinder = 0; cylinder < cylinders; cylinder++)
    for (const head of heads) {
      const track = byPlace.get(place(cylinder, head));
      const format = kinds.formatFor(track, cylinder);
      slots.push(slotsOf(track, cylinder, head, format, sectorOrder));
    }
  return { cylinders, heads: heads.length, isDoubleStep, sectorOrder, tracks: slots };
}

function slotsOf(
  track: Track | undefined,
  cylinder: number,
  head: number,
  format: Format,
  order: Geometry['sectorOrder'],
): TrackSlots {
  const same = [...(track?.sectors.values() ?? [])].filter(
    ({ encoding, size }) => encoding === format.encoding && size === format.size,
  );
  const own = same.some((sector) => sector.cylinder === cylinder) ? same.filter((each) => each.cylinder === cylinder) : same;
  const byRecord = new Map<number, Sector>();
  for (const sector of own) if (byRecord.get(sector.record)?.data === undefined) byRecord.set(sector.record, sector);
  const list = order === 'ascending' ? format.records : order === 'ProDOS' ? APPLE_SECTOR_PLACES.prodos : APPLE_SECTOR_PLACES.dos;
  const slots = list.map((record) => ({ cylinder, head, record, size: format.size, found: byRecord.get(record) }));
  const extraCount = (track?.sectors.size ?? 0) - slots.filter(({ found }) => found !== undefined).length;
  return { cylinder, head, encoding: format.encoding, slots, track, extraCount };
}

function stepsTwice(written: readonly Track[]): boolean {
  let plain = 0;
  let half = 0;
  for (const { raw, sectors } of written) {
    if (raw.cylinder < 2 || raw.cylinder % 2 === 1) continue;
    for (const { cylinder } of sectors.values()) {
      if (cylinder === raw.cylinder) plain++;
      else if (cylinder === raw.cylinder / 2) half++;
    }
  }
  return half > plain;
}

interface Kinds {
  readonly main: Format;
  formatFor(track: Track | undefined, cylinder: number): Format;
}

/** The kinds of tracks that the disk has; a track of no kind of it is expected to be like the most. */
function kindsOf(written: readonly Track[], cylinderOf: (track: Track) => number): Kinds {
  const tracksOf = new Map<string, Track[]>();
  const sample = new Map<string, { encoding: Encoding; size: number }>();
  const keyFor = (track: Track): string => {
    const [[encoding, sectors] = [Encoding.Mfm, []]] = track.encodings;
    const size = mostFrequent(sectors.map((sector) => sector.size));
    const key = keyOf(encoding, size, cylinderOf(track));
    sample.set(key, { encoding, size });
    return key;
  };
  const keys = new Map(written.map((track) => [track, keyFor(track)]));
  for (const [track, key] of keys) tracksOf.set(key, [...(tracksOf.get(key) ?? []), track]);

  const formats = new Map<string, Format>();
  for (const [key, members] of tracksOf) {
    const { encoding, size } = sample.get(key) ?? { encoding: Encoding.Mfm, size: 512 };
    const first = members.some((track) => cylinderOf(track) === 0);
    const isZone = encoding === Encoding.Mac;
    if (!first && !isZone && members.length < written.length * OWN_SHARE) continue;
    formats.set(key, { encoding, size, key, records: recordsOf(encoding, size, members, cylinderOf) });
  }
  const [largest] = [...formats.values()].toSorted(
    (a, b) => (tracksOf.get(b.key)?.length ?? 0) - (tracksOf.get(a.key)?.length ?? 0),
  );
  const main = largest ?? { encoding: Encoding.Mfm, size: 512, key: '', records: [] };
  return {
    main,
    formatFor(track, cylinder) {
      const own = track === undefined ? undefined : formats.get(keys.get(track) ?? '');
      if (own !== undefined) return own;
      if (main.encoding !== Encoding.Mac) return main;
      return { ...main, records: macRecords(cylinder) };
    },
  };
}

function keyOf(encoding: Encoding, size: number, cylinder: number): string {
  return `${encoding} ${size}${encoding === Encoding.Mac ? ` ${macRecords(cylinder).length}` : ''}`;
}

/** 12 sectors on the outer 16 cylinders, one less on each 16 further in. */
function macRecords(cylinder: number): number[] {
  return Array.from({ length: Math.max(8, 12 - Math.floor(cylinder / 16)) }, (_, i) => i);
}

function recordsOf(encoding: Encoding, size: number, tracks: readonly Track[], cylinderOf: (track: Track) => number): number[] {
  const seen = new Map<number, number>();
  for (const track of tracks) {
    const here = [...track.sectors.values()].filter((sector) => sector.encoding === encoding && sector.size === size);
    for (const record of new Set(here.map((sector) => sector.record))) seen.set(record, (seen.get(record) ?? 0) + 1);
  }
  if (encoding === Encoding.Mac) return macRecords(tracks[0] === undefined ? 0 : cylinderOf(tracks[0]));
  const fixed = encoding === Encoding.Apple ? 16 : encoding === Encoding.Amiga ? (Math.max(...seen.keys()) > 10 ? 22 : 11) : 0;
  if (fixed > 0) return Array.from({ length: fixed }, (_, i) => i);
  const records = [...seen].filter(([, count]) => count >= tracks.length * RECORD_SHARE).map(([record]) => record);
  records.sort((a, b) => a - b);
  const [least = 0, most = 0] = [records[0], records.at(-1)];
  const start = least <= 2 && least > 1 ? 1 : least; // a first sector that no track has is still the first
  const isDense = most - start + 1 <= records.length * 1.5;
  return isDense ? Array.from({ length: most - start + 1 }, (_, i) => start + i) : records;
}

function mostFrequent(sizes: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const size of sizes) counts.set(size, (counts.get(size) ?? 0) + 1);
  return [...counts].toSorted(([, a], [, b]) => b - a)[0]?.[0] ?? 512;
}

/**
 * The last cylinders may be lost: a few short of what drives have, and captured, they are counted; so are those that are cut
 * off the image, but for a few that tools capture beyond the last.
 */
function roundedUp(written: number, captured: number, broken: number): number {
  const usual = USUAL.find((count) => count >= written) ?? written;
  const known = usual <= captured && usual - written <= MOST_LOST ? usual : written;
  const beyond = USUAL.find((count) => count < broken && broken - count <= MOST_LOST && count >= known);
  return Math.max(known, beyond ?? broken);
}

/** Apple II disks are numbered by place; DOS and ProDOS each order them in their way. The directory tells which one it was. */
function orderOf(first: Track | undefined, encoding: Encoding): Geometry['sectorOrder'] {
  if (encoding !== Encoding.Apple) return 'ascending';
  const sectors = [...(first?.sectors.values() ?? [])];
  const key = sectors.find(
    ({ encoding: own, record }) => own === Encoding.Apple && record === APPLE_SECTOR_PLACES.prodos[4],
  )?.data;
  const isVolume =
    key !== undefined && key.readUInt16LE(0) === 0 && (key[4] ?? 0) >> 4 === 0xf && key[0x23] === 0x27 && key[0x24] === 13;
  return isVolume ? 'ProDOS' : 'DOS 3.3';
}
