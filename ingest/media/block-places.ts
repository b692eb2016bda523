/** Where the blocks of a container lie: which are past its end, on each other, or on its tables. Told as warnings, refused when read. */
import { Fault, FaultKind } from '../kernel/index.ts';
import type { ByteSource, Range } from './media.ts';
import { unreadable } from './source-views.ts';

/** Above this many places, whether blocks lie on each other is not looked at: 64 MiB of memory. */
const MOST_PLACES = 8 * 1024 * 1024;

type BadPlace = 'outside' | 'on-tables';

export class BlockPlaces {
  /** How many blocks were added. */
  count = 0;
  readonly #starts: Float64Array;
  readonly #bad = { outside: 0, 'on-tables': 0 };
  #shared = 0;

  /**
   * @param size of the container, in bytes.
   * @param blockLength bytes that each block takes; the last of the medium may take fewer.
   * @param tables what no block may lie on: headers, tables, logs.
   */
  constructor(
    private readonly format: string,
    private readonly size: number,
    private readonly blockLength: number,
    private readonly tables: readonly Range[],
  ) {
    const places = Math.ceil(size / blockLength) + 1;
    this.#starts = new Float64Array(places <= MOST_PLACES ? places : 0).fill(-1);
  }

  /** What is wrong with a block at `at` of which `length` bytes count. */
  private check(at: number, length: number): BadPlace | undefined {
    for (const table of this.tables) if (at < table.offset + table.length && table.offset < at + length) return 'on-tables';
    return at + length > this.size ? 'outside' : undefined;
  }

  add(at: number, length: number): void {
    this.count++;
    const bad = this.check(at, length);
    if (bad !== undefined) this.#bad[bad]++;
    else if (this.#starts.length > 0) {
      // Blocks that lie apart begin in different places of this table.
      const place = Math.floor(at / this.blockLength);
      if (this.#starts[place] === -1) this.#starts[place] = at;
      else this.#shared++;
    }
  }

  /** @param total how many blocks the medium has. */
  warnings(total: number): Fault[] {
    const { format, size } = this;
    const { outside, 'on-tables': onTables } = this.#bad;
    for (let place = 1; place < this.#starts.length; place++) {
      const [before = -1, start = -1] = [this.#starts[place - 1], this.#starts[place]];
      if (before !== -1 && start !== -1 && before + this.blockLength > start) this.#shared++;
    }
    const shared = this.#shared;
    const faults: Fault[] = [];
    if (outside > 0) {
      const message = `${outside} of ${total} blocks lie past the end of the file (${size} bytes); the image is cut, and those blocks can't be read`;
      faults.push(new Fault(FaultKind.Truncated, 'media/blocks-outside', message, { format, outside, size }));
    }
    if (onTables > 0) {
      const message = `${onTables} of ${total} blocks lie on the image's own tables; its block table is damaged, and those blocks can't be read`;
      faults.push(new Fault(FaultKind.Corrupt, 'media/blocks-on-tables', message, { format, onTables }));
    }
    if (shared > 0) {
      const message = `${shared} entries of the block table name a place that another names too; the table is damaged`;
      faults.push(new Fault(FaultKind.Corrupt, 'media/blocks-shared', message, { format, shared }));
    }
    return faults;
  }

  /**
   * What to read block `index` from: the container, or what answers with a Fault where there is nothing to read. Of a block that
   * is cut by the end of the file, what is there is read; past it, the container answers.
   */
  sourceOf(container: ByteSource, index: number, at: number, length: number): ByteSource {
    const bad = this.check(at, length);
    if (bad === undefined || (bad === 'outside' && at < this.size)) return container;
    const { format, size } = this;
    const facts = { format, block: index, at, size };
    if (bad === 'outside') {
      const message = `block ${index} lies at byte ${at}, and the file has ${size} bytes; the image is cut, ask for a whole copy`;
      return unreadable(new Fault(FaultKind.Truncated, 'media/block-outside', message, facts));
    }
    const message = `block ${index} lies at byte ${at}, on the image's own tables; the block table is damaged, ask for another copy`;
    return unreadable(new Fault(FaultKind.Corrupt, 'media/block-on-tables', message, facts));
  }
}
