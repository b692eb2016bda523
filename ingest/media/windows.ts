/** The medium from front to back in large windows, the next ones on their way while one is used. */
import type { Media, Range } from './media.ts';
import { THREAD_COUNT } from './unpack-threads.ts';

/** Bytes of the first window, so that the first byte comes soon; each is twice the one before, up to the largest. */
const FIRST = 256 << 10;
const LARGEST = 4 << 20;
/** So many that every thread has one to make while another is used. */
const AHEAD = Math.max(2, THREAD_COUNT);

export interface Window extends Range {
  readonly bytes: Buffer;
}

/**
 * Each byte of `range` once, in order. The buffers are the reader's.
 * @throws what Media.read throws, once the windows before it were given.
 */
export function windowsOf(media: Media, range: Range = whole(media)): AsyncGenerator<Window, void, undefined> {
  return windows(range, ({ offset, length }) => media.read(offset, length));
}

/**
 * The same for who is done with a window when asking for the next: its memory then becomes that of another. New memory for each
 * costs as much as to fill it, and much of that is the collector's, on the main thread.
 */
export function passingWindowsOf(media: Media, range: Range = whole(media)): AsyncGenerator<Window, void, undefined> {
  if (media.readInto === undefined) return windowsOf(media, range);
  const spares: ArrayBuffer[] = [];
  const read = ({ offset, length }: Range): Promise<Buffer> => {
    const spare = spares.pop() ?? new ArrayBuffer(length);
    return media.readInto?.(offset, length, spare) ?? media.read(offset, length);
  };
  return windows(range, read, ({ buffer }) => void spares.push(buffer as ArrayBuffer));
}

const whole = ({ size }: Media): Range => ({ offset: 0, length: size });

async function* windows(
  range: Range,
  read: (window: Range) => Promise<Buffer>,
  done?: (bytes: Buffer) => void,
): AsyncGenerator<Window, void, undefined> {
  const end = range.offset + range.length;
  const ahead: { readonly range: Range; readonly bytes: Promise<Buffer> }[] = [];
  let at = range.offset;
  let size = FIRST;
  try {
    for (;;) {
      while (at < end && ahead.length <= AHEAD) {
        const window = { offset: at, length: Math.min(size, end - at) };
        const bytes = read(window);
        bytes.catch(() => undefined); // told when its turn comes
        ahead.push({ range: window, bytes });
        at += window.length;
        size = Math.min(LARGEST, size * 2);
      }
      const next = ahead.shift();
      if (next === undefined) return;
      const bytes = await next.bytes;
      yield { ...next.range, bytes };
      done?.(bytes);
    }
  } finally {
    await Promise.allSettled(ahead.map(({ bytes }) => bytes)); // nothing may still read when the container is closed
  }
}
