/** LZVN, the simpler method inside of LZFSE streams. Source: the format as Apple's reference decoder has it (github.com/lzfse/lzfse). */
import { type Codec, corrupt } from './codec.ts';
import { repeat } from './snappy.ts';

/** A stream of its own, up to its end mark. */
export const lzvn: Codec = (packed, size) =>
  new Promise((resolve, reject) => {
    try {
      const out = Buffer.allocUnsafeSlow(size);
      resolve(out.subarray(0, unpackLzvn(packed, out, 0)));
    } catch (error) {
      reject(corrupt('LZVN', error));
    }
  });

/**
 * Decodes `packed` into `out` from byte `start`; distances may reach back to its first byte.
 * @returns where it ended in `out`. @throws Error for damage, and for what would go past the end of `out`.
 */
export function unpackLzvn(packed: Buffer, out: Buffer, start: number): number {
  let at = 0;
  let filled = start;
  let distance = 0;
  const byteAt = (place: number): number => {
    const byte = packed[place];
    if (byte === undefined) throw new Error('the data end too early');
    return byte;
  };
  for (;;) {
    const code = byteAt(at);
    if (code === 0x06) return filled; // the end
    let literals = code >> 6;
    let length = ((code >> 3) & 7) + 3;
    let width = 1;
    if (code >= 0xf0) {
      literals = 0;
      length = code & 15;
      if (length === 0) length = byteAt(at + width++) + 16;
    } else if (code >= 0xe0) {
      length = 0;
      literals = code & 15;
      if (literals === 0) literals = byteAt(at + width++) + 16;
    } else if (code >> 5 === 5) {
      const word = byteAt(at + 1) + byteAt(at + 2) * 256;
      width = 3;
      literals = (code >> 3) & 3;
      length = (((code & 7) << 2) | (word & 3)) + 3;
      distance = word >> 2;
    } else if (code >> 4 === 7 || code >> 4 === 13) throw new Error(`the operation ${code} is unknown`);
    else if ((code & 7) === 7) {
      width = 3;
      distance = byteAt(at + 1) + byteAt(at + 2) * 256;
    } else if ((code & 7) < 6) {
      width = 2;
      distance = (code & 7) * 256 + byteAt(at + 1);
    } else if (code === 0x0e || code === 0x16) {
      literals = 0;
      length = 0;
    } else if (code < 0x40) throw new Error(`the operation ${code} is unknown`);
    at += width;
    if (literals > packed.length - at) throw new Error('the data end too early');
    if (literals + length > out.length - filled) throw new Error('it holds more than it says');
    packed.copy(out, filled, at, at + literals);
    at += literals;
    filled += literals;
    if (length === 0) continue;
    if (distance === 0 || distance > filled) throw new Error('a distance reaches before the beginning');
    repeat(out, filled, distance, length);
    filled += length;
  }
}
