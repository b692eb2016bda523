/** Adler-32 (RFC 1950), for what Node's zlib does not check: bytes that are stored as they are. */

const MODULUS = 65_521;
/** Most bytes whose sums stay below 2^31 when eight are added at once. */
const BATCH = 3800;

/** Of bytes `start` to `end`. */
export function adler32(bytes: Uint8Array, start = 0, end = bytes.length): number {
  let a = 1;
  let b = 0;
  for (let at = start; at < end; ) {
    const stop = Math.min(at + BATCH, end);
    for (; at < stop; at++) {
      a = (a + (bytes[at] ?? 0)) | 0;
      b = (b + a) | 0;
    }
    a %= MODULUS;
    b = (b >>> 0) % MODULUS;
  }
  return b * 65_536 + a;
}
