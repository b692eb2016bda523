/** Adler-32 (RFC 1950), for what Node's zlib does not check: bytes that are stored as they are. */

const MODULUS = 65_521;
/** Words whose sums stay below 2^31. */
const BATCH = 950;

/** Of bytes `start` to `end`. */
export function adler32(bytes: Uint8Array, start = 0, end = bytes.length): number {
  let a = 1;
  let b = 0;
  let at = start;
  // Four bytes at a time where the machine's words begin: twice as fast.
  const lead = Math.min(end, at + ((4 - ((bytes.byteOffset + at) & 3)) & 3));
  const wordCount = IS_LITTLE ? (end - lead) >> 2 : 0;
  if (wordCount > 0) {
    for (; at < lead; at++) {
      a += bytes[at] ?? 0;
      b += a;
    }
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset + at, wordCount);
    for (let index = 0; index < wordCount; ) {
      const stop = Math.min(index + BATCH, wordCount);
      const count = stop - index;
      let sum = 0; // of the bytes of this batch
      let before = 0; // of `sum` before each word
      let within = 0; // of each word's bytes, the first counted four times
      for (; index < stop; index++) {
        const word = words[index] ?? 0;
        const even = word & 0xff00ff;
        const odd = (word >>> 8) & 0xff00ff;
        const both = even + odd;
        before = (before + sum) | 0;
        sum = (sum + (both & 0xffff) + (both >>> 16)) | 0;
        within = (within + (even & 0xff) * 4 + (odd & 0xff) * 3 + (even >>> 16) * 2 + (odd >>> 16)) | 0;
      }
      b = (b + 4 * count * a + 4 * before + within) % MODULUS;
      a = (a + sum) % MODULUS;
    }
    at += wordCount * 4;
  }
  while (at < end) {
    const stop = Math.min(at + BATCH * 4, end);
    for (; at < stop; at++) {
      a += bytes[at] ?? 0;
      b += a;
    }
    a %= MODULUS;
    b %= MODULUS;
  }
  return (b % MODULUS) * 65_536 + (a % MODULUS);
}

const IS_LITTLE = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;
