/** The medium of flux and bit images: every track decoded when it is opened, its good sectors in order, the others absent. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import { mappedMedia } from '../mapped-media.ts';
import { type ByteSource, type Media, type MediaFacts, type Range, checkWindow } from '../media.ts';
import { type Geometry, type TrackSlots, geometryOf } from './geometry.ts';
import { Experience, type RawTrack, Track } from './track.ts';

export interface FluxMediaSettings {
  readonly format: string;
  /** In any order; a place may be there once only. */
  readonly tracks: readonly RawTrack[];
  readonly facts: MediaFacts;
  /** Reading a track may add to them. */
  readonly warnings: Fault[];
  readonly parts?: readonly string[];
  /** Of all files together, in bytes: decoding may cost a multiple of it and no more. */
  readonly containerSize: number;
}

/** Most tracks a container may name: 256 cylinders with two heads. */
export const MOST_TRACKS = 512;
const MOST_COST = 256_000_000;
const LINES_SHOWN = 200;

/**
 * Decodes all there is. Closing it leaves the container open.
 * @throws Fault '<format>/no-sectors' when no track gives a sector; '<format>/tracks' for more tracks than any drive has.
 */
export async function fluxMedia(settings: FluxMediaSettings): Promise<Media> {
  const { format } = settings;
  if (settings.tracks.length > MOST_TRACKS) {
    const message = `the image has ${settings.tracks.length} tracks; no drive has more than ${MOST_TRACKS}`;
    throw new Fault(FaultKind.Corrupt, `${format}/tracks`, message, { tracks: settings.tracks.length });
  }
  const experience = new Experience(Math.min(MOST_COST, 1_000_000 + 32 * settings.containerSize));
  const { warnings } = settings;
  const tracks = settings.tracks.map((raw) => new Track(raw, experience));
  for (const track of tracks) if (track.raw.revolutionCount > 0) await readOn(track, format, warnings);
  for (const track of tracks) if (track.sectors.size === 0 && track.hasMore) await readOn(track, format, warnings);
  let geometry = geometryOf(tracks);
  if (geometry === undefined) throw nothing(settings, tracks, warnings);
  for (const slots of geometry.tracks) await readUntilWhole(slots, format, warnings);
  geometry = geometryOf(tracks) ?? geometry;
  return mediumOf(settings, geometry, tracks, warnings, experience.budget <= 0);
}

/** A revolution that can't be read spoils its track, not the disk. */
async function readOn(track: Track, format: string, warnings: Fault[]): Promise<void> {
  try {
    await track.readOn();
  } catch (error) {
    if (!(error instanceof Fault) || error.kind === FaultKind.Unreadable) throw error;
    const { cylinder, head } = track.raw;
    const message = `track ${cylinder}.${head}: ${error.message}`;
    if (warnings.length < LINES_SHOWN && !warnings.some((warning) => warning.message === message))
      warnings.push(new Fault(error.kind, error.code, message, { ...error.facts, format, cylinder, head }, { cause: error }));
  }
}

async function readUntilWhole({ slots, track }: TrackSlots, format: string, warnings: Fault[]): Promise<void> {
  if (track === undefined) return;
  const wanted = slots.filter(({ found }) => found?.data === undefined).map(({ record }) => record);
  const isThere = (record: number): boolean =>
    [...track.sectors.values()].some((sector) => sector.record === record && sector.data !== undefined);
  while (track.hasMore && !wanted.every(isThere)) await readOn(track, format, warnings);
}

function mediumOf(
  settings: FluxMediaSettings,
  geometry: Geometry,
  tracks: readonly Track[],
  warnings: Fault[],
  isSpent: boolean,
): Media {
  const { format } = settings;
  const slots = geometry.tracks.flatMap((track) => track.slots);
  const size = slots.reduce((sum, slot) => sum + slot.size, 0);
  const image = Buffer.alloc(size);
  const unread: Range[] = [];
  let offset = 0;
  for (const { found, size: length } of slots) {
    const last = unread.at(-1);
    if (found?.data !== undefined) found.data.copy(image, offset);
    else if (last !== undefined && last.offset + last.length === offset)
      unread[unread.length - 1] = { offset: last.offset, length: last.length + length };
    else unread.push({ offset, length });
    offset += length;
  }
  if (isSpent) {
    const message = 'the image asks for more decoding than its size allows; not all revolutions were tried';
    warnings.push(new Fault(FaultKind.Corrupt, `${format}/too-much`, message));
  }
  const damage = damageOf(format, geometry);
  const source = bytesAsSource(image);
  return mappedMedia({
    format,
    size,
    sectorSize: slots[0]?.size ?? 512,
    facts: { ...settings.facts, ...factsOf(geometry, tracks) },
    warnings: damage === undefined ? warnings : [...warnings, damage],
    unread,
    ...(settings.parts === undefined ? {} : { parts: settings.parts }),
    map: (at, length) => Promise.resolve([{ kind: 'stored', offset: at, length, source, at }]),
  });
}

function damageOf(format: string, { tracks }: Geometry): Fault | undefined {
  const broken = tracks.filter(({ slots }) => slots.some(({ found }) => found?.data === undefined));
  if (broken.length === 0) return undefined;
  const { bad, missing } = counts(tracks);
  const names = broken.map(nameOf);
  const shown = names.slice(0, 10).join(', ') + (names.length > 10 ? ' …' : '');
  const message = `${bad} sectors have a bad checksum and ${missing} were not found, on ${broken.length} of ${tracks.length} tracks (${shown}); what they held is not in the medium, the flux is kept`;
  return new Fault(FaultKind.Corrupt, `${format}/sectors-unread`, message, { bad, missing, tracks: names.slice(0, LINES_SHOWN) });
}

function counts(tracks: readonly TrackSlots[]): { good: number; bad: number; missing: number } {
  const found = tracks.flatMap(({ slots }) => slots.map((slot) => slot.found));
  const good = found.filter((sector) => sector?.data !== undefined).length;
  const missing = found.filter((sector) => sector === undefined).length;
  return { good, bad: found.length - good - missing, missing };
}

function nameOf({ cylinder, head }: { cylinder: number; head: number }): string {
  return `${cylinder}.${head}`;
}

function factsOf(geometry: Geometry, tracks: readonly Track[]): MediaFacts {
  const { good, bad, missing } = counts(geometry.tracks);
  const placed = geometry.tracks.map(({ slots }) => slots);
  const perTrack = [...new Set(placed.map(({ length }) => length))];
  const mapped = new Set(
    geometry.tracks
      .filter(({ track, slots }) => track !== undefined && slots.some(({ found }) => found))
      .map(({ track }) => track),
  );
  const unknown = tracks.filter(
    (track) => track.hasFlux && !mapped.has(track) && !(geometry.isDoubleStep && track.raw.cylinder % 2 === 1),
  );
  const deleted = placed.flat().filter(({ found }) => found?.isDeleted === true).length;
  const extra = geometry.tracks.reduce((sum, { extraCount }) => sum + extraCount, 0);
  const conflicts = geometry.tracks.filter(({ track }) => (track?.conflicts.size ?? 0) > 0).map(nameOf);
  return {
    tracks: tracks.length,
    cylinders: geometry.cylinders,
    heads: geometry.heads,
    ...(perTrack.length === 1 ? { sectorsPerTrack: perTrack[0] ?? 0 } : {}),
    encoding: summary(geometry),
    sectorOrder: geometry.sectorOrder,
    goodSectors: good,
    badCrcSectors: bad,
    missingSectors: missing,
    ...(deleted > 0 ? { deletedSectors: deleted } : {}),
    ...(extra > 0 ? { extraSectors: extra } : {}),
    ...(geometry.isDoubleStep ? { doubleStep: 'yes: every second cylinder of the drive' } : {}),
    ...listFact('incompleteTracks', geometry.tracks.flatMap(lineOf)),
    ...listFact('conflictingTracks', conflicts),
    ...listFact(
      'protectedOrUnknownTracks',
      unknown.map(({ raw }) => nameOf(raw)),
    ),
  };
}

function listFact(name: string, lines: readonly string[]): MediaFacts {
  if (lines.length === 0) return {};
  const more = lines.length - LINES_SHOWN;
  return { [name]: more > 0 ? [...lines.slice(0, LINES_SHOWN), `and ${more} more`] : lines };
}

/** `12.1: 7 of 9 good, bad checksum 3, not found 8`. */
function lineOf({ cylinder, head, slots }: TrackSlots): string[] {
  const bad = slots.filter(({ found }) => found !== undefined && found.data === undefined).map(({ record }) => record);
  const missing = slots.filter(({ found }) => found === undefined).map(({ record }) => record);
  if (bad.length + missing.length === 0) return [];
  const good = slots.length - bad.length - missing.length;
  const parts = [`${good} of ${slots.length} good`];
  if (bad.length > 0) parts.push(`bad checksum ${bad.join(' ')}`);
  if (missing.length > 0) parts.push(`not found ${missing.join(' ')}`);
  return [`${cylinder}.${head}: ${parts.join(', ')}`];
}

/** `IBM MFM, 9 × 512 bytes: 160 tracks`. */
function summary({ tracks }: Geometry): string[] {
  const kinds = new Map<string, number>();
  for (const { encoding, slots } of tracks) {
    const kind = `${encoding}, ${slots.length} × ${slots[0]?.size ?? 0} bytes`;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  return [...kinds].map(([kind, count]) => `${kind}: ${count} ${count === 1 ? 'track' : 'tracks'}`);
}

function nothing({ format, facts }: FluxMediaSettings, tracks: readonly Track[], warnings: readonly Fault[]): Fault {
  const known = Object.entries(facts).map(([name, value]) => `${name}: ${[value].flat().join(', ')}`);
  const recorded = tracks.filter(({ hasFlux }) => hasFlux).map(({ raw }) => nameOf(raw));
  const first = warnings[0] === undefined ? '' : ` (${warnings[0].message})`;
  const message = `none of the ${tracks.length} tracks gives a sector in MFM, FM, Amiga MFM or Apple GCR: they are unformatted, protected or of an unknown kind${first}; the flux is kept as received`;
  return new Fault(FaultKind.Unsupported, `${format}/no-sectors`, message, {
    ...facts,
    known,
    trackCount: tracks.length,
    protectedOrUnknownTracks: recorded.slice(0, LINES_SHOWN),
    warnings: warnings.slice(0, 20).map((warning) => warning.message),
  });
}

function bytesAsSource(bytes: Buffer): ByteSource {
  return {
    size: bytes.length,
    async read(offset, length) {
      await Promise.resolve();
      checkWindow(bytes.length, offset, length, 'the decoded disk');
      return Buffer.from(bytes.subarray(offset, offset + length));
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
