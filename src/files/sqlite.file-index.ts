/** The index of files inside disks, by SQLite. */
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import { EntryKind, type SurveyedFile, type SurveyItem } from '#ingest/survey';
import { cursorOf, readCursor } from '../common/paging.ts';
import { KnownDigests } from '../known/known-digests.port.ts';
import { type Facet, FileIndex, type FoundFile, type IndexedCounts } from './file-index.port.ts';
import type { FileScanView, FilesQuery } from './files.dto.ts';
import { digestColumn, knownOf, type Stage, stagesOf } from './sqlite.file-query.ts';
import { digestKey } from './folded.ts';
import { FileRows, insertVolume, removeRows } from './sqlite.file-rows.ts';

/**
 * Files in one transaction. Their digests lie all over their indexes: the more are entered at once, the more share a page that is written.
 * Others must be able to write in between, and wait for a second at most.
 */
const AT_ONCE = 10_000;
/** Of pages, while files are entered, in KiB. */
const CACHE = 48 * 1024;

const SELECTED = `f.id AS id, v.package_id AS "packageId", p.title AS "packageTitle", p.accession_number AS accession, v.number AS volume,
  v.label AS "volumeLabel", d.path AS folder, f.name AS name, f.kind AS kind, f.stream AS stream, f.entry AS entry, f.size AS size,
  f.sha256 AS sha256, f.md5 AS md5, f.sha1 AS sha1, f.puid AS puid, f.format AS format, f.mime AS mime, f.modified AS modified,
  f.is_deleted AS "isDeleted", f.has_unread AS "hasUnread", f.is_known AS "isKnown", f.runs AS runs, f.details AS details,
  (SELECT json_object('outcome', s.outcome, 'found', s.found, 'because', s.because, 'at', s.at, 'scanner', json(c.said))
   FROM file_scan s LEFT JOIN scanner c ON c.id = s.scanner_id WHERE s.disk_file_id = f.id) AS scan`;
const JOINED =
  'disk_file f JOIN disk_folder d ON d.id = f.folder_id JOIN disk_volume v ON v.id = f.volume_id JOIN package p ON p.id = v.package_id';

type Row = Omit<FoundFile, 'isDeleted' | 'hasUnread' | 'isKnown' | 'scan' | 'details'> & {
  isDeleted: number;
  hasUnread: number;
  isKnown: number;
  scan: string | null;
  details: string | null;
};
/** Entries of one path: a file, its streams, deleted namesakes. A forged folder could have millions. */
const MOST_NAMED = 10_000;

type Key = readonly (string | number)[];

@Injectable()
export class SqliteFileIndex extends FileIndex {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly known: KnownDigests,
  ) {
    super();
  }

  async replace(packageId: string, items: AsyncIterable<SurveyItem>): Promise<IndexedCounts> {
    const counts = { volumes: 0, files: 0, directories: 0, deleted: 0, unread: 0, bytes: 0, digested: 0 };
    await this.database.transaction((manager) => removeRows(manager, packageId));
    let rows: FileRows | undefined;
    let waiting: SurveyedFile[] = [];
    // One handle for all, so that its pages stay at hand; released, it is as new.
    const runner = this.database.createQueryRunner();
    const flush = async (): Promise<void> => {
      const files = waiting;
      waiting = [];
      await runner.startTransaction();
      try {
        await rows?.insert(runner.manager, files);
        await runner.commitTransaction();
      } catch (error) {
        await runner.rollbackTransaction();
        throw error;
      }
    };
    try {
      await runner.connect();
      await runner.query(`PRAGMA cache_size = -${CACHE}`);
      for await (const item of items) {
        if (item.kind === 'volume') {
          counts.volumes += 1;
          const volume = await this.database.transaction((manager) => insertVolume(manager, packageId, item.volume));
          rows = new FileRows(volume, this.known);
        } else if (item.kind === 'files')
          for (const file of item.files) {
            count(file, counts);
            waiting.push(file);
            if (waiting.length >= AT_ONCE) await flush();
          }
        else if (item.kind === 'end' && waiting.length > 0) await flush();
      }
    } finally {
      await runner.release();
    }
    return counts;
  }

  async find(
    query: FilesQuery,
    limit: number,
    after: string | undefined,
  ): Promise<{ files: FoundFile[]; next: string | undefined }> {
    const stages = stagesOf(query);
    const cursor = after === undefined ? undefined : readStageCursor(after, stages);
    const found: { row: Row; stage: number; key: Key }[] = [];
    for (const [number, stage] of stages.entries()) {
      if (number < (cursor?.stage ?? 0) || found.length > limit) continue;
      const key = number === cursor?.stage ? cursor.key : undefined;
      for (const row of await this.rows(stage, SELECTED, limit + 1 - found.length, key))
        found.push({ row, stage: number, key: keyOf(row, stage) });
    }
    const last = found[limit - 1];
    const next = found.length > limit && last !== undefined ? cursorOf([last.stage, ...last.key]) : undefined;
    return { files: found.slice(0, limit).map(({ row }) => fileOf(row)), next };
  }

  async facets(
    query: FilesQuery,
    most: number,
  ): Promise<{ count: number; hidden: number; facets: Readonly<Record<string, Facet[]>> }> {
    const columns =
      'f.extension AS extension, f.puid AS puid, f.format AS format, p.id AS package, p.title AS title, p.accession_number AS accession';
    const counts = { extension: new Counter(), format: new Counter(), package: new Counter(), accession: new Counter() };
    let count = 0;
    for (const stage of stagesOf(query)) {
      if (count >= most) break;
      for (const row of await this.rows<Record<string, string | null>>(stage, columns, most - count)) {
        count += 1;
        counts.extension.add(row['extension'] ?? '');
        if (row['puid'] !== null || row['format'] !== null) counts.format.add(row['puid'] ?? row['format'] ?? '', row['format']);
        counts.package.add(row['package'] ?? '', row['title']);
        if (row['accession'] !== null) counts.accession.add(row['accession'] ?? '');
      }
    }
    return {
      count,
      hidden: await this.hidden(query, most),
      facets: Object.fromEntries(Object.entries(counts).map(([name, counter]) => [name, counter.top()])),
    };
  }

  async folder(volumeId: number, path: string, limit: number, after: Key | undefined): Promise<FoundFile[]> {
    const rows = await this.database.query<Row[]>(
      `SELECT ${SELECTED} FROM ${JOINED} WHERE d.volume_id = ? AND d.path = ? AND (f.name, f.id) > (?, ?) ORDER BY f.name, f.id LIMIT ?`,
      [volumeId, path, ...(after ?? ['', -1]), limit],
    );
    return rows.map(fileOf);
  }

  /** What is left of one folder, then the folders behind it: both are sought in their indexes, however far the listing is. */
  async tree(volumeId: number, root: string, limit: number, after: Key | undefined): Promise<FoundFile[]> {
    const [folder = root, name = '', id = -1] = after ?? [];
    const select = (condition: string, order: string): string =>
      `SELECT ${SELECTED} FROM disk_folder d CROSS JOIN disk_file f ON f.folder_id = d.id CROSS JOIN disk_volume v ON v.id = d.volume_id
       CROSS JOIN package p ON p.id = v.package_id WHERE d.volume_id = ? AND ${condition} ORDER BY ${order} LIMIT ?`;
    const rest = select('d.path = ? AND (f.name, f.id) > (?, ?)', 'f.name, f.id');
    const rows = await this.database.query<Row[]>(rest, [volumeId, folder, name, id, limit]);
    if (rows.length < limit) {
      const beneath = root === '' ? '' : `${root}/`;
      const further = select('d.path > ? AND d.path < ?', 'd.path, f.name, f.id');
      const from = folder === root ? beneath : folder;
      rows.push(...(await this.database.query<Row[]>(further, [volumeId, from, `${beneath}\u{10ffff}`, limit - rows.length])));
    }
    return rows.map(fileOf);
  }

  async named(volumeId: number, folder: string, name: string): Promise<FoundFile[]> {
    const rows = await this.database.query<Row[]>(
      `SELECT ${SELECTED} FROM ${JOINED} WHERE d.volume_id = ? AND d.path = ? AND f.name = ? ORDER BY f.id LIMIT ?`,
      [volumeId, folder, name, MOST_NAMED],
    );
    return rows.map(fileOf);
  }

  async byPath(volumeId: number, folder: string, name: string, stream: string | null): Promise<FoundFile | undefined> {
    const rows = await this.database.query<Row[]>(
      `SELECT ${SELECTED} FROM ${JOINED} WHERE d.volume_id = ? AND d.path = ? AND f.name = ? AND f.stream IS ? ORDER BY f.is_deleted, f.id LIMIT 1`,
      [volumeId, folder, name, stream],
    );
    return rows.map(fileOf)[0];
  }

  async withDigest(digest: string, limit: number): Promise<FoundFile[]> {
    const column = digestColumn(digest);
    const rows = await this.database.query<Row[]>(
      `SELECT ${SELECTED} FROM ${JOINED} WHERE f.${column}_key = ? AND f.${column} = ? ORDER BY f.id LIMIT ?`,
      [digestKey(digest), digest, limit],
    );
    return rows.map(fileOf);
  }

  /** Known files that fit but for being known. */
  private async hidden(query: FilesQuery, most: number): Promise<number> {
    let count = 0;
    for (const stage of knownOf(query) === 'hide' ? stagesOf({ ...query, known: 'only' }) : [])
      if (count < most) count += (await this.rows(stage, 'f.id AS id', most - count)).length;
    return count;
  }

  private async rows<T = Row>(
    { from, where, parameters, order, comesInOrder }: Stage,
    columns: string,
    limit: number,
    after?: Key,
  ): Promise<T[]> {
    const conditions = [...where];
    const values: (string | number)[] = [...parameters];
    if (after !== undefined) {
      // The first column by itself besides, since a virtual table takes no row of values.
      conditions.push(`${order[0] ?? ''} >= ?`, `(${order.join(', ')}) > (${order.map(() => '?').join(', ')})`);
      values.push(after[0] ?? 0, ...after);
    }
    const filter = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
    const keys = order.map((column, index) => `${column} AS "key${index}"`).join(', ');
    const sorted = comesInOrder === true ? '' : `ORDER BY ${order.join(', ')}`;
    return this.database.query<T[]>(`SELECT ${columns}, ${keys} FROM ${from} ${filter} ${sorted} LIMIT ?`, [...values, limit]);
  }
}

/** How often each value came. */
class Counter {
  readonly #counts = new Map<string, { value: string; title: string | null; count: number }>();

  add(value: string, title: string | null = null): void {
    const known = this.#counts.get(value);
    if (known === undefined) this.#counts.set(value, { value, title, count: 1 });
    else known.count += 1;
  }

  /** The twenty most frequent. */
  top(): Facet[] {
    return [...this.#counts.values()].toSorted((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1)).slice(0, 20);
  }
}

function keyOf(row: Row, { order }: Stage): Key {
  const keys = row as unknown as Record<string, string | number>;
  return order.map((_, index) => keys[`key${index}`] ?? '');
}

function readStageCursor(after: string, stages: readonly Stage[]): { stage: number; key: Key } {
  const [first, ...key] = readCursor(after, ...stages.map(({ order }) => order.length + 1));
  const stage = stages.findIndex(({ order }, index) => index === first && order.length === key.length);
  return stage === -1 ? { stage, key: readCursor(after) } : { stage, key };
}

function fileOf({ isDeleted, hasUnread, isKnown, scan, details, ...row }: Row): FoundFile {
  return {
    ...row,
    isDeleted: isDeleted !== 0,
    hasUnread: hasUnread !== 0,
    isKnown: isKnown !== 0,
    scan: scan === null ? null : (JSON.parse(scan) as FileScanView),
    details: details === null ? null : (JSON.parse(details) as Record<string, unknown>),
  };
}

function count(file: SurveyedFile, counts: { -readonly [K in keyof IndexedCounts]: number }): void {
  const [data] = file.streams;
  if (data?.digests !== undefined) counts.digested += 1;
  if (file.isDeleted) counts.deleted += 1;
  else if (file.kind === EntryKind.Directory) counts.directories += 1;
  else {
    counts.files += 1;
    counts.bytes += data?.size ?? 0;
    if (data?.unread !== undefined) counts.unread += 1;
  }
}
