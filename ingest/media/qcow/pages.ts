/** Tables of a container, read by the page; only the last pages stay, so that no image can fill the memory with its tables. */
import type { ByteSource } from '../media.ts';

const PAGE_SIZE = 64 * 1024;
const PAGES_KEPT = 64;

/** Bytes of the container from `start` on. */
export interface Page {
  readonly start: number;
  readonly end: number;
  readonly bytes: Buffer;
}

export class TablePages {
  readonly #kept = new Map<number, Promise<Page>>();

  constructor(private readonly container: ByteSource) {}

  /** The page that byte `offset` of the container lies in. Multiples of 64 KiB never lie inside of one. */
  at(offset: number): Promise<Page> {
    const start = offset - (offset % PAGE_SIZE);
    const known = this.#kept.get(start);
    const page = known ?? this.#load(start);
    if (known !== undefined) this.#kept.delete(start);
    this.#kept.set(start, page);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= PAGES_KEPT) break;
      this.#kept.delete(oldest);
    }
    return page;
  }

  #load(start: number): Promise<Page> {
    const page = this.#read(start);
    // A failure of the storage is worth another try.
    page.catch(() => this.#kept.delete(start));
    return page;
  }

  async #read(start: number): Promise<Page> {
    const bytes = await this.container.read(start, Math.min(PAGE_SIZE, Math.max(0, this.container.size - start)));
    return { start, end: start + bytes.length, bytes };
  }
}
