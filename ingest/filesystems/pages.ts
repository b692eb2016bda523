/** A volume read by the page: metadata lie beside each other, and one read serves many of them. */
import { type ByteSource, Recent } from '../media/index.ts';

/** In bytes; a power of two. */
export const PAGE_SIZE = 64 * 1024;
const CACHE_SIZE = 16 * 1024 * 1024;

export class Pages {
  readonly #recent: Recent<number, Buffer>;

  /** @param cacheSize in bytes. */
  constructor(
    readonly volume: ByteSource,
    cacheSize = CACHE_SIZE,
  ) {
    this.#recent = new Recent(cacheSize);
  }

  /** Page `index`, counted from the volume's first byte; the last one may be short. @throws Fault as the volume does. */
  page(index: number): Promise<Buffer> {
    const start = index * PAGE_SIZE;
    const length = Math.min(PAGE_SIZE, this.volume.size - start);
    return this.#recent.get(index, Math.max(length, 0), async () => {
      const bytes = await this.volume.read(start, length);
      // A view would keep all that was read with it.
      return bytes.buffer.byteLength > 2 * PAGE_SIZE ? Buffer.from(bytes) : bytes;
    });
  }

  /** Exactly `length` bytes: a view of a page where they lie in one. @throws Fault as the volume does, also past its end. */
  async read(offset: number, length: number): Promise<Buffer> {
    const index = Math.floor(offset / PAGE_SIZE);
    const at = offset - index * PAGE_SIZE;
    if (at + length > PAGE_SIZE || offset + length > this.volume.size) return this.volume.read(offset, length);
    try {
      return (await this.page(index)).subarray(at, at + length);
    } catch {
      // Damage elsewhere in the page is no business of this stretch; its own is thrown here.
      return this.volume.read(offset, length);
    }
  }

  /** What the volume has of a stretch: shorter at its end, empty outside. */
  async readInside(offset: number, length: number): Promise<Buffer> {
    const end = Math.min(offset + length, this.volume.size);
    return offset < 0 || offset >= end ? Buffer.alloc(0) : this.read(offset, end - offset);
  }
}
