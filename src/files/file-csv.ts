/** Files inside a disk as a table for other programs: CSV in UTF-8, with a heading. */
import { csvRow } from '#ingest/export';
import type { DiskFileView } from './files.dto.ts';

const COLUMNS = [
  'volume',
  'path',
  'kind',
  'stream',
  'size',
  'modified',
  'deleted',
  'unread',
  'sha256',
  'md5',
  'sha1',
  'puid',
  'format',
  'mime',
  'accession',
  'package',
] as const satisfies readonly (keyof Omit<DiskFileView, 'known'>)[];

/** The table, a piece for each page. */
export async function* csvOf(pages: AsyncIterable<readonly DiskFileView[]>): AsyncGenerator<string, void, undefined> {
  yield csvRow([...COLUMNS, 'known']);
  for await (const files of pages)
    yield files.map((file) => csvRow([...COLUMNS.map((column) => file[column]), file.known?.set ?? null])).join('');
}
