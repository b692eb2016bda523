/** EDC: the CRC-32 of a CD sector (ECMA-130 §14.3: (x¹⁶+x¹⁵+x²+1)(x¹⁶+x²+x+1), lowest bit first, from 0, not inverted). */
import { endianness } from 'node:os';

const POLYNOMIAL = 0xd8018001;

/** Eight tables and views of whole words, so that eight bytes cost one step: a disc is checked nearly as fast as it is read. */
const [T0, T1, T2, T3, T4, T5, T6, T7] = tables();

type Tables = [Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array];

function tables(): Tables {
  const first = new Int32Array(256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    first[byte] = crc;
  }
  const next = (before: Int32Array): Int32Array => before.map((crc) => (crc >>> 8) ^ (first[crc & 255] ?? 0));
  const all: Int32Array[] = [first];
  for (let i = 1; i < 8; i++) all.push(next(all[i - 1] ?? first));
  return all as Tables;
}

/** `bytes` as 32-bit words, little-endian; a view where the machine allows one. Their number is a multiple of four. */
export function wordsOf(bytes: Buffer): Int32Array {
  const isView = bytes.byteOffset % 4 === 0 && endianness() === 'LE';
  const own = isView ? bytes : Buffer.from(Uint8Array.from(bytes).buffer);
  if (endianness() === 'BE') own.swap32();
  return new Int32Array(own.buffer, own.byteOffset, own.length / 4);
}

/** Of `count` words from word `start`; `count` is even. As a signed number, like the word behind them that must equal it. */
export function edc(words: Int32Array, start: number, count: number): number {
  let crc = 0;
  for (let at = start, end = start + count; at < end; at += 2) {
    const low = crc ^ (words[at] ?? 0);
    const high = words[at + 1] ?? 0;
    crc =
      (T7[low & 255] ?? 0) ^
      (T6[(low >>> 8) & 255] ?? 0) ^
      (T5[(low >>> 16) & 255] ?? 0) ^
      (T4[low >>> 24] ?? 0) ^
      (T3[high & 255] ?? 0) ^
      (T2[(high >>> 8) & 255] ?? 0) ^
      (T1[(high >>> 16) & 255] ?? 0) ^
      (T0[high >>> 24] ?? 0);
  }
  return crc;
}
