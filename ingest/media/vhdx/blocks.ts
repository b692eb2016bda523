/** The blocks of a VHDX image: the table of payload and bitmap blocks, and what each state means. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import { BlockPlaces } from '../block-places.ts';
import type { ByteSource, Media, Range } from '../media.ts';
import { PagedTable, type TablePage } from '../paged-table.ts';
import { below } from '../parent.ts';
import { Recent } from '../recent.ts';
import { type Run, pushRun } from '../runs.ts';
import { bitRuns } from '../sector-bitmap.ts';
import { unreadable } from '../source-views.ts';
import { type Header, MIB, type Regions } from './header.ts';
import type { Disk } from './metadata.ts';

/** PAYLOAD_BLOCK_… of [MS-VHDX] 2.5.1.1; undefined, zero and unmapped ones read as zeros. */
const State = { NotPresent: 0, Undefined: 1, Zero: 2, Unmapped: 3, UnmappedOld: 5, Present: 6, Partial: 7 } as const;
const ZEROS = new Set<number>([State.Undefined, State.Zero, State.Unmapped, State.UnmappedOld]);
const SECTORS_A_BITMAP = 2 ** 23;
const BITMAPS_KEPT = 4 * MIB;
const BITMAPS_AT_ONCE = 64;
const RUNS_AT_ONCE = 8192;

interface Entry {
  readonly state: number;
  /** In bytes of the image; above 2^53 when it can't be true. */
  readonly at: number;
}

/** Which sectors of a partial block are here; or why that can't be told. */
type Bitmap = { readonly bits: Buffer } | { readonly fault: Fault };

export class Blocks {
  readonly #table: PagedTable;
  readonly #places: BlockPlaces;
  readonly #bitmaps = new Recent<number, Buffer>(BITMAPS_KEPT);
  readonly #blockSize: number;
  readonly #size: number;
  readonly #sectorSize: number;
  readonly #blockCount: number;
  /** Payload blocks for each bitmap block, which follows them in the table. */
  readonly #chunkRatio: number;
  readonly #hasParent: boolean;

  /** @param image with the log laid over it. @throws Fault 'vhdx/table-short'. */
  constructor(
    private readonly image: ByteSource,
    { blockTable, metadata }: Regions,
    disk: Disk,
    { logOffset, logLength }: Header,
  ) {
    this.#blockSize = disk.blockSize;
    this.#size = disk.size;
    this.#sectorSize = disk.logicalSectorSize;
    this.#hasParent = disk.parent !== undefined;
    this.#chunkRatio = (SECTORS_A_BITMAP * disk.logicalSectorSize) / disk.blockSize;
    this.#blockCount = Math.ceil(disk.size / disk.blockSize);
    const chunkCount = Math.ceil(this.#blockCount / this.#chunkRatio);
    const payloadOnly = this.#blockCount + Math.max(0, chunkCount - 1);
    const entryCount = this.#hasParent ? chunkCount * (this.#chunkRatio + 1) : payloadOnly;
    if (entryCount * 8 > blockTable.length) {
      const message = `the VHDX block table has ${blockTable.length} bytes, and the disk needs ${entryCount} entries of 8`;
      throw new Fault(FaultKind.Corrupt, 'vhdx/table-short', message, { length: blockTable.length, entryCount });
    }
    this.#table = new PagedTable(image, blockTable.offset, entryCount, 8);
    const log: Range[] = logLength === 0 ? [] : [{ offset: logOffset, length: logLength }];
    const tables = [{ offset: 0, length: MIB }, blockTable, metadata, ...log];
    this.#places = new BlockPlaces('vhdx', image.size, disk.blockSize, tables);
  }

  /** Goes through the table: what is wrong with it, and how many blocks are stored. */
  async check(): Promise<{ stored: number; warnings: readonly Fault[] }> {
    let unknown = 0;
    const stride = this.#chunkRatio + 1;
    for await (const page of this.#table.pages()) {
      if (page.filledWith === 0) continue;
      for (let number = page.first, at = 0; number < page.end; number++, at += 8) {
        if ((page.bytes.readUInt32LE(at) & 7) === State.NotPresent) continue;
        const place = number % stride;
        const index = Math.floor(number / stride) * this.#chunkRatio + place;
        if (place === this.#chunkRatio || index >= this.#blockCount) continue;
        const { state, at: start } = entryIn(page, number);
        if (state === State.Present || state === State.Partial) this.#places.add(start, this.#lengthOf(index));
        else if (!ZEROS.has(state)) unknown++;
      }
    }
    const warnings = this.#places.warnings(this.#blockCount);
    if (unknown > 0) {
      const message = `${unknown} of ${this.#blockCount} blocks are in a state that there is not; the block table is damaged, and those blocks can't be read`;
      warnings.push(new Fault(FaultKind.Corrupt, 'vhdx/blocks-unknown', message, { unknown }));
    }
    return { stored: this.#places.count, warnings };
  }

  /** @param parent has what a differencing image leaves out. */
  async map(offset: number, length: number, parent?: Media): Promise<readonly Run[]> {
    const blockSize = this.#blockSize;
    const first = Math.floor(offset / blockSize);
    const page = await this.#table.page(this.#numberOf(first));
    const end = Math.min(offset + length, this.#blocksBefore(page.end) * blockSize);
    if (page.filledWith === 0) return [below(parent, offset, end - offset)];
    const bitmaps = await this.#bitmapsOf(page, first, Math.ceil(end / blockSize));
    const runs: Run[] = [];
    for (let at = offset; at < end && runs.length < RUNS_AT_ONCE; ) {
      const index = Math.floor(at / blockSize);
      const entry = entryIn(page, this.#numberOf(index));
      const after = entry.state === State.NotPresent ? this.#absentUntil(page, index, end) : index + 1;
      const stop = Math.min(end, after * blockSize);
      const isPartial = entry.state === State.Partial && this.#hasParent;
      const bitmap = bitmaps.get(index);
      if (isPartial && bitmap === undefined) break;
      const parts =
        bitmap === undefined
          ? [this.#whole(index, entry, at, stop, parent)]
          : this.#partial(index, entry, bitmap, at, stop, parent);
      for (const run of parts) {
        pushRun(runs, run);
        at = run.offset + run.length;
      }
    }
    return runs;
  }

  /** The first block from `index` on that is there in some way, of those that begin before `end` of the medium. */
  #absentUntil(page: TablePage, index: number, end: number): number {
    let next = index + 1;
    while (
      next * this.#blockSize < end &&
      (page.bytes.readUInt32LE((this.#numberOf(next) - page.first) * 8) & 7) === State.NotPresent
    )
      next++;
    return next;
  }

  #whole(index: number, { state, at }: Entry, from: number, to: number, parent?: Media): Run {
    if (state === State.NotPresent) return below(parent, from, to - from);
    if (ZEROS.has(state)) return { kind: 'zero', offset: from, length: to - from };
    if (state === State.Present || state === State.Partial) return this.#stored(index, at, from, to);
    const message = `block ${index} is in state ${state}, which there is not; the block table is damaged, ask for another copy`;
    const fault = new Fault(FaultKind.Corrupt, 'vhdx/block-state', message, { block: index, state });
    return { kind: 'stored', offset: from, length: to - from, source: unreadable(fault), at: from };
  }

  #stored(index: number, place: number, from: number, to: number): Run {
    const source = this.#places.sourceOf(this.image, index, place, this.#lengthOf(index));
    // A place that can't be true is nothing to count with.
    const at = source === this.image ? place + (from - index * this.#blockSize) : from;
    return { kind: 'stored', offset: from, length: to - from, source, at };
  }

  /** Of a partial block the sectors whose bit is set are here, the others the parent's. */
  *#partial(index: number, { at: place }: Entry, bitmap: Bitmap, from: number, to: number, parent?: Media): Generator<Run> {
    if ('fault' in bitmap) {
      yield { kind: 'stored', offset: from, length: to - from, source: unreadable(bitmap.fault), at: from };
      return;
    }
    const start = index * this.#blockSize;
    const size = this.#sectorSize;
    for (const run of bitRuns(bitmap.bits, Math.floor((from - start) / size), Math.ceil((to - start) / size), 'lowest')) {
      const end = Math.min(to, start + run.end * size);
      for (let at = Math.max(from, start + run.first * size); at < end; ) {
        const part = run.isSet ? this.#stored(index, place, at, end) : below(parent, at, end - at);
        yield part;
        at += part.length;
      }
    }
  }

  /** The bitmaps of the first partial blocks from `from` to `to`. */
  async #bitmapsOf(page: TablePage, from: number, to: number): Promise<ReadonlyMap<number, Bitmap>> {
    const wanted: number[] = [];
    if (this.#hasParent)
      for (let index = from; index < to && wanted.length < BITMAPS_AT_ONCE; index++)
        if (entryIn(page, this.#numberOf(index)).state === State.Partial) wanted.push(index);
    return new Map(await Promise.all(wanted.map(async (index) => [index, await this.#bitmapOf(index)] as const)));
  }

  async #bitmapOf(index: number): Promise<Bitmap> {
    const chunk = Math.floor(index / this.#chunkRatio);
    const number = (chunk + 1) * this.#chunkRatio + chunk;
    const { state, at } = entryIn(await this.#table.page(number), number);
    const length = this.#blockSize / this.#sectorSize / 8;
    const place = at + (index % this.#chunkRatio) * length;
    if (state !== State.Present || at < MIB || place + length > this.image.size) {
      const message = `block ${index} is here in part, and the bitmap that tells which is not in the image; it is damaged or cut, ask for another copy`;
      return {
        fault: new Fault(FaultKind.Corrupt, 'vhdx/bitmap-missing', message, { block: index, state, at, size: this.image.size }),
      };
    }
    return { bits: await this.#bitmaps.get(index, length, () => this.image.read(place, length)) };
  }

  /** Which entry of the table is block `index`. */
  #numberOf(index: number): number {
    return index + Math.floor(index / this.#chunkRatio);
  }

  /** How many blocks the first `count` entries tell of. */
  #blocksBefore(count: number): number {
    const stride = this.#chunkRatio + 1;
    return Math.floor(count / stride) * this.#chunkRatio + Math.min(count % stride, this.#chunkRatio);
  }

  /** Of the last block, only what belongs to the disk need be there. */
  #lengthOf(index: number): number {
    return Math.min(this.#blockSize, this.#size - index * this.#blockSize);
  }
}

function entryIn({ first, bytes }: TablePage, number: number): Entry {
  const at = (number - first) * 8;
  const low = bytes.readUInt32LE(at);
  return { state: low & 7, at: (bytes.readUInt32LE(at + 4) * 4096 + (low >>> 20)) * MIB };
}
