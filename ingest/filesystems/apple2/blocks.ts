/** Blocks of a ProDOS volume: one after the other, or on a floppy in DOS order, in two halves. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { ByteSource } from '../../media/index.ts';
import type { RunList } from '../content.ts';
import { PagedReader } from '../paged.ts';
import { SECTOR, type SectorOrder, slotsOf, TRACK } from './order.ts';

export const BLOCK = 512;
const BLOCKS_PER_TRACK = TRACK / BLOCK;

export class ProdosBlocks {
  readonly #reader: PagedReader;
  /** Undefined where blocks lie in their own order. */
  readonly #slots: readonly number[] | undefined;

  constructor(
    private readonly volume: ByteSource,
    order: SectorOrder,
    readonly blockCount: number,
  ) {
    this.#reader = new PagedReader(volume);
    this.#slots = order === 'dos' ? slotsOf('prodos', 'dos') : undefined;
  }

  has(block: number): boolean {
    return block < this.blockCount;
  }

  /** @throws Fault for a block that the volume, or the image, does not have. */
  async block(block: number): Promise<Buffer> {
    if (!this.has(block)) {
      const message = `block ${block} is named, and the volume has blocks 0 to ${this.blockCount - 1}`;
      throw new Fault(FaultKind.Corrupt, 'prodos/block', message, { block, blockCount: this.blockCount });
    }
    if (this.#slots === undefined) return this.#reader.read(block * BLOCK, BLOCK);
    const [one, two] = this.#halves(block);
    return Buffer.concat([await this.#reader.read(one, SECTOR), await this.#reader.read(two, SECTOR)]);
  }

  /** Adds where a block lies to the runs of a file. */
  addTo(list: RunList, block: number): void {
    if (!this.has(block)) {
      list.absent(BLOCK);
    } else if (this.#slots === undefined) {
      list.stored(block * BLOCK, BLOCK);
    } else {
      for (const half of this.#halves(block)) list.stored(half, SECTOR);
    }
  }

  /** Whether any byte of the block is in the image. */
  isInside(block: number): boolean {
    return this.has(block) && block * BLOCK < this.volume.size;
  }

  #halves(block: number): [number, number] {
    const track = Math.floor(block / BLOCKS_PER_TRACK) * TRACK;
    const slot = (block % BLOCKS_PER_TRACK) * 2;
    return [track + (this.#slots?.[slot] ?? 0) * SECTOR, track + (this.#slots?.[slot + 1] ?? 0) * SECTOR];
  }
}
