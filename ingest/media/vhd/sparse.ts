/** Dynamic and differencing VHD: the header after the footer's copy, the block table, and the bitmap before each block. */
import { Fault, FaultKind, layout, raw, u32be, u64be, uuidBe } from '../../kernel/index.ts';
import { BlockPlaces } from '../block-places.ts';
import type { ByteSource, Media } from '../media.ts';
import { PagedTable } from '../paged-table.ts';
import { below } from '../parent.ts';
import { Recent } from '../recent.ts';
import { type Run, pushRun } from '../runs.ts';
import { bitRuns } from '../sector-bitmap.ts';
import { COOKIE, FOOTER_SIZE, checksum } from './footer.ts';

const MARK = 'cxsparse';
const SECTOR = 512;
const ABSENT = 0xffffffff;
const LARGEST_BLOCK = 256 * 1024 * 1024;
const CHECKSUM_AT = 36;
const BITMAPS_KEPT = 4 * 1024 * 1024;
const BITMAPS_AT_ONCE = 64;
const RUNS_AT_ONCE = 8192;

/** "Dynamic Disk Header Format" of the VHD specification 1.0. */
const layoutOfHeader = layout('VHD dynamic header', 1024, {
  tableOffset: [16, u64be],
  version: [24, u32be],
  tableEntries: [28, u32be],
  blockSize: [32, u32be],
  checksum: [36, u32be],
  parentUuid: [40, uuidBe],
  parentTime: [56, u32be],
  parentName: [64, raw(512)],
  locators: [576, raw(8 * 24)],
});

export interface SparseHeader extends Readonly<ReturnType<typeof layoutOfHeader.decode>> {
  readonly offset: number;
  readonly warnings: readonly Fault[];
}

/** @param size of the medium. @throws Fault for a header that can't be followed. */
export async function sparseHeader(container: ByteSource, offset: number, size: number): Promise<SparseHeader> {
  if (offset < FOOTER_SIZE || offset > container.size - layoutOfHeader.size) {
    const message = `the header of the VHD image should lie at byte ${offset}, and the file has ${container.size} bytes`;
    throw new Fault(FaultKind.Truncated, 'vhd/header-outside', message, { offset, size: container.size });
  }
  const bytes = await container.read(offset, layoutOfHeader.size);
  if (bytes.toString('latin1', 0, MARK.length) !== MARK) {
    const message = `at byte ${offset} the header of a dynamic VHD should begin, and does not; the image is damaged, ask for another copy`;
    throw new Fault(FaultKind.Corrupt, 'vhd/header', message, { offset });
  }
  const h = layoutOfHeader.decode(bytes);
  const { tableOffset, tableEntries, blockSize, version } = h;
  const facts = { offset, tableOffset, tableEntries, blockSize, version, size };
  if (version >>> 16 !== 1)
    throw new Fault(
      FaultKind.Unsupported,
      'vhd/header-version',
      `a VHD header of version ${version >>> 16} is not read, only 1`,
      facts,
    );
  if (blockSize < SECTOR || blockSize > LARGEST_BLOCK || (blockSize & (blockSize - 1)) !== 0)
    throw new Fault(
      FaultKind.Corrupt,
      'vhd/block-size',
      `the VHD header says blocks of ${blockSize} bytes; 512 bytes to 256 MiB, a power of two, are right`,
      facts,
    );
  const blockCount = Math.ceil(size / blockSize);
  if (tableEntries < blockCount)
    throw new Fault(
      FaultKind.Corrupt,
      'vhd/table-entries',
      `the VHD's block table has ${tableEntries} entries, and the disk ${blockCount} blocks`,
      facts,
    );
  if (tableOffset < FOOTER_SIZE || tableOffset + blockCount * 4 > container.size)
    throw new Fault(
      FaultKind.Truncated,
      'vhd/table-outside',
      `the VHD's block table (byte ${tableOffset}, ${blockCount} entries) is not in the file of ${container.size} bytes`,
      facts,
    );
  if (tableOffset < offset + layoutOfHeader.size && offset < tableOffset + blockCount * 4)
    throw new Fault(
      FaultKind.Corrupt,
      'vhd/table-on-header',
      `the VHD's block table (byte ${tableOffset}) lies on its header (byte ${offset})`,
      facts,
    );
  const warnings: Fault[] = [];
  if (checksum(bytes, CHECKSUM_AT) !== h.checksum) {
    const message = 'the checksum of the VHD header is wrong: some programs write it so, or it is damaged';
    warnings.push(new Fault(FaultKind.Corrupt, 'vhd/header-checksum', message, { offset }));
  }
  const mark = await container.read(0, COOKIE.length);
  if (mark.toString('latin1') !== COOKIE) {
    const message = 'the copy of the footer that a VHD image begins with is damaged';
    warnings.push(new Fault(FaultKind.Corrupt, 'vhd/footer-copy', message));
  }
  return { ...h, offset, warnings };
}

/** The blocks of the medium. */
export class SparseBlocks {
  readonly #table: PagedTable;
  readonly #places: BlockPlaces;
  readonly #bitmaps = new Recent<number, Buffer>(BITMAPS_KEPT);
  readonly #bitmapLength: number;
  readonly #blockSize: number;

  /** @param container without the footer at its end. @param size of the medium. */
  constructor(
    private readonly container: ByteSource,
    private readonly size: number,
    { offset, tableOffset, blockSize }: SparseHeader,
  ) {
    const blockCount = Math.ceil(size / blockSize);
    this.#blockSize = blockSize;
    this.#bitmapLength = Math.ceil(blockSize / SECTOR / 8 / SECTOR) * SECTOR;
    this.#table = new PagedTable(container, tableOffset, blockCount, 4);
    this.#places = new BlockPlaces('vhd', container.size, this.#bitmapLength + blockSize, [
      { offset: 0, length: FOOTER_SIZE },
      { offset, length: layoutOfHeader.size },
      { offset: tableOffset, length: blockCount * 4 },
    ]);
  }

  /** Goes through the table: what is wrong with it, and how many blocks are stored. */
  async check(): Promise<{ stored: number; warnings: readonly Fault[] }> {
    for await (const { first, end, bytes, filledWith } of this.#table.pages())
      for (let index = filledWith === 0xff ? end : first; index < end; index++) {
        const entry = bytes.readUInt32BE((index - first) * 4);
        if (entry !== ABSENT) this.#places.add(entry * SECTOR, this.#lengthOf(index));
      }
    return { stored: this.#places.count, warnings: this.#places.warnings(this.#table.entryCount) };
  }

  /** @param parent has what a differencing image leaves out. */
  async map(offset: number, length: number, parent?: Media): Promise<readonly Run[]> {
    const blockSize = this.#blockSize;
    const page = await this.#table.page(Math.floor(offset / blockSize));
    const end = Math.min(offset + length, page.end * blockSize);
    if (page.filledWith === 0xff) return [below(parent, offset, end - offset)];
    const entryOf = (index: number): number => page.bytes.readUInt32BE((index - page.first) * 4);
    const bitmaps = await this.#bitmapsOf(Math.floor(offset / blockSize), Math.ceil(end / blockSize), entryOf);
    const runs: Run[] = [];
    for (let at = offset; at < end && runs.length < RUNS_AT_ONCE; ) {
      const index = Math.floor(at / blockSize);
      const entry = entryOf(index);
      let after = index + 1;
      if (entry === ABSENT) while (after * blockSize < end && entryOf(after) === ABSENT) after++;
      const stop = Math.min(end, after * blockSize);
      const bitmap = bitmaps.get(index);
      if (entry !== ABSENT && bitmap === undefined) break;
      for (const run of bitmap === undefined
        ? [below(parent, at, stop - at)]
        : this.#inBlock(index, entry * SECTOR, bitmap, at, stop, parent)) {
        pushRun(runs, run);
        at = run.offset + run.length;
      }
    }
    return runs;
  }

  /** The bitmaps of the first stored blocks from `from` to `to`; none for a block that has no readable one. */
  async #bitmapsOf(from: number, to: number, entryOf: (index: number) => number): Promise<ReadonlyMap<number, Buffer | 'none'>> {
    const wanted: number[] = [];
    for (let index = from; index < to && wanted.length < BITMAPS_AT_ONCE; index++)
      if (entryOf(index) !== ABSENT) wanted.push(index);
    const load = async (index: number): Promise<readonly [number, Buffer | 'none']> => {
      const at = entryOf(index) * SECTOR;
      const source = this.#places.sourceOf(this.container, index, at, this.#lengthOf(index));
      if (source !== this.container || at + this.#bitmapLength > this.container.size) return [index, 'none'];
      return [index, await this.#bitmaps.get(index, this.#bitmapLength, () => source.read(at, this.#bitmapLength))];
    };
    return new Map(await Promise.all(wanted.map(load)));
  }

  /** Stored sectors are read from the block, the others are the parent's, or zeros. */
  *#inBlock(index: number, place: number, bitmap: Buffer | 'none', from: number, to: number, parent?: Media): Generator<Run> {
    const start = index * this.#blockSize;
    const source = this.#places.sourceOf(this.container, index, place, this.#lengthOf(index));
    const stored = (offset: number, end: number): Run => {
      return { kind: 'stored', offset, length: end - offset, source, at: place + this.#bitmapLength + (offset - start) };
    };
    if (bitmap === 'none') {
      yield stored(from, to);
      return;
    }
    const sectors = [Math.floor((from - start) / SECTOR), Math.ceil((to - start) / SECTOR)] as const;
    for (const bits of bitRuns(bitmap, ...sectors, 'highest')) {
      const end = Math.min(to, start + bits.end * SECTOR);
      for (let at = Math.max(from, start + bits.first * SECTOR); at < end; ) {
        const run = bits.isSet ? stored(at, end) : below(parent, at, end - at);
        yield run;
        at += run.length;
      }
    }
  }

  /** Bitmap and data; of the last block, only what belongs to the disk need be there. */
  #lengthOf(index: number): number {
    return this.#bitmapLength + Math.min(this.#blockSize, this.size - index * this.#blockSize);
  }
}
