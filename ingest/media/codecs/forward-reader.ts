/** A source read forward in small portions, from reads of a size that pays. */
import type { ByteSource } from '../media.ts';
import type { ForwardReader } from './lzma2.ts';

const READ_AT_ONCE = 256 * 1024;

/** @param end no byte from there on is read. */
export function forwardReader(source: ByteSource, offset: number, end: number): ForwardReader {
  let bytes: Buffer = Buffer.alloc(0);
  let start = offset;
  let at = offset;
  return {
    get at() {
      return at;
    },
    async take(length) {
      if (length > end - at) throw new Error('the data end too early');
      const inside = at - start;
      if (inside + length > bytes.length) {
        bytes = await source.read(at, Math.min(end - at, Math.max(length, READ_AT_ONCE)));
        start = at;
      }
      const from = at - start;
      at += length;
      return bytes.subarray(from, from + length);
    },
  };
}
