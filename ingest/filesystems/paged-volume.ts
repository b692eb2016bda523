/** Reads what lies close together in one go: small structures that stand side by side cost one read of the volume. */
import { type ByteSource, Recent } from '../media/index.ts';

const PAGE = 128 * 1024;
const CACHE_SIZE = 8 * 1024 * 1024;

export class PagedVolume {
  readonly #pages = new Recent<number, Buffer>(CACHE_SIZE);

  constructor(readonly volume: ByteSource) {}

  /** What the volume has of a stretch: shorter at its end, empty outside. Large stretches are read past the cache. */
  async read(offset: number, length: number): Promise<Buffer> {
    const end = Math.min(offset + length, this.volume.size);
    if (offset < 0 || offset >= end) return Buffer.alloc(0);
    const first = Math.floor(offset / PAGE);
    const last = Math.floor((end - 1) / PAGE);
    if (last - first > 1) return this.volume.read(offset, end - offset);
    try {
      const start = await this.#page(first);
      const from = offset - first * PAGE;
      if (last === first) return start.subarray(from, from + end - offset);
      const rest = await this.#page(last);
      return Buffer.concat([start.subarray(from), rest.subarray(0, end - last * PAGE)]);
    } catch {
      // Damage elsewhere in the page is no business of this stretch; its own is thrown here.
      return this.volume.read(offset, end - offset);
    }
  }

  #page(index: number): Promise<Buffer> {
    const length = Math.min(PAGE, this.volume.size - index * PAGE);
    return this.#pages.get(index, length, () => this.volume.read(index * PAGE, length));
  }
}
