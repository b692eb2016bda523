/** Enters the files of a survey into SQLite: folders and names once each, thousands of files to a statement. */
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
    if (files.length === 0) return;
    await this.#knowFolders(manager, [...new Set(files.map(({ path }) => folderOf(path)))]);
    const rows = files.flatMap((file) => this.#rowsOf(file));
    await insertNames(manager, [...new Set(rows.map(([, name]) => String(name)))]);
    const values = COLUMNS.map((_, index) => `json_extract(row.value, '$[${index + 2}]')`).join(', ');
    const [last] = await manager.query<{ id: number | null }[]>('SELECT max(id) AS id FROM disk_file');
    await manager.query(
      `INSERT INTO disk_file(volume_id, folder_id, name_id, ${COLUMNS.join(', ')})
       SELECT ?, json_extract(row.value, '$[0]'), file_name.id, ${values}
       FROM json_each(?) AS row JOIN file_name ON file_name.folded = json_extract(row.value, '$[1]') ORDER BY row.key`,
      [this.volumeId, JSON.stringify(rows)],
    );
    await this.known.markNew(manager, last?.id ?? 0);
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

  /** Folder, folded name, then COLUMNS; one row for the file, one for each of its further streams. */
  #rowsOf(file: SurveyedFile): Cell[][] {
    const folder = this.#folders.get(folderOf(file.path));
    if (folder === undefined) throw new RangeError(`the folder of ${file.path} has no row`);
    const data = dataOf(file);
    const name = file.path.slice(file.path.lastIndexOf('/') + 1);
    const head = [folder, folded(name), name, extensionOf(name), file.kind];
    const others = file.streams.filter((stream) => stream !== data);
    return [
      [...head, null, ...cellsOf(file, data)],
      ...others.map((stream) => [
        ...head,
        stream.name === '' ? stream.kind : `${stream.kind}:${stream.name}`,
        ...cellsOf(file, stream),
      ]),
    ];
  }
}

async function insertNames(manager: EntityManager, names: readonly string[]): Promise<void> {
  const [last] = await manager.query<{ id: number | null }[]>('SELECT max(id) AS id FROM file_name');
  await manager.query('INSERT OR IGNORE INTO file_name(folded) SELECT value FROM json_each(?)', [JSON.stringify(names)]);
  await manager.query('INSERT INTO file_name_text(rowid, folded) SELECT id, folded FROM file_name WHERE id > ?', [last?.id ?? 0]);
}

function cellsOf(file: SurveyedFile, stream: SurveyedStream | undefined): Cell[] {
  const { sha256 = null, md5 = null, sha1 = null } = stream?.digests ?? {};
  const key = (digest: string | null): number | null => (digest === null ? null : digestKey(digest));
  return [
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
  ];
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

function detailsOf(file: SurveyedFile, stream: SurveyedStream | undefined): string | null {
  const { created, accessed, changed, backedUp, deleted, modified } = file.times;
  const times = { created, accessed, changed, backedUp, deleted, ...(modified?.text === undefined ? { modified } : {}) };
  const said = Object.entries(times).flatMap(([name, stamp]) =>
    stamp === undefined ? [] : [[name, stamp.text ?? `impossible: ${stamp.doubt}`]],
  );
  const remarks = [...(file.remarks ?? []), ...(stream?.remark === undefined ? [] : [stream.remark])].map(
    ({ message }) => message,
  );
  const all = {
    times: said.length === 0 ? undefined : Object.fromEntries(said),
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

export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
