/** Logical blocks of a disc, by number. */
import type { ByteSource } from '../../media/index.ts';
import { PagedVolume } from '../paged-volume.ts';

export class Blocks {
  readonly #paged: PagedVolume;

  /**
   * @param blockSize of the logical blocks that numbers count.
   * @param baseBlock number of the block that the volume begins with: above 0 when it is a later session by itself.
   */
  constructor(
    readonly volume: ByteSource,
    readonly blockSize: number,
    readonly baseBlock: number,
  ) {
    this.#paged = new PagedVolume(volume);
  }

  /** In bytes of the volume; negative for blocks of a session that is not there. */
  placeOf(block: number): number {
    return (block - this.baseBlock) * this.blockSize;
  }

  /** What the volume has of a stretch: shorter at its end, empty outside. */
  read(offset: number, length: number): Promise<Buffer> {
    return this.#paged.read(offset, length);
  }
}
