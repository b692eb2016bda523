/** A search for files as SQL for SQLite: which index leads, in which order its answers come, and what else they must be. */
import type { FilesQuery } from './files.dto.ts';
import { digestKey, folded } from './folded.ts';

/** Part of a search that one index leads. */
export interface Stage {
  /** FROM, with the leading table first; the others follow it by CROSS JOIN, which SQLite keeps in order. */
  readonly from: string;
  readonly where: readonly string[];
  readonly parameters: readonly (string | number)[];
  /** Columns that the answers come sorted by; the last of them unique. */
  readonly order: readonly string[];
  /** It comes so by itself, but SQLite does not know: told to sort, it would collect all before it gives the first. */
  readonly comesInOrder?: true;
}

const REST =
  'CROSS JOIN disk_folder d ON d.id = f.folder_id CROSS JOIN disk_volume v ON v.id = f.volume_id CROSS JOIN package p ON p.id = v.package_id';
const FROM_PACKAGE =
  'package p CROSS JOIN disk_volume v ON v.package_id = p.id CROSS JOIN disk_folder d ON d.volume_id = v.id CROSS JOIN disk_file f INDEXED BY IDX_disk_file_folder ON f.folder_id = d.id';
const IN_PACKAGE = ['v.id', 'd.path', 'f.name', 'f.id'];
/** Another file or stream with the same bytes; a digest's first bits find it, the whole digest decides. */
const SAME = 'SELECT 1 FROM disk_file o WHERE o.sha256_key = f.sha256_key AND o.sha256 = f.sha256 AND o.id <> f.id';
/** Trigrams find what has three letters or more. */
const SHORTEST = 3;

/** Whether known files are found: who names a digest means that very file. */
export function knownOf({ known, digest }: FilesQuery): 'include' | 'only' | 'hide' {
  return known ?? (digest === undefined ? 'hide' : 'include');
}

/** The stages of a search, one after the other: what is nobody else's before what is known. */
export function stagesOf(query: FilesQuery): Stage[] {
  const known = knownOf(query);
  return [...(known === 'only' ? [] : stagesFor(query, 0)), ...(known === 'hide' ? [] : stagesFor(query, 1))];
}

/** Each index that leads is named: without statistics SQLite would take one that only tells the known from the others. */
function stagesFor(query: FilesQuery, isKnown: 0 | 1): Stage[] {
  const { where, parameters } = filtersOf(query, isKnown);
  const stage = (
    from: string,
    order: readonly string[],
    first: readonly string[] = [],
    values: readonly (string | number)[] = [],
  ): Stage => ({
    from,
    where: [...first, ...where],
    parameters: [...values, ...parameters],
    order,
  });
  if (query.digest !== undefined)
    return [stage(`disk_file f INDEXED BY IDX_disk_file_${digestColumn(query.digest)}_key ${REST}`, ['f.id'])];
  if (query.q !== undefined) return nameStages(query, stage);
  // Few files are infected: they lead, whatever else is asked of them.
  if (query.scan === 'infected') {
    const infected =
      "file_scan i INDEXED BY IDX_file_scan_outcome CROSS JOIN disk_file f ON i.outcome = 'infected' AND f.id = i.disk_file_id";
    return [stage(`${infected} ${REST}`, ['f.id'])];
  }
  if (query.package !== undefined || query.accession !== undefined) return [stage(FROM_PACKAGE, IN_PACKAGE)];
  if (query.extension !== undefined) return [stage(`disk_file f INDEXED BY IDX_disk_file_extension ${REST}`, ['f.id'])];
  if (query.puid !== undefined) return [stage(`disk_file f INDEXED BY IDX_disk_file_puid ${REST}`, ['f.id'])];
  if (query.path !== undefined) {
    const from =
      'disk_folder d CROSS JOIN disk_file f INDEXED BY IDX_disk_file_folder ON f.folder_id = d.id CROSS JOIN disk_volume v ON v.id = f.volume_id CROSS JOIN package p ON p.id = v.package_id';
    return [stage(from, ['d.path', 'd.id', 'f.name', 'f.id'])];
  }
  if (query.from !== undefined || query.to !== undefined)
    return [stage(`disk_file f INDEXED BY IDX_disk_file_modified ${REST}`, ['f.modified', 'f.id'])];
  if (query.minSize !== undefined || query.maxSize !== undefined)
    return [stage(`disk_file f INDEXED BY IDX_disk_file_size ${REST}`, ['f.size', 'f.id'])];
  // Of all files many may be known or few: their sizes are the only index that leads to either alone.
  if (isKnown === 1) return [stage(`disk_file f INDEXED BY IDX_disk_file_size ${REST}`, ['f.size', 'f.id'])];
  return [stage(`disk_file f NOT INDEXED ${REST}`, ['f.id'])];
}

/** First the names that begin with the query, in order of the alphabet; then those that have all its words anywhere. */
function nameStages(
  { q = '' }: FilesQuery,
  stage: (from: string, order: readonly string[], first: readonly string[], values: readonly (string | number)[]) => Stage,
): Stage[] {
  const phrase = folded(q.trim());
  const words = phrase.split(/\s+/).filter((word) => word !== '');
  const files = `CROSS JOIN disk_file f INDEXED BY IDX_disk_file_name ON f.name_id = n.id ${REST}`;
  const begins = ['n.folded >= ?', 'n.folded < ?'];
  const range = [phrase, afterPrefix(phrase)];
  const first = stage(`file_name n ${files}`, ['n.folded', 'f.id'], begins, range);
  const long = words.filter((word) => Array.from(word).length >= SHORTEST);
  if (long.length === 0) return [first];
  const short = words.filter((word) => !long.includes(word));
  const conditions = [
    ...long.map(() => 't.folded GLOB ?'),
    ...short.map(() => 'n.folded GLOB ?'),
    'NOT (n.folded >= ? AND n.folded < ?)',
  ];
  const patterns = [...long, ...short].map((word) => `*${globbed(word)}*`);
  const from = `file_name_text t CROSS JOIN file_name n ON n.id = t.rowid ${files}`;
  // An FTS5 table gives its rows in order of rowid, and CROSS JOIN keeps to it; the files of a name come by its index.
  return [first, { ...stage(from, ['t.rowid', 'f.id'], conditions, [...patterns, ...range]), comesInOrder: true }];
}

function filtersOf(query: FilesQuery, isKnown: 0 | 1): { where: string[]; parameters: (string | number)[] } {
  const where: string[] = [];
  const parameters: (string | number)[] = [];
  const add = (condition: string, ...values: (string | number)[]): void => {
    where.push(condition);
    parameters.push(...values);
  };
  if (query.digest !== undefined) {
    const column = digestColumn(query.digest);
    add(`f.${column}_key = ? AND f.${column} = ?`, digestKey(query.digest), query.digest);
  }
  if (query.package !== undefined) add('p.id = ?', query.package);
  if (query.accession !== undefined) add('p.accession_number = ?', query.accession);
  if (query.extension !== undefined) add('f.extension = ?', query.extension);
  if (query.puid !== undefined) add('f.puid = ?', query.puid);
  if (query.mime !== undefined) add('f.mime = ?', query.mime);
  if (query.path !== undefined) add('d.path >= ? AND d.path < ?', query.path, afterPrefix(query.path));
  if (query.minSize !== undefined) add('f.size >= ?', query.minSize);
  if (query.maxSize !== undefined) add('f.size <= ?', query.maxSize);
  if (query.from !== undefined) add('f.modified >= ?', query.from);
  if (query.to !== undefined) add('f.modified < ?', afterPrefix(query.to));
  if (query.deleted !== undefined) add('f.is_deleted = ?', Number(query.deleted));
  if (query.duplicate !== undefined) add(`f.size > 0 AND ${query.duplicate ? '' : 'NOT '}EXISTS (${SAME})`);
  add('f.is_known = ?', isKnown);
  if (query.unread !== undefined) add('f.has_unread = ?', Number(query.unread));
  if (query.scan !== undefined)
    add('EXISTS (SELECT 1 FROM file_scan s WHERE s.disk_file_id = f.id AND s.outcome = ?)', query.scan);
  return { where, parameters };
}

export function digestColumn(digest: string): 'md5' | 'sha1' | 'sha256' {
  if (digest.length === 32) return 'md5';
  return digest.length === 40 ? 'sha1' : 'sha256';
}

/** The least text that is greater than all that begin with `prefix`, as SQLite compares (by code point). */
function afterPrefix(prefix: string): string {
  return `${prefix}\u{10ffff}`;
}

/** What GLOB would take for a pattern stands for itself. */
function globbed(word: string): string {
  return word.replace(/[*?[]/g, (c) => `[${c}]`);
}
