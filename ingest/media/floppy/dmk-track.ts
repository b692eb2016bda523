/** The sectors in a track of bytes as a floppy controller reads them: ID fields where the DMK image points, then a data field each. */
import { crcCcitt } from './crc16.ts';
import type { Sector } from './sectors.ts';

const ID_MARK = 0xfe;
const MFM_START = 0xcdb4; // CRC after the three A1 before a mark
const FM_START = 0xffff;
/** Bytes from the end of an ID in which the controller looks for the data mark. */
const GAP_MFM = 43;
const GAP_FM = 30;
/** Data marks: deleted, two of the 1771 controller, normal. */
const DELETED_MARK = 0xf8;
const LAST_MARK = 0xfb;

export interface Field {
  /** Of the ID mark in the track. */
  readonly at: number;
  readonly isMfm: boolean;
  /** Each byte is there twice. */
  readonly isDoubled: boolean;
}

/** @returns 'bad-id' when no ID with the right CRC is there: its numbers can't be trusted. */
export function sectorAt(track: Buffer, { at, isMfm, isDoubled }: Field): Sector | 'bad-id' {
  const step = isDoubled ? 2 : 1;
  const bytes = (from: number, count: number): Buffer | undefined => {
    if (from + (count - 1) * step >= track.length) return undefined;
    if (!isDoubled) return track.subarray(from, from + count);
    return Buffer.from(Array.from({ length: count }, (_, i) => track[from + i * 2] ?? 0));
  };
  const start = isMfm ? MFM_START : FM_START;
  const id = bytes(at, 7);
  if (id === undefined || id[0] !== ID_MARK || crcCcitt(id, start) !== 0) return 'bad-id';
  const [, , , number = 0, sizeCode = 0] = id;
  const size = 128 << (sizeCode & 7);
  const gapStart = at + 7 * step;
  const gap = isMfm ? GAP_MFM : GAP_FM;
  for (let i = 0; i < gap; i++) {
    const place = gapStart + i * step;
    const mark = track[place] ?? 0;
    const isMark = mark >= DELETED_MARK && mark <= LAST_MARK && (!isMfm || track[place - 1] === 0xa1);
    if (!isMark) continue;
    const field = bytes(place, 1 + size + 2);
    if (field === undefined) break;
    const isBad = crcCcitt(field, start) !== 0;
    return { id: number, size, bytes: field.subarray(1, 1 + size), isBad, isDeleted: mark === DELETED_MARK };
  }
  return { id: number, size };
}
