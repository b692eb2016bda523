/** One LZ4 block (lz4/doc/lz4_Block_format.md). It carries neither its length nor a checksum. */
import { type Codec, corrupt, tooLong } from './codec.ts';
import { repeat } from './snappy.ts';

const SHORTEST_MATCH = 4;

export const lz4: Codec = (packed, size) => {
  const damaged = (what: string): Promise<never> => Promise.reject(corrupt('LZ4', new Error(what)));
  const out = Buffer.allocUnsafeSlow(size);
  let at = 0;
  let filled = 0;
  /** A length of 15 goes on in bytes, up to the first that is not 255. */
  const whole = (nibble: number): number => {
    let length = nibble;
    for (let byte = nibble === 15 ? 255 : 0; byte === 255; length += byte) byte = packed[at++] ?? 0;
    return length;
  };
  while (at < packed.length) {
    const token = packed[at++] ?? 0;
    const literals = whole(token >> 4);
    if (literals > packed.length - at) return damaged('the data end too early');
    if (literals > size - filled) return Promise.reject(tooLong('LZ4', size));
    packed.copy(out, filled, at, at + literals);
    at += literals;
    filled += literals;
    if (at === packed.length) return Promise.resolve(out.subarray(0, filled));
    if (packed.length - at < 2) return damaged('the data end too early');
    const distance = packed.readUInt16LE(at);
    at += 2;
    const length = whole(token & 15) + SHORTEST_MATCH;
    if (distance === 0 || distance > filled) return damaged('a distance reaches before the beginning');
    if (length > size - filled) return Promise.reject(tooLong('LZ4', size));
    repeat(out, filled, distance, length);
    filled += length;
  }
  return damaged('it does not end with literals');
};
