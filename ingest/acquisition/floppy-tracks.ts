/** The tracks of a floppy as a log tells of them: the last reading of each counts, since retries come later. */
import type { LogRecordBuilder } from './log-record.ts';

export interface FloppyTrack {
  /** Sectors. */
  readonly good: number;
  readonly bad: number;
  readonly missing: number;
  readonly isBad: boolean;
  readonly line: number;
}

const MOST_TRACKS = 2048;
const MOST_NAMED = 100;

export class FloppyTracks {
  private readonly tracks = new Map<string, FloppyTrack>();

  /** @param place `cylinder.head`. */
  set(place: string, track: FloppyTrack): void {
    if (this.tracks.has(place) || this.tracks.size < MOST_TRACKS) this.tracks.set(place, track);
  }

  /** Counts, and the tracks that are not whole. Nothing where the log has no tracks. */
  tell(record: LogRecordBuilder): void {
    const all = [...this.tracks];
    const last = all.at(-1)?.[1].line;
    if (last === undefined) return;
    const bad = all.filter(([, { isBad }]) => isBad);
    const sum = (of: 'good' | 'bad' | 'missing'): number => all.reduce((total, [, track]) => total + track[of], 0);
    record.fact('trackCount', all.length, last);
    record.fact('goodTrackCount', all.length - bad.length, last);
    record.fact('badTrackCount', bad.length, last);
    record.fact('goodSectorCount', sum('good'), last);
    record.fact('badSectorCount', sum('bad'), last);
    record.fact('missingSectorCount', sum('missing'), last);
    if (bad.length === 0) return;
    const named = bad.slice(0, MOST_NAMED).map(([place, track]) => `${place} (${track.bad} bad, ${track.missing} missing)`);
    record.fact('badTracks', named.join(', '), bad[0]?.[1].line ?? last);
  }
}
