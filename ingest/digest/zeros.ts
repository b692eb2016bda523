/** Zero bytes, found with memcmp: pages that need not be written, blocks whose digest is known. */
import { hash } from 'node:crypto';

/** What a file system stores at least: runs of zeros are left out of a copy in this grain. Bytes. */
export const PAGE = 4096;
/** One block of a block list. Bytes. */
export const BLOCK = 1 << 20;

const ZEROS = Buffer.alloc(BLOCK);
/** SHA-256 of a whole block of zeros. */
export const ZERO_BLOCK_DIGEST = hash('sha256', ZEROS, 'buffer');

/** Whether bytes [from, to) are all zero. Looks at one byte before it calls memcmp: most data is told by it. */
export function isZero(bytes: Buffer, from = 0, to = bytes.length): boolean {
  for (let at = from; at < to; at += BLOCK) {
    const length = Math.min(BLOCK, to - at);
    if (bytes[at] !== 0 || bytes.compare(ZEROS, 0, length, at, at + length) !== 0) return false;
  }
  return true;
}

/**
 * Calls `each` for every maximal run of pages that hold something; counted from the start of `bytes`, the last page may be short.
 * @returns how many bytes lie in pages that are all zero.
 */
export function eachStoredRun(bytes: Buffer, each: (from: number, to: number) => void): number {
  if (isZero(bytes)) return bytes.length;
  let zero = 0;
  let start = -1;
  for (let at = 0; at < bytes.length; at += PAGE) {
    const end = Math.min(at + PAGE, bytes.length);
    if (isZero(bytes, at, end)) {
      zero += end - at;
      if (start >= 0) each(start, at);
      start = -1;
    } else if (start < 0) start = at;
  }
  if (start >= 0) each(start, bytes.length);
  return zero;
}
