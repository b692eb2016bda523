/** The chunks of a set, in the order of its tables: where each lies, how it is unpacked, and the size of the medium they make. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { Recipe } from '../codecs/codec.ts';
import { type ByteSource, type Extent, ExtentKind } from '../media.ts';
import type { Run } from '../runs.ts';
import { Unpacker, unpack } from './unpack.ts';

/** How a chunk is kept. `stored` ends with its Adler-32, `bare` has none. */
export type ChunkPlace =
  | { readonly kind: 'zlib' | 'bzip2' | 'stored' | 'bare'; readonly at: number; readonly packedLength: number }
  | { readonly kind: 'pattern'; readonly pattern: Buffer };

/** One table's chunks, decoded. */
export interface ChunkEntries {
  /** @param index from the table's first chunk. */
  place(index: number): ChunkPlace;
}

export interface ChunkTable {
  readonly source: ByteSource;
  readonly count: number;
  /** Bytes that its entries take. */
  readonly memory: number;
  /** @throws Fault when no copy of the table is right. */
  load(): Promise<ChunkEntries>;
}

/** Tables kept decoded: those of an image of 512 GiB with chunks of 32 KiB. */
const KEPT = 64 * 1024 * 1024;
const RECIPES: Partial<Record<'zlib' | 'bzip2' | 'stored' | 'bare', Recipe>> = {
  zlib: { kind: 'zlib' },
  stored: { kind: 'adler32' },
};
/** Tables of so many bytes together are checked when the image is opened; those of larger ones when they are used: who wants one byte shall not wait for all. */
const CHECKED_AT_ONCE = 1024 * 1024;
const RUNS_AT_ONCE = 4096;

export interface ChunkMapSettings {
  readonly tables: readonly ChunkTable[];
  /** Bytes in every chunk but the last. */
  readonly chunkSize: number;
  /** Of the medium as the volume section has it, in bytes; the source's last bytes may not fill a sector. */
  readonly declaredSize: number;
  readonly sectorSize: number;
}

export class ChunkMap {
  readonly count: number;
  readonly #starts: readonly number[];
  readonly #loaded = new Map<number, Promise<ChunkEntries>>();
  readonly #unpacker = new Unpacker();
  #memory = 0;
  #size: number;
  #lastSize: number;

  constructor(private readonly settings: ChunkMapSettings) {
    const starts: number[] = [];
    let count = 0;
    for (const table of settings.tables) {
      starts.push(count);
      count += table.count;
    }
    this.#starts = starts;
    this.count = count;
    this.#size = settings.declaredSize;
    this.#lastSize = Math.min(settings.chunkSize, Math.max(0, settings.declaredSize - (count - 1) * settings.chunkSize));
  }

  /** Of the medium, in bytes. */
  get size(): number {
    return this.#size;
  }

  /** Decodes the tables of an image that has few, and finds the size by the last chunk. Answers what is wrong with them. */
  async prepare(): Promise<Fault[]> {
    const faults: Fault[] = [];
    const { tables } = this.settings;
    const all = tables.reduce((sum, { memory }) => sum + memory, 0) <= CHECKED_AT_ONCE;
    for (const index of tables.keys()) {
      if (!all && index !== tables.length - 1) continue;
      await this.#entries(index).catch((error: unknown) => faults.push(asFault(error)));
    }
    await this.#measureLast();
    return faults;
  }

  /** Runs of the medium from `offset` on, of one table. */
  async map(offset: number, length: number): Promise<readonly Run[]> {
    const { chunkSize, tables } = this.settings;
    const from = Math.floor(offset / chunkSize);
    if (from >= this.count) return [{ kind: 'absent', offset, length }];
    const tableIndex = this.#tableOf(from);
    const table = tables[tableIndex];
    const start = this.#starts[tableIndex] ?? 0;
    if (table === undefined) throw new RangeError(`no table has chunk ${from}`);
    const entries = await this.#entries(tableIndex).catch((error: unknown) => {
      throw inMedium(asFault(error), start * chunkSize, Math.min(this.#size - start * chunkSize, table.count * chunkSize));
    });
    const end = Math.min(offset + length, (start + table.count) * chunkSize);
    const runs: Run[] = [];
    for (let at = offset, chunk = from; at < end && runs.length < RUNS_AT_ONCE; chunk++) {
      const stop = Math.min(end, (chunk + 1) * chunkSize);
      const skip = at - chunk * chunkSize;
      runs.push(this.#run(table, entries.place(chunk - start), chunk, { offset: at, length: stop - at, skip }));
      at = stop;
    }
    return runs;
  }

  /** What is listed is data, as far as can be told without unpacking it; the rest was never read from the carrier. */
  kinds(offset: number, length: number): Promise<readonly Extent[]> {
    const end = this.count * this.settings.chunkSize;
    if (offset >= end) return Promise.resolve([{ offset, length, kind: ExtentKind.Absent }]);
    return Promise.resolve([{ offset, length: Math.min(length, end - offset), kind: ExtentKind.Data }]);
  }

  #run(table: ChunkTable, place: ChunkPlace, chunk: number, part: { offset: number; length: number; skip: number }): Run {
    const { offset, length, skip } = part;
    if (place.kind === 'pattern') {
      const { pattern } = place;
      if (pattern.every((byte) => byte === 0)) return { kind: 'zero', offset, length };
      return { kind: 'filled', offset, length, pattern, phase: skip % pattern.length };
    }
    const size = chunk === this.count - 1 ? this.#lastSize : this.settings.chunkSize;
    const { kind, at } = place;
    const packedLength = kind === 'stored' ? Math.min(place.packedLength, size + 4) : place.packedLength;
    const unpacked = (packed: Buffer): Promise<Buffer> => this.#unpacker.unpack(kind, packed, size);
    const { source } = table;
    const recipe = RECIPES[kind];
    return {
      kind: 'packed',
      offset,
      length,
      skip,
      chunk: { key: chunk, source, at, packedLength, size, unpack: unpacked, recipe },
    };
  }

  /** The last chunk holds what the source had, which the number of sectors rounds. */
  async #measureLast(): Promise<void> {
    const { tables, chunkSize, declaredSize, sectorSize } = this.settings;
    const table = tables.at(-1);
    const before = (this.count - 1) * chunkSize;
    const declared = declaredSize - before;
    if (table === undefined || declared < 0 || declared > chunkSize) return;
    const entries = await this.#entries(tables.length - 1).catch((error: unknown) => void asFault(error));
    const place = entries?.place(table.count - 1);
    if (place === undefined || place.kind === 'pattern') return;
    const found = await unpackedLength(table.source, place, chunkSize);
    if (found === undefined) return;
    if (Math.abs(found - declared) < sectorSize && found > 0) this.#size = before + found;
    if (this.#size - before <= found) this.#lastSize = found;
  }

  #tableOf(chunk: number): number {
    let low = 0;
    for (let high = this.#starts.length; high - low > 1; ) {
      const middle = (low + high) >> 1;
      if ((this.#starts[middle] ?? Infinity) <= chunk) low = middle;
      else high = middle;
    }
    return low;
  }

  #entries(index: number): Promise<ChunkEntries> {
    const known = this.#loaded.get(index);
    if (known !== undefined) return known;
    const table = this.settings.tables[index];
    if (table === undefined) throw new RangeError(`no table ${index}`);
    const loaded = table.load();
    loaded.catch((error: unknown) => {
      if (error instanceof Fault && error.kind === FaultKind.Unreadable) this.#loaded.delete(index);
    });
    this.#loaded.set(index, loaded);
    this.#memory += table.memory;
    for (const oldest of this.#loaded.keys()) {
      if (this.#memory <= KEPT || oldest === index) break;
      this.#loaded.delete(oldest);
      this.#memory -= this.settings.tables[oldest]?.memory ?? 0;
    }
    return loaded;
  }
}

/** Bytes that come out of a chunk; undefined when it can't be unpacked (which is told when it is read). */
async function unpackedLength(source: ByteSource, place: Exclude<ChunkPlace, { kind: 'pattern' }>, chunkSize: number) {
  if (place.kind === 'bare') return Math.min(place.packedLength, chunkSize);
  const packedLength = place.kind === 'stored' ? Math.min(place.packedLength, chunkSize + 4) : place.packedLength;
  if (place.kind === 'stored') return packedLength > 4 ? packedLength - 4 : undefined;
  try {
    return (await unpack(place.kind, await source.read(place.at, packedLength), chunkSize)).length;
  } catch (error) {
    if (error instanceof Fault && error.kind !== FaultKind.Unreadable) return undefined;
    throw error;
  }
}

function asFault(error: unknown): Fault {
  if (error instanceof Fault) return error;
  throw error;
}

function inMedium(fault: Fault, offset: number, length: number): Fault {
  const facts = { ...fault.facts, mediumOffset: offset, mediumLength: length };
  const message = `${fault.message} (bytes ${offset} to ${offset + length - 1} of the medium)`;
  return new Fault(fault.kind, fault.code, message, facts, { cause: fault });
}
