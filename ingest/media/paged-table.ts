/** A table in a container, of entries of one width: loaded in pages, of which the last few are kept. */
import type { ByteSource } from './media.ts';
import { Recent } from './recent.ts';

const PAGE_SIZE = 256 * 1024;
const KEPT = 16 * 1024 * 1024;

export interface TablePage {
  /** Numbers of its first entry, and of the first that is no longer in it. */
  readonly first: number;
  readonly end: number;
  /** Entry `i` begins at byte `(i - first) * entrySize`. */
  readonly bytes: Buffer;
  /** All its bytes are this one: what a huge, empty table consists of. */
  readonly filledWith?: 0 | 0xff;
}

const ZEROS = Buffer.alloc(PAGE_SIZE);
const ONES = Buffer.alloc(PAGE_SIZE, 0xff);

export class PagedTable {
  readonly #pages = new Recent<number, TablePage>(KEPT);
  readonly #entriesAPage: number;

  /**
   * @param at where its first entry lies in `source`; the caller has checked that all of it lies there.
   * @param entrySize in bytes, a power of two.
   */
  constructor(
    private readonly source: ByteSource,
    private readonly at: number,
    readonly entryCount: number,
    private readonly entrySize: number,
  ) {
    this.#entriesAPage = PAGE_SIZE / entrySize;
  }

  /** The page that entry `index` lies in. */
  page(index: number): Promise<TablePage> {
    const number = Math.floor(index / this.#entriesAPage);
    return this.#pages.get(number, PAGE_SIZE, () => this.#load(number));
  }

  /** All of it, in order; nothing of it is kept. */
  async *pages(): AsyncGenerator<TablePage, void, undefined> {
    for (let number = 0; number * this.#entriesAPage < this.entryCount; number++) yield await this.#load(number);
  }

  async #load(number: number): Promise<TablePage> {
    const first = number * this.#entriesAPage;
    const end = Math.min(this.entryCount, first + this.#entriesAPage);
    const bytes = await this.source.read(this.at + first * this.entrySize, (end - first) * this.entrySize);
    if (bytes.equals(ZEROS.subarray(0, bytes.length))) return { first, end, bytes, filledWith: 0 };
    return bytes.equals(ONES.subarray(0, bytes.length)) ? { first, end, bytes, filledWith: 0xff } : { first, end, bytes };
  }
}
