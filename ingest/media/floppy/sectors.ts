/** Sectors and tracks, as a container of sectors tells them. */
import { Fault, FaultKind } from '../../kernel/index.ts';

export interface Sector {
  /** Its number in its own ID field (R). */
  readonly id: number;
  /** In bytes. */
  readonly size: number;
  /** `size` bytes as they were read; none when it has an ID and no data could be read. */
  readonly bytes?: Buffer;
  /** Read with a CRC error: the bytes may be wrong. */
  readonly isBad?: boolean;
  /** Has a "deleted data" mark. */
  readonly isDeleted?: boolean;
  /** How many differing readings the container keeps; `bytes` is the first. */
  readonly copyCount?: number;
}

export interface Track {
  readonly cylinder: number;
  readonly head: number;
  readonly encoding?: string;
  /** In any order; none for a track that is not formatted. */
  readonly sectors: readonly Sector[];
}

/** 256 cylinders on two sides. */
const MOST_TRACKS = 512;

/** @throws Fault 'floppy/too-many-tracks' above 512: no loop over a damaged image runs for ever. */
export function addTrack(tracks: Track[], track: Track, format: string): void {
  if (tracks.length >= MOST_TRACKS) {
    const message = `the image (${format}) has more than ${MOST_TRACKS} tracks; no floppy has as many, its tables are damaged`;
    throw new Fault(FaultKind.Corrupt, 'floppy/too-many-tracks', message, { format, limit: MOST_TRACKS });
  }
  tracks.push(track);
}
