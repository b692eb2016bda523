/** Enters the files of a survey into SQLite: folders and names once each, a hundred files to a statement. */
import { setImmediate } from 'node:timers/promises';
import type { EntityManager } from 'typeorm';
import { dataOf, type SurveyedFile, type SurveyedStream, type SurveyedVolume } from '#ingest/survey';
import type { KnownDigests } from '../known/known-digests.port.ts';
import { digestKey, extensionOf, folded } from './folded.ts';

/** Folders whose ids are remembered while a volume is entered. */
const MOST_REMEMBERED = 100_000;
/** Runs that are kept in the row; a file in more pieces is read through its file system. */
const MOST_RUNS = 200;

const COLUMNS = [
  'name',
  'extension',
  'kind',
  'stream',
  'entry',
  'size',
  'sha256',
  'md5',
  'sha1',
  'sha256_key',
  'md5_key',
  'sha1_key',
  'puid',
  'format',
  'mime',
  'modified',
  'is_deleted',
  'has_unread',
  'runs',
  'details',
] as const;

type Cell = string | number | null;

/** Rows to a statement: more of them gain nothing. */
const ROWS = 100;
/** Files whose rows are made at once. */
const PART = 1000;
const WIDTH = COLUMNS.length + 3;
const ROW = `(${Array.from({ length: WIDTH }, () => '?').join(', ')})`;
const insertion = (rowCount: number): string =>
  `INSERT INTO disk_file(volume_id, folder_id, name_id, ${COLUMNS.join(', ')}) VALUES ${Array.from({ length: rowCount }, () => ROW).join(', ')}`;
const INSERT_ONE = insertion(1);
const INSERT_MANY = insertion(ROWS);

/** Removes what was entered of a package; the names stay, for others. */
export async function removeRows(manager: EntityManager, packageId: string): Promise<void> {
  const volumes = 'SELECT id FROM disk_volume WHERE package_id = ?';
  const folders = `SELECT id FROM disk_folder WHERE volume_id IN (${volumes})`;
  await manager.query(`DELETE FROM disk_file WHERE folder_id IN (${folders})`, [packageId]);
  await manager.query(`DELETE FROM disk_folder WHERE volume_id IN (${volumes})`, [packageId]);
  await manager.query('DELETE FROM disk_volume WHERE package_id = ?', [packageId]);
}

/** The id of its row. */
export async function insertVolume(manager: EntityManager, packageId: string, volume: SurveyedVolume): Promise<number> {
  const { index, scheme, number, offset, length, type, title, label, fileSystem, remarks } = volume;
  const [row] = await manager.query<{ id: number }[]>(
    `INSERT INTO disk_volume(package_id, number, scheme, slot, "offset", length, type, title, label, serial, file_system, file_system_title,
       is_listed, is_encrypted, remarks, facts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
    [
      packageId,
      index,
      scheme,
      number,
      offset,
      length,
      type,
      title ?? null,
      fileSystem?.label === undefined || fileSystem.label === '' ? (label ?? '') : fileSystem.label,
      fileSystem?.serial ?? null,
      fileSystem?.format ?? null,
      fileSystem?.type ?? null,
      Number(fileSystem?.isListed ?? false),
      Number(fileSystem?.isEncrypted ?? false),
      JSON.stringify(remarks),
      JSON.stringify(fileSystem?.facts ?? {}),
    ],
  );
  if (row === undefined) throw new RangeError('a volume without a row');
  return row.id;
}

/** The files of one volume, batch after batch. */
export class FileRows {
  readonly #folders = new Map<string, number>();

  constructor(
    private readonly volumeId: number,
    private readonly known: KnownDigests,
  ) {}

  /** In the transaction of `manager`. */
  async insert(manager: EntityManager, files: readonly SurveyedFile[]): Promise<void> {
    const [last] = await manager.query<{ id: number | null }[]>('SELECT max(id) AS id FROM disk_file');
    for (let at = 0; at < files.length; at += PART) await this.#insertPart(manager, files.slice(at, at + PART));
    await this.known.markNew(manager, last?.id ?? 0);
  }

  async #insertPart(manager: EntityManager, files: readonly SurveyedFile[]): Promise<void> {
    await this.#knowFolders(manager, [...new Set(files.map(({ path }) => folderOf(path)))]);
    const names = await namesOf(manager, files);
    const cells: Cell[] = [];
    for (const file of files) this.#addRows(file, names, cells);
    let at = 0;
    for (; at + ROWS * WIDTH <= cells.length; at += ROWS * WIDTH) {
      await manager.query(INSERT_MANY, cells.slice(at, at + ROWS * WIDTH));
      // SQLite answers before it returns: without this nobody else would be heard until all are entered.
      await setImmediate();
    }
    for (; at < cells.length; at += WIDTH) await manager.query(INSERT_ONE, cells.slice(at, at + WIDTH));
  }

  async #knowFolders(manager: EntityManager, paths: readonly string[]): Promise<void> {
    if (this.#folders.size > MOST_REMEMBERED) this.#folders.clear();
    const unknown = JSON.stringify(paths.filter((path) => !this.#folders.has(path)));
    if (unknown === '[]') return;
    await manager.query('INSERT OR IGNORE INTO disk_folder(volume_id, path) SELECT ?, value FROM json_each(?)', [
      this.volumeId,
      unknown,
    ]);
    const rows = await manager.query<{ id: number; path: string }[]>(
      'SELECT id, path FROM disk_folder WHERE volume_id = ? AND path IN (SELECT value FROM json_each(?))',
      [this.volumeId, unknown],
    );
    for (const { id, path } of rows) this.#folders.set(path, id);
  }

  /** Volume, folder, name, then COLUMNS; one row for the file, one for each of its further streams. */
  #addRows(file: SurveyedFile, names: ReadonlyMap<string, Name>, cells: Cell[]): void {
    const folder = this.#folders.get(folderOf(file.path));
    const text = nameOf(file.path);
    const name = names.get(text);
    if (folder === undefined || name === undefined) throw new RangeError(`the folder or the name of ${file.path} has no row`);
    const data = dataOf(file);
    cells.push(this.volumeId, folder, name.id, text, name.extension, file.kind, null);
    addCells(file, data, cells);
    for (const stream of file.streams) {
      if (stream === data) continue;
      const told = stream.name === '' ? stream.kind : `${stream.kind}:${stream.name}`;
      cells.push(this.volumeId, folder, name.id, text, name.extension, file.kind, told);
      addCells(file, stream, cells);
    }
  }
}

interface Name {
  readonly id: number;
  readonly extension: string;
}

/** The names of files with their rows, which those have that had none. */
async function namesOf(manager: EntityManager, files: readonly SurveyedFile[]): Promise<Map<string, Name>> {
  const foldedNames = new Map<string, string>();
  for (const { path } of files) {
    const name = nameOf(path);
    if (!foldedNames.has(name)) foldedNames.set(name, folded(name));
  }
  const all = JSON.stringify([...new Set(foldedNames.values())]);
  const [last] = await manager.query<{ id: number | null }[]>('SELECT max(id) AS id FROM file_name');
  await manager.query('INSERT OR IGNORE INTO file_name(folded) SELECT value FROM json_each(?)', [all]);
  await manager.query('INSERT INTO file_name_text(rowid, folded) SELECT id, folded FROM file_name WHERE id > ?', [last?.id ?? 0]);
  const rows = await manager.query<{ id: number; folded: string }[]>(
    'SELECT id, folded FROM file_name WHERE folded IN (SELECT value FROM json_each(?))',
    [all],
  );
  const ids = new Map(rows.map(({ id, folded: text }) => [text, id]));
  const names = new Map<string, Name>();
  for (const [name, text] of foldedNames) {
    const id = ids.get(text);
    if (id !== undefined) names.set(name, { id, extension: extensionOf(name) });
  }
  return names;
}

function addCells(file: SurveyedFile, stream: SurveyedStream | undefined, cells: Cell[]): void {
  const { sha256 = null, md5 = null, sha1 = null } = stream?.digests ?? {};
  const key = (digest: string | null): number | null => (digest === null ? null : digestKey(digest));
  cells.push(
    file.id,
    stream?.size ?? 0,
    sha256,
    md5,
    sha1,
    key(sha256),
    key(md5),
    key(sha1),
    stream?.format?.puid ?? null,
    stream?.format?.title ?? null,
    stream?.format?.mime ?? null,
    file.times.modified?.text ?? null,
    Number(file.isDeleted),
    Number(stream?.unread !== undefined),
    runsOf(stream),
    detailsOf(file, stream),
  );
}

/** Undefined runs, packed ones and too many: the file system must be asked. */
function runsOf(stream: SurveyedStream | undefined): string | null {
  if (stream === undefined || stream.hasMoreRuns === true || stream.runs.length > MOST_RUNS) return null;
  const simple = stream.runs.every(
    ({ kind, imageOffset }) => kind === 'zero' || (kind === 'stored' && imageOffset !== undefined),
  );
  if (!simple) return null;
  return JSON.stringify(stream.runs.map(({ fileOffset, length, imageOffset = -1 }) => [fileOffset, length, imageOffset]));
}

const TOLD_TIMES = ['created', 'accessed', 'changed', 'backedUp', 'deleted', 'modified'] as const;

function detailsOf(file: SurveyedFile, stream: SurveyedStream | undefined): string | null {
  const times: Record<string, string> = {};
  let hasTimes = false;
  for (const name of TOLD_TIMES) {
    const stamp = file.times[name];
    // When it was modified has a column of its own, unless that is no date.
    if (stamp === undefined || (name === 'modified' && stamp.text !== undefined)) continue;
    times[name] = stamp.text ?? `impossible: ${stamp.doubt}`;
    hasTimes = true;
  }
  const remarks = [...(file.remarks ?? []), ...(stream?.remark === undefined ? [] : [stream.remark])].map(
    ({ message }) => message,
  );
  const all = {
    times: hasTimes ? times : undefined,
    attributes: file.attributes.length === 0 ? undefined : file.attributes,
    target: file.target,
    facts: file.facts,
    tree: file.tree,
    mode: file.mode,
    ownerId: file.ownerId,
    groupId: file.groupId,
    packing: stream?.packing,
    doubt: stream?.doubt,
    unread: stream?.unread?.slice(0, 100),
    formatBasis: stream?.format?.basis,
    encoding: stream?.format?.encoding,
    formatMismatch: stream?.format?.mismatch,
    remarks: remarks.length === 0 ? undefined : remarks,
  };
  const text = JSON.stringify(all);
  return text === '{}' ? null : text;
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
