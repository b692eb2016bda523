/** A volume read by the page: metadata lie beside each other, and one read serves many of them. */
import { type ByteSource, Recent } from '../media/index.ts';

/** In bytes; a power of two. */
export const PAGE_SIZE = 64 * 1024;

export class Pages {
  readonly #recent: Recent<number, Buffer>;

  /** @param cacheSize in bytes. */
  constructor(
    readonly volume: ByteSource,
    cacheSize: number,
  ) {
    this.#recent = new Recent(cacheSize);
  }

  /** Page `index`, counted from the volume's first byte; the last one may be short. @throws Fault as the volume does. */
  page(index: number): Promise<Buffer> {
    const start = index * PAGE_SIZE;
    const length = Math.min(PAGE_SIZE, this.volume.size - start);
    return this.#recent.get(index, Math.max(length, 0), () => this.volume.read(start, length));
  }

  /** Exactly `length` bytes: a view of a page where they lie in one. @throws Fault as the volume does, also past its end. */
  async read(offset: number, length: number): Promise<Buffer> {
    const index = Math.floor(offset / PAGE_SIZE);
    const at = offset - index * PAGE_SIZE;
    if (at + length > PAGE_SIZE || offset + length > this.volume.size) return this.volume.read(offset, length);
    return (await this.page(index)).subarray(at, at + length);
  }
}
