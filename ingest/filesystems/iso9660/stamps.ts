/** The three forms of time on ISO 9660: 7 bytes in records, 17 digits in descriptors, and High Sierra's, which know no zone. */
import type { Stamp } from '../filesystems.ts';
import { stampOfFields } from '../stamps.ts';

/** Signed quarter hours; real ones lie between −48 and +52 (ECMA-119 §8.4.26.1). */
function zoneOf(quarters: number): string {
  if (quarters < -48 || quarters > 56) return '';
  if (quarters === 0) return 'Z';
  const minutes = Math.abs(quarters) * 15;
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${quarters < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** ECMA-119 §9.1.5: years since 1900, month, day, hour, minute, second, zone. Without the seventh byte, no zone. Undefined where nothing is recorded. */
export function stampOfRecord(bytes: Buffer): Stamp | undefined {
  const key = bytes.toString('latin1');
  const known = RECENT.get(key);
  if (known !== undefined) return known;
  const stamp = stampOfBytes(bytes);
  if (RECENT.size >= MOST_RECENT) RECENT.clear();
  if (stamp !== undefined) RECENT.set(key, stamp);
  return stamp;
}

/** Most files of a disc share their times with others, and each has three. */
const RECENT = new Map<string, Stamp>();
const MOST_RECENT = 4096;

function stampOfBytes(bytes: Buffer): Stamp | undefined {
  const [years = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = bytes;
  if (bytes.subarray(0, 6).every((byte) => byte === 0)) return undefined;
  const zone = bytes.length > 6 ? zoneOf(bytes.readInt8(6)) : '';
  return stampOfFields({ year: 1900 + years, month, day, hour, minute, second }, 1, zone);
}

/** ECMA-119 §8.4.26.1: YYYYMMDDhhmmsscc and the zone as a byte; High Sierra's lack the byte. Undefined where nothing is recorded. */
export function stampOfDigits(bytes: Buffer): Stamp | undefined {
  const digits = bytes.toString('latin1', 0, 16);
  if (/^[0 \0]*$/.test(digits)) return undefined;
  const zone = bytes.length > 16 ? zoneOf(bytes.readInt8(16)) : '';
  const part = (from: number, to: number): number => Number(digits.slice(from, to));
  if (!/^\d{16}$/.test(digits)) return { text: undefined, resolutionSeconds: 0.01, doubt: printable(digits) };
  const fields = {
    year: part(0, 4),
    month: part(4, 6),
    day: part(6, 8),
    hour: part(8, 10),
    minute: part(10, 12),
    second: part(12, 14),
    nanosecond: part(14, 16) * 10_000_000,
  };
  return stampOfFields(fields, 0.01, zone);
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}
