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
  'scan',
  'accession',
  'package',
] as const satisfies readonly (keyof Omit<DiskFileView, 'known'>)[];

/** The table, a piece for each page. */
export async function* csvOf(pages: AsyncIterable<readonly DiskFileView[]>): AsyncGenerator<string, void, undefined> {
  yield csvRow([...COLUMNS, 'known']);
  for await (const files of pages)
    yield files
      .map((file) =>
        csvRow([...COLUMNS.map((column) => (column === 'scan' ? scanInWords(file) : file[column])), file.known?.set ?? null]),
      )
      .join('');
}

/** `infected: NAME`, `not-scanned: because …`, `clean`; nothing where no scan looked at it. */
function scanInWords({ scan }: DiskFileView): string | null {
  if (scan === null) return null;
  const more = scan.found ?? scan.because;
  return more === null ? scan.outcome : `${scan.outcome}: ${more}`;
}
