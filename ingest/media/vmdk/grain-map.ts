/** Two levels of tables, as all sparse extents have them: a directory of grain tables, and tables of grains. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { ByteSource } from '../media.ts';
import { type DiskExtent, type ExtentRun, append, brokenSource } from './disk-extent.ts';
import { packedGrain, packedLimit } from './packed-grain.ts';

/** Instead of a position: never written. */
export const HOLE = 0;
/** Instead of a position: zeros. */
export const ZERO = -1;
/** Instead of a position: what the table says can't be. */
export const BROKEN = -2;

const CACHED_ENTRIES = 512 * 1024; // 4 MiB of Float64Array
const RUNS_AT_ONCE = 4096;
/** Tables that are looked through when an extent is opened: those of 128 GiB with grains of 64 KiB. */
const TABLES_CHECKED = 4096;
const READ_TOGETHER = 32;

export interface GrainMapSettings {
  readonly start: number;
  readonly size: number;
  readonly source: ByteSource;
  /** In bytes. */
  readonly grainSize: number;
  readonly tableEntryCount: number;
  readonly compressed?: { readonly markers: boolean };
  /** Whether there is a table `index`; where there is none, all of its grains are holes. */
  hasTable(index: number): boolean;
  /** Byte positions in `source`, or HOLE, ZERO, BROKEN; undefined when the table itself lies where it can't be. */
  loadTable(index: number): Promise<Float64Array | undefined>;
  /** Bytes of the extent about which nothing is known from there on: `absent`. The size, unless told. */
  readonly knownSize?: number;
  /** What a hole is; 'hole' unless told. */
  readonly hole?: 'hole' | 'absent';
  readonly warnings: readonly Fault[];
}

interface Table {
  readonly at: Float64Array;
  /** Where the packed bytes of each grain end at the latest. */
  readonly end?: Float64Array;
}

export class GrainMap implements DiskExtent {
  readonly start: number;
  readonly size: number;
  readonly warnings: Fault[];
  readonly #broken: ByteSource;
  readonly #cut: ByteSource;
  readonly #cache = new Map<number, Promise<Table | undefined>>();

  constructor(readonly settings: GrainMapSettings) {
    this.start = settings.start;
    this.size = settings.size;
    this.warnings = [...settings.warnings];
    const { size } = settings.source;
    const message = 'a grain table of the VMDK leads to a place where no grain can be; the table is damaged';
    this.#broken = brokenSource(new Fault(FaultKind.Corrupt, 'vmdk/grain-place', message, { size }));
    const cut = `a grain of the VMDK lies past the end of its file (${size} bytes); the image is cut; ask for a whole copy`;
    this.#cut = brokenSource(new Fault(FaultKind.Truncated, 'vmdk/grain-outside', cut, { size }));
  }

  async map(offset: number, length: number): Promise<ExtentRun[]> {
    const { start, grainSize, tableEntryCount, hole = 'hole', knownSize = this.size } = this.settings;
    const span = tableEntryCount * grainSize;
    const runs: ExtentRun[] = [];
    const end = offset + length;
    const knownEnd = Math.min(end, start + knownSize);
    let at = offset;
    while (at < knownEnd && runs.length < RUNS_AT_ONCE) {
      const index = Math.floor((at - start) / span);
      const tableStart = start + index * span;
      let tableEnd = Math.min(knownEnd, tableStart + span);
      if (!this.settings.hasTable(index)) {
        for (let next = index + 1; tableEnd < knownEnd && !this.settings.hasTable(next); next++)
          tableEnd = Math.min(knownEnd, tableEnd + span);
        append(runs, { kind: hole, offset: at, length: tableEnd - at });
      } else {
        const table = await this.#table(index);
        if (table === undefined)
          append(runs, { kind: 'stored', offset: at, length: tableEnd - at, source: this.#broken, at: at - start });
        else this.#mapTable(table, tableStart, at, tableEnd, runs);
      }
      at = tableEnd;
    }
    if (at >= knownEnd && at < end) append(runs, { kind: 'absent', offset: at, length: end - at });
    return runs;
  }

  #mapTable(table: Table, tableStart: number, from: number, to: number, runs: ExtentRun[]): void {
    const { start, source, grainSize, compressed, hole = 'hole' } = this.settings;
    for (let at = from; at < to; ) {
      const entry = Math.floor((at - tableStart) / grainSize);
      const grainStart = tableStart + entry * grainSize;
      const length = Math.min(to, grainStart + grainSize) - at;
      const place = table.at[entry] ?? BROKEN;
      if (place === HOLE) append(runs, { kind: hole, offset: at, length });
      else if (place === ZERO) append(runs, { kind: 'zero', offset: at, length });
      else if (place === BROKEN) append(runs, { kind: 'stored', offset: at, length, source: this.#broken, at: at - start });
      else if (place >= source.size) append(runs, { kind: 'stored', offset: at, length, source: this.#cut, at: at - start });
      else if (compressed === undefined)
        append(runs, { kind: 'stored', offset: at, length, source, at: place + (at - grainStart) });
      else {
        const size = Math.min(grainSize, start + this.size - grainStart);
        const end = table.end?.[entry] ?? place;
        const sector = compressed.markers ? (grainStart - start) / 512 : undefined;
        const chunk = packedGrain({ key: grainStart, source, at: place, end, size, grainSize, sector });
        runs.push({ kind: 'packed', offset: at, length, chunk, skip: at - grainStart });
      }
      at += length;
    }
  }

  #table(index: number): Promise<Table | undefined> {
    let table = this.#cache.get(index);
    if (table === undefined) {
      table = this.#load(index);
      this.#cache.set(index, table);
      const most = Math.max(2, Math.floor(CACHED_ENTRIES / this.settings.tableEntryCount));
      for (const oldest of this.#cache.keys()) {
        if (this.#cache.size <= most) break;
        this.#cache.delete(oldest);
      }
      // A read that failed is worth another try.
      table.catch(() => this.#cache.delete(index));
    }
    return table;
  }

  async #load(index: number): Promise<Table | undefined> {
    const { compressed, grainSize, source } = this.settings;
    const at = await this.settings.loadTable(index);
    if (at === undefined || compressed === undefined) return at === undefined ? undefined : { at };
    return { at, end: endsOf(at, packedLimit(grainSize), source.size) };
  }

  /** Looks through the tables, if they are not too many, and adds what is wrong to the warnings. */
  async check(): Promise<this> {
    const { tableEntryCount, grainSize, source, compressed } = this.settings;
    const size = Math.min(this.size, this.settings.knownSize ?? this.size);
    const count = Math.ceil(size / (tableEntryCount * grainSize));
    const indexes: number[] = [];
    for (let index = 0; index < count && indexes.length <= TABLES_CHECKED; index++)
      if (this.settings.hasTable(index)) indexes.push(index);
    if (indexes.length > TABLES_CHECKED) return this;
    const found = new GrainFindings(source.size, compressed === undefined ? grainSize : 1);
    for (let first = 0; first < indexes.length; first += READ_TOGETHER) {
      const some = indexes.slice(first, first + READ_TOGETHER);
      const tables = await Promise.all(some.map((index) => this.settings.loadTable(index)));
      for (const [i, table] of tables.entries()) {
        const left = size - (some[i] ?? 0) * tableEntryCount * grainSize;
        found.add(table, Math.min(tableEntryCount, Math.ceil(left / grainSize)), left);
      }
    }
    this.warnings.push(...found.faults());
    return this;
  }
}

/** What looking through all tables brought up. */
class GrainFindings {
  #outside = 0;
  #broken = 0;
  #tables = 0;
  #places = new Float64Array(1024);
  #count = 0;

  constructor(
    readonly fileSize: number,
    readonly grainSize: number,
  ) {}

  /** @param left bytes of the extent from the table's first grain on. */
  add(table: Float64Array | undefined, entryCount: number, left: number): void {
    if (table === undefined) {
      this.#tables++;
      return;
    }
    for (let i = 0; i < entryCount; i++) {
      const at = table[i] ?? HOLE;
      if (at === BROKEN) this.#broken++;
      if (at <= 0) continue;
      if (at + Math.min(this.grainSize, left - i * this.grainSize) > this.fileSize) this.#outside++;
      if (this.#count === this.#places.length) {
        const longer = new Float64Array(this.#places.length * 2);
        longer.set(this.#places);
        this.#places = longer;
      }
      this.#places[this.#count++] = at;
    }
  }

  faults(): Fault[] {
    const faults: Fault[] = [];
    const sorted = this.#places.subarray(0, this.#count).sort();
    let shared = 0;
    for (let i = 1; i < sorted.length; i++) if (sorted[i] === sorted[i - 1]) shared++;
    const tell = (kind: FaultKind, code: string, message: string, count: number): void => {
      if (count > 0) faults.push(new Fault(kind, code, message, { count, size: this.fileSize }));
    };
    const cut = `${this.#outside} grains lie past the end of the file (${this.fileSize} bytes); the image is cut, and they can't be read`;
    tell(FaultKind.Truncated, 'vmdk/grains-outside', cut, this.#outside);
    const tables = `${this.#tables} grain tables lie where none can be; the image is cut or damaged, and their grains can't be read`;
    tell(FaultKind.Corrupt, 'vmdk/tables-outside', tables, this.#tables);
    const broken = `${this.#broken} entries of the grain tables lead to places where no grain can be; those grains can't be read`;
    tell(FaultKind.Corrupt, 'vmdk/grains-misplaced', broken, this.#broken);
    const twice = `${shared} entries of the grain tables name a grain that another names too; the tables are damaged`;
    tell(FaultKind.Corrupt, 'vmdk/grains-shared', twice, shared);
    return faults;
  }
}

/** The size of a packed grain stands in front of it alone: the next one in the file is where it ends at the latest. */
function endsOf(at: Float64Array, limit: number, fileSize: number): Float64Array {
  const sorted = Float64Array.from(at).sort();
  const next = new Map<number, number>();
  for (let i = 0; i < sorted.length; i++) {
    const place = sorted[i] ?? 0;
    const after = sorted[i + 1] ?? Infinity;
    if (after > place) next.set(place, Math.min(after, place + limit, fileSize));
  }
  return at.map((place) => next.get(place) ?? place);
}
