/** Sectors that the imaging program could not read: it put the image's own `badflag` pattern in their place. */
import { type Extent, ExtentKind, type Media, type Range } from '../media.ts';

const WINDOW = 4 * 1024 * 1024;

/** The same medium, whose extents have the sectors that hold `flag` as absent. They are told by reading: the image has no list. */
export function withBadSectors(media: Media, flag: Buffer): Media {
  return {
    ...media,
    extents: (window) => marked(media, flag, window),
    [Symbol.asyncDispose]: () => media[Symbol.asyncDispose](),
  };
}

async function* marked(media: Media, flag: Buffer, window?: Range): AsyncGenerator<Extent, void, undefined> {
  for await (const extent of media.extents(window)) {
    if (extent.kind !== ExtentKind.Data) {
      yield extent;
      continue;
    }
    const end = extent.offset + extent.length;
    for (let at = extent.offset; at < end; ) {
      const stop = Math.min(end, Math.floor(at / WINDOW) * WINDOW + WINDOW);
      yield* inWindow(media, flag, at, stop);
      at = stop;
    }
  }
}

async function* inWindow(media: Media, flag: Buffer, start: number, stop: number): AsyncGenerator<Extent, void, undefined> {
  const size = flag.length;
  // Whole sectors, since the window may begin or end inside of one.
  const from = Math.floor(start / size) * size;
  const to = Math.min(media.size, Math.ceil(stop / size) * size);
  const bytes = await media.read(from, to - from);
  let done = start;
  for (let found = bytes.indexOf(flag); found >= 0; ) {
    const isSector = found % size === 0;
    if (isSector) {
      const bad = Math.max(start, from + found);
      const end = Math.min(stop, from + found + size);
      if (bad > done) yield { offset: done, length: bad - done, kind: ExtentKind.Data };
      yield { offset: bad, length: end - bad, kind: ExtentKind.Absent };
      done = end;
    }
    found = bytes.indexOf(flag, found + (isSector ? size : 1));
  }
  if (stop > done) yield { offset: done, length: stop - done, kind: ExtentKind.Data };
}
