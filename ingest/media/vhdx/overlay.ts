/** The image as it would be if its log had been replayed: pages of 4 KiB laid over the container. */
import { type ByteSource, checkWindow } from '../media.ts';
import { PAGE, type Replay } from './log.ts';

/** Closing it leaves the container open. What is past the container's end and in no page is zeros, as where a file was made longer. */
export function overlaid(container: ByteSource, { pages, size }: Replay): ByteSource {
  return {
    size,
    async read(offset, length) {
      checkWindow(size, offset, length, 'the image');
      const stored = Math.max(0, Math.min(length, container.size - offset));
      const base = stored === 0 ? Buffer.alloc(0) : await container.read(offset, stored);
      const first = Math.floor(offset / PAGE);
      const end = Math.ceil((offset + length) / PAGE);
      const touched: number[] = [];
      for (let page = first; page < end; page++) if (pages.has(page)) touched.push(page);
      if (touched.length === 0 && stored === length) return base;
      const out = Buffer.alloc(length);
      base.copy(out);
      for (const page of touched) {
        const from = Math.max(offset, page * PAGE);
        const to = Math.min(offset + length, (page + 1) * PAGE);
        pages.get(page)?.copy(out, from - offset, from - page * PAGE, to - page * PAGE);
      }
      return out;
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
