/** Search by SQLite's FTS5: prefixes, any case, accents folded. */
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource, EntityManager } from 'typeorm';
import { type SearchFound, SearchPort, type SearchText } from './search.port.ts';

/** Words of a query beyond this many are ignored. */
const MOST_WORDS = 32;

interface Row {
  kind: 'package' | 'accession';
  package_id: string | null;
  accession: string | null;
  title: string;
  snippet: string;
}

@Injectable()
export class SqliteSearch extends SearchPort {
  constructor(@InjectDataSource() private readonly database: DataSource) {
    super();
  }

  async add(manager: EntityManager, text: SearchText): Promise<void> {
    if (text.kind === 'accession') {
      await manager.query("DELETE FROM search_text WHERE kind = 'accession' AND accession = ?", [text.accession]);
    } else {
      await manager.query("DELETE FROM search_text WHERE kind = 'package' AND package_id = ?", [text.packageId]);
    }
    await manager.query(
      'INSERT INTO search_text(package_id, accession, kind, name, title, body, digests) VALUES (?, ?, ?, ?, ?, ?, ?)',
      [text.packageId ?? null, text.accession ?? null, text.kind, text.name, text.title, text.body, text.digests],
    );
  }

  async find(query: string, limit: number, offset: number): Promise<SearchFound[]> {
    const match = matchOf(query);
    if (match === '') return [];
    const rows = await this.database.query<Row[]>(
      `SELECT kind, package_id, accession, title, snippet(search_text, -1, '«', '»', '…', 12) AS snippet
       FROM search_text WHERE search_text MATCH ? ORDER BY bm25(search_text, 0, 0, 0, 5, 10, 1, 1), rowid LIMIT ? OFFSET ?`,
      [match, limit, offset],
    );
    return rows.map(({ kind, package_id, accession, title, snippet }) => ({
      kind,
      packageId: package_id ?? undefined,
      accession: accession ?? undefined,
      title,
      snippet,
    }));
  }
}

/** Every word must begin a word of the text; whatever else FTS5 would take for syntax is quoted away. */
function matchOf(query: string): string {
  const words = query.normalize('NFC').match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];
  return words
    .slice(0, MOST_WORDS)
    .map((word) => `"${word}"*`)
    .join(' ');
}
