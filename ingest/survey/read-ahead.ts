/** A medium that reads ahead where it is read in order, so that thousands of small files that lie together cost one read. */
import { type ByteSource, checkWindow } from '../media/index.ts';

/** Read at once when the last read went on: four times more each time, since most jumps lead to a little. */
const FIRST = 128 << 10;
const AHEAD = 2 << 20;
/** The largest step forward that still counts as going on. */
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
  let next = FIRST;

  return {
    size: source.size,
    async read(offset, length) {
      checkWindow(source.size, offset, length, 'the medium');
      const wasAt = end;
      end = offset + length;
      const known = kept.find((each) => each.offset <= offset && offset + length <= each.offset + each.length);
      const goesOn = offset >= wasAt && offset - wasAt <= STEP;
      if (!goesOn && known === undefined) next = FIRST;
      const window = known ?? (length < AHEAD && goesOn ? ahead(offset, length) : undefined);
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

  function ahead(offset: number, wanted: number): Kept {
    const length = Math.min(Math.max(next, wanted), source.size - offset);
    next = Math.min(4 * next, AHEAD);
    const bytes = source.read(offset, length);
    bytes.catch(() => undefined); // told by the reads that wait for it
    const window = { offset, length, bytes };
    kept = [window, ...kept].slice(0, KEPT);
    return window;
  }
}
