/** Directory records: what a directory of ISO 9660 or High Sierra is made of. */
import { layout, raw, u8 } from '../../kernel/index.ts';
import { pair32 } from './pairs.ts';

/** ECMA-119 §9.1; the identifier follows at 33, padded to an even length, and then the system use. */
export const recordLayout = layout('directory record', 33, {
  length: [0, u8],
  attributeBlockCount: [1, u8],
  extent: [2, pair32],
  size: [10, pair32],
  time: [18, raw(7)],
  flags: [25, u8],
  unitBlockCount: [26, u8],
  gapBlockCount: [27, u8],
  nameLength: [32, u8],
});

/** ECMA-119 §9.1.6 */
export const Flag = { Hidden: 0x01, Directory: 0x02, Associated: 0x04, More: 0x80 } as const;
export const SECTOR = 2048;

/** A stretch of a file. Blocks are the volume's logical blocks. */
export interface Section {
  readonly block: number;
  readonly size: number;
  /** Interleaved: so many blocks are the file's, and so many are not, again and again; 0 for a file in one piece. */
  readonly unitBlockCount: number;
  readonly gapBlockCount: number;
}

export interface DirectoryRecord {
  /** In bytes of the volume: no other record is there. */
  readonly at: number;
  readonly section: Section;
  readonly time: Buffer;
  readonly flags: number;
  /** As stored: with its version. */
  readonly identifier: Buffer;
  readonly systemUse: Buffer;
  /** Its two ways of writing a number do not agree. */
  readonly differs: boolean;
}

/**
 * Undefined for bytes that can't be a record.
 * @param bytes the record and no more, as its first byte says. @param at where it lies on the volume.
 */
export function recordOf(bytes: Buffer, at: number, isHighSierra: boolean): DirectoryRecord | undefined {
  if (bytes.length < recordLayout.size + 1) return undefined;
  const { attributeBlockCount, extent, size, time, flags, unitBlockCount, gapBlockCount, nameLength } =
    recordLayout.decode(bytes);
  const nameEnd = recordLayout.size + nameLength;
  if (nameLength === 0 || nameEnd > bytes.length) return undefined;
  const isInterleaved = unitBlockCount > 0 && gapBlockCount > 0;
  return {
    at,
    section: {
      block: extent.value + attributeBlockCount,
      size: size.value,
      unitBlockCount: isInterleaved ? unitBlockCount : 0,
      gapBlockCount: isInterleaved ? gapBlockCount : 0,
    },
    // High Sierra has no zone, and its flags stand where the zone would.
    time: isHighSierra ? time.subarray(0, 6) : time,
    flags: isHighSierra ? (time[6] ?? 0) : flags,
    identifier: bytes.subarray(recordLayout.size, nameEnd),
    systemUse: bytes.subarray(nameEnd + (nameLength % 2 === 0 ? 1 : 0)),
    differs: extent.differs || size.differs,
  };
}

/** `.` and `..` of a directory are one byte, 0 and 1. */
export function isDots({ identifier, flags }: DirectoryRecord): boolean {
  return identifier.length === 1 && (identifier[0] ?? 0) <= 1 && (flags & Flag.Directory) !== 0;
}
