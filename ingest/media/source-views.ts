/** Views of a source: a part of it, and what stands where nothing can be read. */
import type { Fault } from '../kernel/index.ts';
import { type ByteSource, checkWindow } from './media.ts';

const stayOpen = (): Promise<void> => Promise.resolve();

/** The first `size` bytes of `source`: what lies after them is not the medium's. Closing it leaves `source` open. */
export function firstBytes(source: ByteSource, size: number): ByteSource {
  return {
    size,
    async read(offset, length) {
      checkWindow(size, offset, length, 'the part of the image that holds the medium');
      return source.read(offset, length);
    },
    fileAt: (offset, length) => (offset + length <= size ? source.fileAt?.(offset, length) : undefined),
    [Symbol.asyncDispose]: stayOpen,
  };
}

/** Answers every read with `fault`: for a run whose place is known to be wrong, so that the rest of the medium stays readable. */
export function unreadable(fault: Fault): ByteSource {
  return { size: Number.MAX_SAFE_INTEGER, read: () => Promise.reject(fault), [Symbol.asyncDispose]: stayOpen };
}
