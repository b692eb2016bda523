/** Times of UDF: local, with the zone in minutes where it is known. */
import { layout, u16le, u8 } from '../../kernel/index.ts';
import type { Stamp } from '../filesystems.ts';
import { stampOfFields } from '../stamps.ts';

/** ECMA-167 1/7.3 */
const timestamp = layout('timestamp', 12, {
  typeAndZone: [0, u16le],
  year: [2, u16le],
  month: [4, u8],
  day: [5, u8],
  hour: [6, u8],
  minute: [7, u8],
  second: [8, u8],
  centiseconds: [9, u8],
  hundredsOfMicroseconds: [10, u8],
  microseconds: [11, u8],
});

const LOCAL_TIME = 1;

/** Undefined where nothing is recorded. */
export function stampOf(bytes: Buffer): Stamp | undefined {
  const t = timestamp.decode(bytes);
  if (t.year === 0 && t.month === 0 && t.day === 0) return undefined;
  const micros = t.centiseconds * 10_000 + t.hundredsOfMicroseconds * 100 + t.microseconds;
  const { year, month, day, hour, minute, second } = t;
  const nanosecond = micros < 1_000_000 ? micros * 1000 : 0;
  return stampOfFields({ year, month, day, hour, minute, second, nanosecond }, 1e-6, zoneOf(t.typeAndZone));
}

/** Type in the upper four bits; 12 signed bits of minutes, −2047 for unknown. Type 0 is UTC. */
function zoneOf(typeAndZone: number): string {
  const type = typeAndZone >> 12;
  if (type === 0) return 'Z';
  const low = typeAndZone & 0xfff;
  const minutes = low >= 0x800 ? low - 0x1000 : low;
  if (type !== LOCAL_TIME || Math.abs(minutes) > 1440) return '';
  if (minutes === 0) return 'Z';
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`;
}
