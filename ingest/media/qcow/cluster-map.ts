/** Where the clusters of a QCOW image lie: two levels of big-endian tables, the same in all versions but for their entries. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { ByteSource, Media } from '../media.ts';
import type { Run } from '../runs.ts';
import { type Page, TablePages } from './pages.ts';
import { RunList, brokenSource } from './run-list.ts';

/** QEMU's own limit, in bytes. */
const LARGEST_L1 = 32 * 1024 * 1024;
const MAP_AT_ONCE = 4096;
/** Entries of tables that are named twice; beyond, listing the extents would take longer than the file is large. */
const MOST_SHARED = 1 << 22;
/** Tables of that many bytes in all are looked through when the image is opened. */
const CHECKED_AT_OPEN = 1024 * 1024;

export interface ClusterMapSettings {
  /** Id of the format: the area of every Fault. */
  readonly format: string;
  readonly container: ByteSource;
  /** Of the medium, in bytes. */
  readonly size: number;
  readonly clusterSize: number;
  /** Of one entry of the second level, in bytes. */
  readonly entrySize: number;
  readonly entriesPerTable: number;
  readonly l1Offset: number;
  /** Tables begin at multiples of it. */
  readonly tableAlignment: number;
  /** Where the table of an L1 entry lies, given its two halves; 0 when there is none. */
  tableOffset(high: number, low: number): number;
  /**
   * Appends the runs of `length` bytes from byte `skip` of a cluster on, by its entry at `position` of `page`.
   * `clusterOffset` is the cluster's in the medium.
   */
  addCluster(runs: RunList, page: Buffer, position: number, clusterOffset: number, skip: number, length: number): void;
  /** What stands for clusters that can't be read. */
  readonly broken: readonly ByteSource[];
}

export interface ClusterMap {
  /** Told, not thrown: the tables spoil parts of the medium, not all of it. */
  readonly warnings: readonly Fault[];
  /** As mappedMedia wants it. @param backing what is read where nothing was written. */
  runs(offset: number, length: number, backing?: Media): Promise<readonly Run[]>;
}

/**
 * Checks the first level; the second is read when it is asked for.
 * @throws Fault '…/l1-size', '…/l1-outside', '…/tables-shared'.
 */
export async function clusterMap(settings: ClusterMapSettings): Promise<ClusterMap> {
  const { format, container, size, clusterSize, entrySize, entriesPerTable, l1Offset } = settings;
  const span = clusterSize * entriesPerTable;
  const l1Count = Math.ceil(size / span);
  const tableSize = entrySize * entriesPerTable;
  const pages = new TablePages(container);
  checkL1(format, l1Offset, l1Count, container.size);

  const damaged = brokenSource(
    new Fault(FaultKind.Corrupt, `${format}/table-damaged`, 'the table that says where these bytes lie is damaged or cut off'),
  );
  const isTable = (table: number): boolean =>
    table % settings.tableAlignment === 0 &&
    table + tableSize <= container.size &&
    (table + tableSize <= l1Offset || table >= l1Offset + l1Count * 8);

  const tableAt = ({ bytes, start }: Page, index: number): number => {
    const at = l1Offset + index * 8 - start;
    return settings.tableOffset(bytes.readUInt32BE(at), bytes.readUInt32BE(at + 4));
  };

  const runs = async (offset: number, length: number, backing?: Media): Promise<readonly Run[]> => {
    const list = new RunList(offset, backing);
    const end = offset + length;
    const endIndex = Math.ceil(end / span);
    let l1: Page | undefined;
    while (list.at < end && list.runs.length < MAP_AT_ONCE) {
      const index = Math.floor(list.at / span);
      const position = l1Offset + index * 8;
      if (l1 === undefined || position >= l1.end) l1 = await pages.at(position);
      const stopIndex = Math.min(endIndex, index + (l1.end - position) / 8);
      let next = index;
      while (next < stopIndex && tableAt(l1, next) === 0) next++;
      if (next > index) {
        list.unwritten(Math.min(end, next * span) - list.at);
        continue;
      }
      const table = tableAt(l1, index);
      const stop = Math.min(end, (index + 1) * span);
      if (isTable(table)) await addTable(list, table, stop);
      else list.broken(damaged, stop - list.at);
    }
    return list.runs;
  };

  const addTable = async (list: RunList, table: number, stop: number): Promise<void> => {
    let page: Page | undefined;
    while (list.at < stop && list.runs.length < MAP_AT_ONCE) {
      const skip = list.at % clusterSize;
      const clusterOffset = list.at - skip;
      const position = table + ((clusterOffset / clusterSize) % entriesPerTable) * entrySize;
      if (page === undefined || position >= page.end) page = await pages.at(position);
      const length = Math.min(clusterSize - skip, stop - list.at);
      settings.addCluster(list, page.bytes, position - page.start, clusterOffset, skip, length);
    }
  };

  /** @returns the entries that have a table. @throws Fault when many of them share one. */
  const checkTables = async (): Promise<{ indexes: number[]; warnings: Fault[] }> => {
    const indexes: number[] = [];
    const tables: number[] = [];
    let damagedCount = 0;
    for (let index = 0; index < l1Count; ) {
      const page = await pages.at(l1Offset + index * 8);
      const stop = Math.min(l1Count, index + (page.end - l1Offset - index * 8) / 8);
      for (; index < stop; index++) {
        const table = tableAt(page, index);
        if (table === 0) continue;
        if (!isTable(table)) damagedCount++;
        else {
          indexes.push(index);
          tables.push(table);
        }
      }
      // More tables than the file has room for: so many share a place that counting them can be spared.
      const least = tables.length - Math.floor(container.size / tableSize);
      if (least * entriesPerTable > MOST_SHARED) throw sharedTables(format, least, l1Count);
    }
    const places = new Float64Array(tables).sort();
    let sharedCount = 0;
    for (let i = 1; i < places.length; i++) if ((places[i] ?? 0) - (places[i - 1] ?? 0) < tableSize) sharedCount++;
    const warnings: Fault[] = [];
    if (damagedCount > 0) {
      const message = `${damagedCount} of ${l1Count} tables of clusters can't lie where the image says, or are cut off; what they describe can't be read`;
      const facts = { tables: l1Count, damaged: damagedCount };
      warnings.push(new Fault(FaultKind.Corrupt, `${format}/tables-damaged`, message, facts));
    }
    if (sharedCount * entriesPerTable > MOST_SHARED) throw sharedTables(format, sharedCount, l1Count);
    if (sharedCount > 0) warnings.push(sharedTables(format, sharedCount, l1Count));
    return { indexes, warnings };
  };

  const checkClusters = async (indexes: readonly number[]): Promise<Fault[]> => {
    let length = 0;
    for (const index of indexes)
      for (let at = index * span, end = Math.min(size, at + span); at < end; )
        for (const run of await runs(at, end - at)) {
          if (run.kind === 'stored' && settings.broken.includes(run.source)) length += run.length;
          at += run.length;
        }
    if (length === 0) return [];
    const message = `${length} bytes of the medium can't be read: their clusters lie past the end of the file (${container.size} bytes) or where none can lie; ask for a whole copy`;
    return [new Fault(FaultKind.Truncated, `${format}/clusters-damaged`, message, { length, size: container.size })];
  };

  const { indexes, warnings } = await checkTables();
  if (indexes.length * tableSize <= CHECKED_AT_OPEN) warnings.push(...(await checkClusters(indexes)));
  return { warnings, runs };
}

function sharedTables(format: string, shared: number, tables: number): Fault {
  const message = `${shared} of ${tables} tables of clusters lie on top of another one; the image is damaged or forged`;
  return new Fault(FaultKind.Corrupt, `${format}/tables-shared`, message, { shared, tables });
}

function checkL1(format: string, offset: number, count: number, size: number): void {
  const facts = { offset, count, size };
  if (count * 8 > LARGEST_L1) {
    const message = `the image needs a first table of ${count} entries; more than ${LARGEST_L1 / 8} are not believed`;
    throw new Fault(FaultKind.Corrupt, `${format}/l1-size`, message, facts);
  }
  if (offset + count * 8 > size) {
    const message = `the first table (byte ${offset}, ${count} entries) is not in the file of ${size} bytes; the image is cut`;
    throw new Fault(FaultKind.Truncated, `${format}/l1-outside`, message, facts);
  }
}
