/** The medium from front to back in large windows, the next ones on their way while one is used. */
import type { Media, Range } from './media.ts';

/** Bytes of the first window, so that the first byte comes soon; each is twice the one before, up to the largest. */
const FIRST = 256 << 10;
const LARGEST = 4 << 20;
const AHEAD = 2;

export interface Window extends Range {
  readonly bytes: Buffer;
}

/**
 * Each byte of `range` once, in order. The buffers are the reader's.
 * @throws what Media.read throws, once the windows before it were given.
 */
export async function* windowsOf(
  media: Media,
  range: Range = { offset: 0, length: media.size },
): AsyncGenerator<Window, void, undefined> {
  const end = range.offset + range.length;
  const ahead: { readonly range: Range; readonly bytes: Promise<Buffer> }[] = [];
  let at = range.offset;
  let size = FIRST;
  try {
    for (;;) {
      while (at < end && ahead.length <= AHEAD) {
        const window = { offset: at, length: Math.min(size, end - at) };
        const bytes = media.read(window.offset, window.length);
        bytes.catch(() => undefined); // told when its turn comes
        ahead.push({ range: window, bytes });
        at += window.length;
        size = Math.min(LARGEST, size * 2);
      }
      const next = ahead.shift();
      if (next === undefined) return;
      yield { ...next.range, bytes: await next.bytes };
    }
  } finally {
    await Promise.allSettled(ahead.map(({ bytes }) => bytes)); // nothing may still read when the container is closed
  }
}
