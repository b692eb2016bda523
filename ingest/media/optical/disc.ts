/**
 * The medium of a disc: its 2048-byte sectors by their address, from LBA 0 to the end of the last data track.
 *
 * A data track begins at its index 1. What lies between data tracks (audio, pregaps, the space between sessions) is absent, as
 * are sectors of form 2, which have no view in 2048s, and those that a cut file has lost. Tracks keep their addresses on the
 * disc, since the file systems of later sessions count from its beginning.
 */
import { Fault, FaultKind, escaped } from '../../kernel/index.ts';
import { mappedMedia } from '../mapped-media.ts';
import type { Media, MediaFacts } from '../media.ts';
import type { Run } from '../runs.ts';
import { SectorKind, USER_DATA } from './sectors.ts';
import { type Look, type Track, look } from './track.ts';
import { type TrackRuns, trackRuns } from './track-runs.ts';
import { volumeOf } from './volume.ts';

/** 128 GiB: a disc of any kind has less. */
export const MOST_SECTORS = 2 ** 26;

export interface DiscSettings {
  readonly format: string;
  /** In order of number. */
  readonly tracks: readonly Track[];
  readonly facts: MediaFacts;
  readonly parts: readonly string[];
  readonly warnings: readonly Fault[];
  /** The sheet states no addresses, so that `lba` is only added up: what the sectors say of themselves goes before it. */
  readonly isAddedUp: boolean;
}

interface Placed {
  readonly track: Track;
  readonly look: Look;
}

/**
 * Closing it leaves all sources open.
 * @throws Fault '<format>/no-data-track' with the tracks; 'optical/no-sync', 'optical/no-sectors', 'optical/tracks-overlap',
 * 'optical/address-range'.
 */
export async function discMedia(settings: DiscSettings): Promise<Media> {
  const { format } = settings;
  if (settings.tracks.every(({ kind }) => kind === SectorKind.Audio)) throw noData(format, settings.tracks);
  const warnings = [...settings.warnings];
  const placed = await place(settings, warnings);
  const data = placed.filter(({ track }) => track.kind !== SectorKind.Audio).sort((a, b) => a.track.lba - b.track.lba);
  check(data);
  for (const each of data) warnings.push(...warningsOf(each));
  const last = data.at(-1)?.track;
  const size = ((last?.lba ?? 0) + (last?.sectorCount ?? 0)) * USER_DATA;
  const spans = data
    .filter(({ look: { presentCount } }) => presentCount > 0)
    .map(({ track, look: seen }, index) => {
      const start = track.lba * USER_DATA;
      return { start, end: start + seen.presentCount * USER_DATA, runs: trackRuns(track, seen, index, start) };
    });
  const map = (offset: number, length: number): Promise<readonly Run[]> => runsOf(spans, offset, length);
  const sessions = sessionsOf(placed);
  const facts = {
    ...settings.facts,
    tracks: listOf(placed.map(({ track }) => track)),
    ...(sessions.length > 1 ? { sessions } : {}),
  };
  const common = { format, size, sectorSize: USER_DATA, parts: settings.parts, map };
  const first = data[0]?.track;
  const volume = await volumeOf(mappedMedia(common), (first?.lba ?? 0) * USER_DATA);
  return mappedMedia({ ...common, facts: { ...facts, ...volume.facts }, warnings: [...warnings, ...volume.warnings] });
}

interface Span {
  readonly start: number;
  readonly end: number;
  readonly runs: TrackRuns;
}

function runsOf(spans: readonly Span[], offset: number, length: number): Promise<readonly Run[]> {
  const span = spans.find(({ end }) => end > offset);
  if (span === undefined) return Promise.resolve([{ kind: 'absent', offset, length }]);
  if (span.start > offset) return Promise.resolve([{ kind: 'absent', offset, length: Math.min(length, span.start - offset) }]);
  return span.runs.map({ offset, length });
}

/** Looks at each data track; where addresses are only added up, those in the sectors' headers go before. */
async function place({ tracks, isAddedUp }: DiscSettings, warnings: Fault[]): Promise<Placed[]> {
  const out: Placed[] = [];
  let shift = 0;
  let end = 0;
  for (const track of tracks) {
    if (track.kind === SectorKind.Audio) {
      out.push({
        track: { ...track, lba: track.lba + shift },
        look: { presentCount: 0, rules: undefined, form2: { found: 0, seen: 0 } },
      });
      continue;
    }
    const seen = await look(track);
    const said = seen.rules?.kind === SectorKind.Raw ? seen.rules.headerLba : undefined;
    let lba = track.lba + shift;
    if (said !== undefined && said !== lba) {
      if (isAddedUp && said >= end && said < MOST_SECTORS) {
        shift = said - track.lba;
        lba = said;
      } else {
        const message = `the sectors of track ${track.number} count from ${said} where the sheet has them begin at LBA ${lba}; the sheet was believed`;
        warnings.push(new Fault(FaultKind.Corrupt, 'optical/addresses-differ', message, { track: track.number, said, lba }));
      }
    }
    end = lba + track.sectorCount;
    out.push({ track: { ...track, lba }, look: seen });
  }
  return out;
}

function check(data: readonly Placed[]): void {
  let end = 0;
  let before = 0;
  for (const { track } of data) {
    const { number, lba, sectorCount } = track;
    if (lba < 0 || sectorCount < 0 || lba + sectorCount > MOST_SECTORS) {
      const message = `track ${number} is said to lie at LBA ${lba} with ${sectorCount} sectors; no disc has such`;
      throw new Fault(FaultKind.Corrupt, 'optical/address-range', message, { track: number, lba, sectorCount });
    }
    if (lba < end) {
      const message = `track ${number} begins at LBA ${lba}, inside track ${before}, which ends at LBA ${end}; the sheet is damaged or forged`;
      throw new Fault(FaultKind.Corrupt, 'optical/tracks-overlap', message, { tracks: [`${before}`, `${number}`], lba, end });
    }
    end = lba + sectorCount;
    before = number;
  }
  if (data.every(({ look: { presentCount } }) => presentCount === 0)) {
    const message = 'the files hold not one sector of a data track; they are cut, or belong to another image';
    throw new Fault(FaultKind.Truncated, 'optical/no-sectors', message, { tracks: listOf(data.map(({ track }) => track)) });
  }
}

function warningsOf({ track, look: { presentCount, rules, form2 } }: Placed): Fault[] {
  const { number, sectorCount, storedCount, label, kind } = track;
  const faults: Fault[] = [];
  const warn = (fault: FaultKind, code: string, message: string, facts: Record<string, string | number> = {}): void => {
    faults.push(new Fault(fault, code, `track ${number}: ${message}`, { track: number, ...facts }));
  };
  if (presentCount < sectorCount && presentCount !== storedCount) {
    const lost = sectorCount - presentCount;
    const message = `${lost} of ${sectorCount} sectors lie past the end of the file; the image is cut, and they are absent`;
    warn(FaultKind.Truncated, 'optical/sectors-lost', message, { lost, sectorCount });
  }
  if (kind === SectorKind.Form2)
    warn(FaultKind.Unsupported, 'optical/form2', 'its sectors are of form 2, which have no view in 2048 bytes; they are absent');
  if (form2.found > 0) {
    const message = `${form2.found} of ${form2.seen} sectors looked at are of form 2 (video or audio in 2324 bytes), which have no view in 2048 bytes; they are absent`;
    warn(FaultKind.Unsupported, 'optical/form2', message, { found: form2.found, seen: form2.seen });
  }
  if (rules?.hasEdc === false && form2.found < Math.max(1, form2.seen))
    warn(
      FaultKind.Unsupported,
      'optical/no-edc',
      'its sectors were written without checksums (EDC); damage in them would not be seen',
    );
  if (rules !== undefined && label.startsWith('MODE') && !label.startsWith(`MODE${rules.mode}`))
    warn(
      FaultKind.Corrupt,
      'optical/mode-differs',
      `the sheet says ${escaped(label)} and the sectors are of mode ${rules.mode}; they were believed`,
    );
  return faults;
}

/** `01 MODE1/2352 LBA 0-12345`. */
export function listOf(tracks: readonly Track[]): string[] {
  return tracks.map(({ number, label, lba, sectorCount }) => {
    const range = sectorCount > 0 ? `${lba}-${lba + sectorCount - 1}` : `${lba}, no sectors`;
    return `${String(number).padStart(2, '0')} ${escaped(label)} LBA ${range}`;
  });
}

/** `1: tracks 1-3 from LBA 0`. */
function sessionsOf(placed: readonly Placed[]): string[] {
  const found = new Map<number, Track[]>();
  for (const { track } of placed) found.set(track.session, [...(found.get(track.session) ?? []), track]);
  return [...found].map(
    ([session, tracks]) => `${session}: tracks ${tracks[0]?.number}-${tracks.at(-1)?.number} from LBA ${tracks[0]?.lba}`,
  );
}

function noData(format: string, tracks: readonly Track[]): Fault {
  const list = listOf(tracks);
  const message = `the disc has no data track, only audio (${tracks.length} tracks): there is no file system to look into; the image is kept as it is`;
  return new Fault(FaultKind.Unsupported, `${format}/no-data-track`, message, { tracks: list });
}
