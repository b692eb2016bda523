/** Reads what lies close together in one go: directories and continuation areas of a disc stand side by side. */
import { type ByteSource, Recent } from '../../media/index.ts';

const PAGE = 128 * 1024;
const CACHE_SIZE = 8 * 1024 * 1024;

export class Blocks {
  readonly #pages = new Recent<number, Buffer>(CACHE_SIZE);

  /**
   * @param blockSize of the logical blocks that numbers count.
   * @param baseBlock number of the block that the volume begins with: above 0 when it is a later session by itself.
   */
  constructor(
    readonly volume: ByteSource,
    readonly blockSize: number,
    readonly baseBlock: number,
  ) {}

  /** In bytes of the volume; negative for blocks of a session that is not there. */
  placeOf(block: number): number {
    return (block - this.baseBlock) * this.blockSize;
  }

  /** What the volume has of a stretch: shorter at its end, empty beyond. Large stretches are read past the cache. */
  async read(offset: number, length: number): Promise<Buffer> {
    const end = Math.min(offset + length, this.volume.size);
    if (offset < 0 || offset >= end) return Buffer.alloc(0);
    const first = Math.floor(offset / PAGE);
    const last = Math.floor((end - 1) / PAGE);
    if (last - first > 1) return this.volume.read(offset, end - offset);
    const start = await this.#page(first);
    const from = offset - first * PAGE;
    if (last === first) return start.subarray(from, from + end - offset);
    const rest = await this.#page(last);
    return Buffer.concat([start.subarray(from), rest.subarray(0, end - last * PAGE)]);
  }

  /** A page whose storage is damaged here and there must not hide its good parts: then only what is asked for is read. */
  #page(index: number): Promise<Buffer> {
    const length = Math.min(PAGE, this.volume.size - index * PAGE);
    return this.#pages.get(index, length, () => this.volume.read(index * PAGE, length));
  }
}
