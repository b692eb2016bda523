/** What the decoders of this folder find on a track, and the checksum that most of it carries. */

/** How a track was written, in the words of the facts. */
export const Encoding = {
  Mfm: 'IBM MFM',
  Fm: 'IBM FM',
  Amiga: 'Amiga MFM',
  Apple: 'Apple II GCR (6-and-2)',
  Mac: 'Macintosh GCR',
} as const;
export type Encoding = (typeof Encoding)[keyof typeof Encoding];

/** A sector whose header was found and holds. */
export interface Sector {
  readonly encoding: Encoding;
  /** As its header says; not always where it lies. */
  readonly cylinder: number;
  readonly head: number;
  /** Its number on the track. */
  readonly record: number;
  /** In bytes. */
  readonly size: number;
  /** Undefined where it was not found or its checksum does not hold. */
  readonly data: Buffer | undefined;
  /** Marked as deleted, which some programs do on purpose. */
  readonly isDeleted: boolean;
}
