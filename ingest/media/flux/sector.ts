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

const TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let i = 0; i < 8; i++) crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ 0x1021;
  return crc & 0xffff;
});

/** CRC-16/CCITT of `bytes`, going on from `crc`. */
export function crc16(bytes: ArrayLike<number>, crc: number): number {
  for (let i = 0; i < bytes.length; i++) crc = ((crc << 8) & 0xffff) ^ (TABLE[(crc >> 8) ^ (bytes[i] ?? 0)] ?? 0);
  return crc;
}
