/** A medium that reads ahead where it is read in order, so that thousands of small files that lie together cost one read. */
import { type ByteSource, checkWindow } from '../media/index.ts';

/** Read at once when the last read went on; and the largest step forward that still counts as going on. */
const AHEAD = 2 << 20;
const STEP = 256 << 10;
const KEPT = 2;

interface Kept {
  readonly offset: number;
  readonly length: number;
  readonly bytes: Promise<Buffer>;
}

/**
 * Closing it leaves `source` open. A read ahead that fails is done again exactly, so that damage spoils what it spoils and no more.
 */
export function readAhead(source: ByteSource): ByteSource {
  let kept: Kept[] = [];
  let end = -1;

  return {
    size: source.size,
    async read(offset, length) {
      checkWindow(source.size, offset, length, 'the medium');
      const wasAt = end;
      end = offset + length;
      const known = kept.find((each) => each.offset <= offset && offset + length <= each.offset + each.length);
      const window = known ?? (length < AHEAD && offset >= wasAt && offset - wasAt <= STEP ? ahead(offset) : undefined);
      if (window === undefined) return source.read(offset, length);
      try {
        const bytes = await window.bytes;
        return bytes.subarray(offset - window.offset, offset - window.offset + length);
      } catch {
        // The window holds more than was asked for: what was asked for may be sound. If not, this read says so.
        kept = kept.filter((each) => each !== window);
        return source.read(offset, length);
      }
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };

  function ahead(offset: number): Kept | undefined {
    const length = Math.min(AHEAD, source.size - offset);
    const bytes = source.read(offset, length);
    bytes.catch(() => undefined); // told by the reads that wait for it
    const window = { offset, length, bytes };
    kept = [window, ...kept].slice(0, KEPT);
    return window;
  }
}
