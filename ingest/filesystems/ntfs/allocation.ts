/** Which clusters are in use now ($Bitmap): tells whether those of a deleted file were given to another. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import { type ByteSource, Recent } from '../../media/index.ts';
import type { Piece } from './runlist.ts';

const PAGE = 64 * 1024;
const CACHE_SIZE = 4 * 1024 * 1024;
/** Of one file; those beyond it are not looked at. */
const MOST_CLUSTERS = 64 * 1024;

export class Allocation {
  readonly #pages = new Recent<number, Buffer>(CACHE_SIZE);

  /** @param bitmap one bit a cluster; undefined where it can't be read: then no cluster is known to be in use. */
  constructor(
    private readonly bitmap: ByteSource | undefined,
    readonly clusterCount: number,
  ) {}

  async isTaken(pieces: Iterable<Piece>): Promise<boolean> {
    let left = MOST_CLUSTERS;
    for (const { cluster, clusterCount } of pieces) {
      if (left-- <= 0) return false;
      if (cluster < 0) continue;
      const count = Math.min(clusterCount, left);
      left -= count;
      if (await this.#isAnySet(cluster, count)) return true;
    }
    return false;
  }

  /** Bits beyond the bitmap are not set. */
  async #isAnySet(first: number, count: number): Promise<boolean> {
    for (let bit = first; bit < first + count; ) {
      const index = Math.floor(bit / 8 / PAGE);
      const page = await this.#page(index);
      const end = Math.min(first + count, (index + 1) * PAGE * 8);
      const start = index * PAGE * 8;
      for (; bit < end; bit++) {
        const byte = page[(bit - start) >> 3] ?? 0;
        if (byte === 0 && (bit & 7) === 0) bit += 7;
        else if (((byte >> (bit & 7)) & 1) !== 0) return true;
      }
    }
    return false;
  }

  async #page(index: number): Promise<Buffer> {
    const { bitmap } = this;
    const start = index * PAGE;
    const length = Math.min(PAGE, (bitmap?.size ?? 0) - start);
    if (bitmap === undefined || length <= 0) return Buffer.alloc(0);
    try {
      return await this.#pages.get(index, length, () => bitmap.read(start, length));
    } catch (error) {
      if (error instanceof Fault && error.kind !== FaultKind.Unreadable) return Buffer.alloc(0);
      throw error;
    }
  }
}
