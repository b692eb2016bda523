/** A stretch of a source as a source of its own. */
import { type ByteSource, checkWindow } from './media.ts';

/** Closing it leaves `source` open. */
export function rangeSource(source: ByteSource, offset: number, size: number, what: string): ByteSource {
  return {
    size,
    read(at, length) {
      try {
        checkWindow(size, at, length, what);
      } catch (error) {
        return Promise.reject(error);
      }
      return source.read(offset + at, length);
    },
    fileAt: (at, length) => (at + length <= size ? source.fileAt?.(offset + at, length) : undefined),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
