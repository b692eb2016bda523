/** Many small structures at scattered places: read by the page, so that each costs no read of its own. */
import { type ByteSource, Recent } from '../media/index.ts';

const PAGE = 64 * 1024;
const CACHE_SIZE = 16 * 1024 * 1024;

export class PagedReader {
  readonly #pages = new Recent<number, Buffer>(CACHE_SIZE);

  constructor(private readonly volume: ByteSource) {}

  /** A view where it lies in one page; not to be changed. @param length at most some KiB. @throws Fault 'truncated' past the end. */
  async read(offset: number, length: number): Promise<Buffer> {
    const index = Math.floor(offset / PAGE);
    const skip = offset - index * PAGE;
    const inside = Math.min(PAGE, this.volume.size - index * PAGE);
    if (skip + length > inside) return this.volume.read(offset, length);
    const page = await this.#pages.get(index, inside, () => this.volume.read(index * PAGE, inside));
    return page.subarray(skip, skip + length);
  }
}
