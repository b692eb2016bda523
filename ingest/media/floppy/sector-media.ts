/**
 * The medium of a container that keeps a floppy's sectors one by one, each with its place and how well it was read.
 *
 * Order: cylinder, head, sector number, all ascending, whatever the interleave. What most tracks of a side have is the format
 * of the disk; a track, or a sector of one, that is not there takes its place as `absent`, so that everything after it keeps its
 * offset. Sectors of other sizes keep their true length, in the order of the tracks.
 */
import { Fault, FaultKind } from '../../kernel/index.ts';
import { mappedMedia } from '../mapped-media.ts';
import type { Media, MediaFacts, Range } from '../media.ts';
import { memorySource } from './bytes.ts';
import { type Place, inWords, listed, placesOf } from './places.ts';
import type { Track } from './sectors.ts';

export interface SectorMediaSettings {
  readonly format: string;
  /** In any order; a track may come in several parts. */
  readonly tracks: readonly Track[];
  /** What the header promises; more when there are tracks beyond. */
  readonly cylinderCount?: number;
  readonly facts?: MediaFacts;
  readonly warnings?: readonly Fault[];
}

/**
 * @throws Fault 'floppy/no-sectors' when there are none, or the last warning, which is why; 'floppy/too-many' when they make more than
 * 32 MiB.
 */
export function sectorMedia(settings: SectorMediaSettings): Media {
  const { format, tracks, cylinderCount = 0, warnings = [] } = settings;
  const why = warnings.at(-1);
  if (why !== undefined && tracks.every(({ sectors }) => sectors.length === 0)) throw why;
  const disk = placesOf(format, tracks, cylinderCount);
  const medium = Buffer.alloc(disk.size);
  const unread: Range[] = [];
  const kinds = { bad: [] as Place[], missing: [] as Place[], deleted: [] as Place[], weak: [] as Place[] };
  let offset = 0;
  for (const place of disk.places) {
    const { sector, size } = place;
    if (sector?.bytes === undefined) kinds.missing.push(place);
    else {
      sector.bytes.copy(medium, offset, 0, size);
      if (sector.isBad === true) kinds.bad.push(place);
      if ((sector.copyCount ?? 1) > 1) kinds.weak.push(place);
    }
    if (sector?.isDeleted === true) kinds.deleted.push(place);
    if (sector?.bytes === undefined || sector.isBad === true) addRange(unread, offset, size);
    offset += size;
  }
  const source = memorySource(medium);
  return mappedMedia({
    format,
    size: disk.size,
    sectorSize: disk.sectorSize,
    facts: { ...disk.facts, ...countsOf(kinds), ...settings.facts },
    warnings: [...warnings, ...warningsOf(format, kinds), ...disk.warnings],
    unread,
    map: (at, length) => Promise.resolve([{ kind: 'stored', offset: at, length, source, at }]),
  });
}

type Kinds = Readonly<Record<'bad' | 'missing' | 'deleted' | 'weak', readonly Place[]>>;

function addRange(ranges: Range[], offset: number, length: number): void {
  const last = ranges.at(-1);
  if (last !== undefined && last.offset + last.length === offset)
    ranges[ranges.length - 1] = { offset: last.offset, length: last.length + length };
  else if (length > 0) ranges.push({ offset, length });
}

function countsOf(kinds: Kinds): MediaFacts {
  const facts: Record<string, number | readonly string[]> = {};
  for (const [kind, places] of Object.entries(kinds)) {
    if (places.length === 0) continue;
    facts[`${kind}Sectors`] = places.length;
    facts[`${kind}SectorList`] = listed(places);
  }
  return facts;
}

function counted({ length }: readonly Place[]): string {
  return length === 1 ? '1 sector is' : `${length} sectors are`;
}

function warningsOf(format: string, { bad, missing }: Kinds): Fault[] {
  const faults: Fault[] = [];
  if (bad.length > 0) {
    const message = `${counted(bad)} marked as read with an error: ${inWords(bad)}; what was read is kept and may be wrong`;
    faults.push(new Fault(FaultKind.Corrupt, 'floppy/bad-sectors', message, { format, sectorCount: bad.length }));
  }
  if (missing.length > 0) {
    const message = `${counted(missing)} not in the image: ${inWords(missing)}; zeros stand for what nobody has read`;
    faults.push(new Fault(FaultKind.Corrupt, 'floppy/missing-sectors', message, { format, sectorCount: missing.length }));
  }
  return faults;
}
