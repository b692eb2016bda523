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
const MOST_SHARED = 1 << 24;
/** Tables of that many bytes in all are looked through when the image is opened. */
const CHECKED_AT_OPEN = 2 * 1024 * 1024;

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

  const runs = async (offset: number, length: number, backing?: Media): Promise<readonly Run[]> => {
    const list = new RunList(offset, backing);
    const end = offset + length;
    let l1: Page | undefined;
    while (list.at < end && list.runs.length < MAP_AT_ONCE) {
      const index = Math.floor(list.at / span);
      const position = l1Offset + index * 8;
      if (l1 === undefined || position >= l1.end) l1 = await pages.at(position);
      const table = settings.tableOffset(...halves(l1, position));
      const stop = Math.min(end, (index + 1) * span);
      if (table === 0) list.unwritten(stop - list.at);
      else if (isTable(table)) await addTable(list, table, stop);
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

  /** Every table there is, in order of place. @throws Fault when many entries share one. */
  const checkTables = async (): Promise<{ tableCount: number; warnings: Fault[] }> => {
    const tables: number[] = [];
    let damagedCount = 0;
    let l1: Page | undefined;
    for (let index = 0; index < l1Count; index++) {
      const position = l1Offset + index * 8;
      if (l1 === undefined || position >= l1.end) l1 = await pages.at(position);
      const table = settings.tableOffset(...halves(l1, position));
      if (table === 0) continue;
      if (isTable(table)) tables.push(table);
      else damagedCount++;
    }
    const places = Float64Array.from(tables).sort();
    const sharedCount = places.reduce((n, place, i) => (i > 0 && place - (places[i - 1] ?? 0) < tableSize ? n + 1 : n), 0);
    const facts = { tables: l1Count, damaged: damagedCount, shared: sharedCount };
    const warnings: Fault[] = [];
    if (damagedCount > 0) {
      const message = `${damagedCount} of ${l1Count} tables of clusters can't lie where the image says, or are cut off; what they describe can't be read`;
      warnings.push(new Fault(FaultKind.Corrupt, `${format}/tables-damaged`, message, facts));
    }
    if (sharedCount > 0) {
      const message = `${sharedCount} tables of clusters lie on top of another one; the image is damaged or forged`;
      const fault = new Fault(FaultKind.Corrupt, `${format}/tables-shared`, message, facts);
      if (sharedCount * entriesPerTable > MOST_SHARED) throw fault;
      warnings.push(fault);
    }
    return { tableCount: tables.length, warnings };
  };

  const checkClusters = async (): Promise<Fault[]> => {
    let length = 0;
    for (let at = 0; at < size; )
      for (const run of await runs(at, size - at)) {
        if (run.kind === 'stored' && settings.broken.includes(run.source)) length += run.length;
        at += run.length;
      }
    if (length === 0) return [];
    const message = `${length} bytes of the medium can't be read: their clusters lie past the end of the file (${container.size} bytes) or where none can lie; ask for a whole copy`;
    return [new Fault(FaultKind.Truncated, `${format}/clusters-damaged`, message, { length, size: container.size })];
  };

  const { tableCount, warnings } = await checkTables();
  if (tableCount * tableSize <= CHECKED_AT_OPEN) warnings.push(...(await checkClusters()));
  return { warnings, runs };
}

function halves({ bytes, start }: Page, position: number): [high: number, low: number] {
  return [bytes.readUInt32BE(position - start), bytes.readUInt32BE(position - start + 4)];
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
