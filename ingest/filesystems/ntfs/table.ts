/** The master file table ($MFT): its records one by one or all in a row, and attributes that several of them hold. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import { type ByteSource, Recent, type Run } from '../../media/index.ts';
import { clipped, contentOf } from '../content.ts';
import { AttributeFlag, type Extent, extentOf, type Listed, listedIn, sizeOf, valueOf } from './attributes.ts';
import type { NtfsShape } from './boot.ts';
import { firstData, mirrored, noTable, recordAt, tableRuns } from './locate.ts';
import { type Attribute, type FileRecord, readRecord, Type } from './record.ts';
import { runsOf } from './runlist.ts';

/** Records that are read at once, in order; and around one that is asked for. In bytes. */
const WINDOW = 1024 * 1024;
const PAGE = 64 * 1024;
const CACHE_SIZE = 16 * 1024 * 1024;
/** Windows keeps lists of attributes below 256 KiB. */
const MOST_LIST = 1024 * 1024;
const MOST_TABLE_LIST = 4096;

/** Records in a row; `read` gives each of them once, and undefined where none is. */
export interface Records {
  readonly first: number;
  readonly count: number;
  readonly read: (number: number) => FileRecord | undefined;
}

/** Or a row that the image does not have. */
export type Sweep = Records | { readonly first: number; readonly count: number; readonly read?: undefined };

export interface Gathered {
  readonly attributes: readonly Attribute[];
  readonly fault: Fault | undefined;
}

/** Entries of attribute lists that may still be walked: lists cost far less to forge than to follow. */
export interface Budget {
  left: number;
}

export class MasterTable {
  readonly #content: ByteSource;
  readonly #pages = new Recent<number, Buffer>(CACHE_SIZE);

  private constructor(
    readonly volume: ByteSource,
    readonly shape: NtfsShape,
    private readonly runs: readonly Run[],
    /** Of the first records, where $MFT's own are damaged. */
    private readonly mirror: ReadonlyMap<number, FileRecord>,
    /** Records that the table has room for. */
    readonly recordCount: number,
    content: ByteSource,
  ) {
    this.#content = content;
  }

  /** True when some of the first records, which tell where all others are, came from $MFTMirr. */
  get isMirrored(): boolean {
    return this.mirror.size > 0;
  }

  /** @throws Fault 'ntfs/mft' when neither $MFT nor its mirror says where it lies. */
  static async open(volume: ByteSource, shape: NtfsShape): Promise<MasterTable> {
    const mirror = await mirrored(volume, shape);
    const start = await recordAt(volume, shape, shape.tableOffset, 0);
    const own = mirror.get(0) ?? start;
    const first = own === undefined ? undefined : firstData(own);
    const extent = first === undefined ? undefined : extentOf(first);
    if (own === undefined || extent === undefined) throw noTable();
    const build = async (extents: readonly Extent[]): Promise<MasterTable> => {
      const size = Math.min(extent.size, extent.initializedSize);
      const runs = tableRuns(volume, shape, extents, Number.isSafeInteger(size) ? size : volume.size);
      const last = runs.at(-1);
      const end = last === undefined ? 0 : last.offset + last.length;
      const content = await contentOf({ size: end, runs: () => Promise.resolve(runs) });
      return new MasterTable(volume, shape, runs, mirror, Math.floor(end / shape.recordSize), content);
    };
    // The table's own records may lie in the parts that were found so far, and nowhere else.
    const extents = [extent];
    let table = await build(extents);
    for (const listed of await table.#list(own, { left: MOST_TABLE_LIST })) {
      if (listed?.type !== Type.Data || listed.name !== '' || listed.firstCluster === 0) continue;
      if (listed.record.number >= table.recordCount) table = await build(extents);
      const record = await table.record(listed.record.number);
      const more = record?.attributes.filter((each) => each.type === Type.Data && each.name === '').map(extentOf);
      extents.push(...(more ?? []).filter((each) => each?.firstCluster === listed.firstCluster).flatMap((each) => each ?? []));
    }
    return build(extents);
  }

  /** Undefined where no record is, or the image does not have it. */
  async record(number: number): Promise<FileRecord | undefined> {
    const known = this.mirror.get(number);
    if (known !== undefined || number >= this.recordCount) return known;
    const { recordSize } = this.shape;
    const at = number * recordSize;
    const start = at - (at % PAGE);
    const length = Math.min(PAGE, this.#content.size - start);
    const page = await orAbsent(() => this.#pages.get(start, length, () => this.#content.read(start, length)));
    const bytes =
      page === undefined
        ? await orAbsent(() => this.#content.read(at, recordSize))
        : page.subarray(at - start, at - start + recordSize);
    return bytes === undefined ? undefined : readRecord(Buffer.from(bytes), number);
  }

  /** All records in order; each part is gone when the next is asked for. @throws `signal.reason`. */
  async *sweep(signal?: AbortSignal): AsyncGenerator<Sweep, void, undefined> {
    const { recordSize } = this.shape;
    const window = Buffer.allocUnsafeSlow(WINDOW);
    for (let first = 0; first < this.recordCount; ) {
      signal?.throwIfAborted();
      const at = first * recordSize;
      const row = clipped(this.runs, { offset: at, length: Math.min(WINDOW, this.recordCount * recordSize - at) });
      const isAbsent = row[0]?.kind === 'absent';
      const until = row.find(({ kind }) => (kind === 'absent') !== isAbsent)?.offset ?? at + WINDOW;
      const end = isAbsent ? endOf(this.runs, at) : until;
      // A record of which only a part is there is lost.
      const count = Math.min(
        isAbsent ? Math.ceil((end - at) / recordSize) : Math.floor((end - at) / recordSize),
        this.recordCount - first,
      );
      if (isAbsent || count === 0) {
        yield { first, count: Math.max(1, count) };
        first += Math.max(1, count);
        continue;
      }
      const length = count * recordSize;
      (await this.#content.read(at, length)).copy(window);
      const start = first;
      const read = (number: number): FileRecord | undefined =>
        this.mirror.get(number) ?? readRecord(window, number, (number - start) * recordSize, recordSize);
      yield { first, count, read };
      first += count;
    }
  }

  /**
   * Where the value of a resident attribute lies on the volume, if it does so unchanged and in one piece.
   * @param offset of the value in its record; negative where it does not fit.
   */
  placeOf(number: number, offset: number, size: number): number | undefined {
    // The last two bytes of each 512 are kept elsewhere.
    if (offset < 0 || size === 0 || this.mirror.has(number) || Math.floor((offset + size + 1) / 512) > Math.floor(offset / 512))
      return undefined;
    const [run, ...more] = clipped(this.runs, { offset: number * this.shape.recordSize + offset, length: size });
    return run?.kind === 'stored' && more.length === 0 ? run.at : undefined;
  }

  /** Attributes of a base record: its own, and those of `wanted` that its list finds in other records. */
  async gather(record: FileRecord, wanted: (listed: Listed) => boolean, budget: Budget): Promise<Gathered> {
    if (!hasList(record)) return record;
    const attributes = [...record.attributes];
    const seen = new Set([record.number]);
    const { fault } = record;
    try {
      for (const listed of await this.#list(record, budget)) {
        if (listed === undefined) return { attributes, fault: brokenList(record.number) };
        const { number } = listed.record;
        if (!wanted(listed) || seen.has(number)) continue;
        seen.add(number);
        const other = await this.record(number);
        // Also keeps the cost in bounds: a record belongs to one file only.
        if (other?.base.number !== record.number || other.base.sequence !== record.sequence)
          return { attributes, fault: brokenList(record.number) };
        for (const each of other.attributes) attributes.push(each);
      }
    } catch (error) {
      if (!(error instanceof Fault) || error.kind === FaultKind.Unreadable) throw error;
      return { attributes, fault: error };
    }
    return { attributes, fault };
  }

  /** The whole value of an attribute that is small by nature. Undefined where it can't be read, or has more than `most` bytes. */
  async value(attribute: Attribute, most: number): Promise<Buffer | undefined> {
    if (!attribute.isOutside) return valueOf(attribute);
    const size = sizeOf(attribute);
    if (size === undefined || size > most) return undefined;
    const runs = this.runsOfAttribute([attribute], size);
    const content = await contentOf({ size, runs: () => Promise.resolve(runs) });
    return orAbsent(() => content.read(0, size));
  }

  /** @param pieces of one attribute outside its record. */
  runsOfAttribute(pieces: readonly Attribute[], size: number): readonly Run[] {
    const extents = pieces.flatMap((piece) => extentOf(piece) ?? []);
    const isCompressed = pieces.some(({ flags }) => (flags & AttributeFlag.Compressed) === 1);
    return runsOf(this.volume, this.shape, { extents, size, isCompressed });
  }

  /** Ends with undefined where the list is damaged. */
  async #list(record: FileRecord, budget: Budget): Promise<Iterable<Listed | undefined>> {
    const list = record.attributes.find(({ type }) => type === Type.AttributeList);
    if (list === undefined) return [];
    const bytes = budget.left <= 0 ? undefined : await this.value(list, MOST_LIST);
    return bytes === undefined ? [undefined] : within(listedIn(bytes), budget);
  }
}

/** Some of its attributes are in other records. */
export function hasList({ attributes }: FileRecord): boolean {
  for (const { type } of attributes) if (type === Type.AttributeList) return true;
  return false;
}

function endOf(runs: readonly Run[], at: number): number {
  let end = at;
  for (const run of clipped(runs, { offset: at, length: Number.MAX_SAFE_INTEGER - at })) {
    if (run.kind !== 'absent') break;
    end = run.offset + run.length;
  }
  return end;
}

function* within(list: Iterable<Listed | undefined>, budget: Budget): Generator<Listed | undefined> {
  for (const listed of list) {
    yield budget.left-- > 0 ? listed : undefined;
    if (budget.left < 0) return;
  }
}

/** Undefined where the bytes are not there. */
async function orAbsent(read: () => Promise<Buffer>): Promise<Buffer | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Fault && error.kind !== FaultKind.Unreadable) return undefined;
    throw error;
  }
}

function brokenList(number: number): Fault {
  const message = `the list of attributes of record ${number} is damaged, or leads to records of other files; parts of the file are lost`;
  return new Fault(FaultKind.Corrupt, 'ntfs/attribute-list', message, { record: number });
}
