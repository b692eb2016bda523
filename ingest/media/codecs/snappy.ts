/** Snappy without framing (google/snappy, format_description.txt). It carries no checksum. */
import { type Codec, corrupt, tooLong } from './codec.ts';

export const snappy: Codec = (packed, size) => {
  const damaged = (what: string): Promise<never> => Promise.reject(corrupt('Snappy', new Error(what)));
  let at = 0;
  let said = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = packed[at++];
    if (byte === undefined || shift > 28) return damaged('its length has no end');
    said += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) break;
  }
  if (said > size) return Promise.reject(tooLong('Snappy', size));
  const out = Buffer.allocUnsafeSlow(said);
  let filled = 0;
  while (at < packed.length) {
    const tag = packed[at++] ?? 0;
    const kind = tag & 3;
    const upper = tag >> 2;
    /** Bytes of the length of a literal, or of a distance. */
    const width = kind === 0 ? Math.max(0, upper - 59) : kind === 3 ? 4 : kind;
    if (width > packed.length - at) return damaged('the data end too early');
    const number = width === 0 ? 0 : packed.readUIntLE(at, width);
    at += width;
    const length = kind === 1 ? (upper & 7) + 4 : kind === 0 && width > 0 ? number + 1 : upper + 1;
    if (length > said - filled) return damaged('it holds more than it says');
    if (kind === 0) {
      if (length > packed.length - at) return damaged('the data end too early');
      packed.copy(out, filled, at, at + length);
      at += length;
    } else {
      const distance = kind === 1 ? (upper >> 3) * 256 + number : number;
      if (distance === 0 || distance > filled) return damaged('a distance reaches before the beginning');
      repeat(out, filled, distance, length);
    }
    filled += length;
  }
  return filled === said ? Promise.resolve(out) : damaged('it holds less than it says');
};

/** Copies from `distance` bytes before `at`; what was just copied counts too. */
export function repeat(out: Buffer, at: number, distance: number, length: number): void {
  if (distance >= length) out.copyWithin(at, at - distance, at - distance + length);
  else for (let to = at; to < at + length; to++) out[to] = out[to - distance] as number;
}
