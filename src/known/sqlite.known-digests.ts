/** Digests of known files in SQLite: a table without rowids, a set after the other, found by the digest's bytes. */
import { setImmediate as breath } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource, EntityManager } from 'typeorm';
import { type DigestBlock, type KnownBy, KnownDigests } from './known-digests.port.ts';

/** Digests in one transaction, and in one statement: others must be able to write, and to be answered, in between. */
const AT_ONCE = 50_000;
const IN_STATEMENT = 5_000;
/** Files marked in one transaction. */
const FILES_AT_ONCE = 5_000;

const NAMES: Readonly<Record<number, KnownBy['digest']>> = { 32: 'sha256', 20: 'sha1', 16: 'md5' };

/** A file without bytes is in every set, and says nothing. */
const IS_KNOWN = `f.size > 0 AND EXISTS (SELECT 1 FROM known_set s CROSS JOIN known_digest k ON k.set_id = s.id
  WHERE s.state IN ('marking', 'ready') AND k.digest IN (unhex(f.sha256), unhex(f.sha1), unhex(f.md5)))`;

@Injectable()
export class SqliteKnownDigests extends KnownDigests {
  constructor(@InjectDataSource() private readonly database: DataSource) {
    super();
  }

  async add(setId: number, { width, bytes }: DigestBlock): Promise<void> {
    const step = IN_STATEMENT * width;
    for (let at = 0; at < bytes.length; at += AT_ONCE * width) {
      const part = bytes.subarray(at, at + AT_ONCE * width);
      await this.database.transaction(async (manager) => {
        for (let from = 0; from < part.length; from += step) {
          const piece = part.subarray(from, from + step);
          await manager.query(
            `WITH RECURSIVE n(i) AS (VALUES(0) UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?)
             INSERT INTO known_digest(set_id, digest) SELECT ?, substr(?, i * ? + 1, ?) FROM n`,
            [piece.length / width, setId, piece, width, width],
          );
        }
      });
      await breath();
    }
  }

  async *blocks(setId: number): AsyncGenerator<DigestBlock> {
    let after: Buffer = Buffer.alloc(0);
    for (;;) {
      const rows = await this.database.query<{ digest: Buffer }[]>(
        'SELECT digest FROM known_digest WHERE set_id = ? AND digest > ? ORDER BY digest LIMIT ?',
        [setId, after, AT_ONCE],
      );
      for (const width of Object.keys(NAMES).map(Number)) {
        const bytes = Buffer.concat(rows.map(({ digest }) => digest).filter(({ length }) => length === width));
        if (bytes.length > 0) yield { width, bytes };
      }
      const last = rows.at(-1);
      if (last === undefined) return;
      after = last.digest;
    }
  }

  async remove(setId: number): Promise<void> {
    for (;;) {
      const [edge] = await this.database.query<{ digest: Buffer }[]>(
        'SELECT digest FROM known_digest WHERE set_id = ? ORDER BY digest LIMIT 1 OFFSET ?',
        [setId, AT_ONCE],
      );
      const upTo = edge === undefined ? '' : 'AND digest < ?';
      await this.database.query(
        `DELETE FROM known_digest WHERE set_id = ? ${upTo}`,
        edge === undefined ? [setId] : [setId, edge.digest],
      );
      if (edge === undefined) return;
      await breath();
    }
  }

  async markNew(manager: EntityManager, afterId: number): Promise<void> {
    await manager.query(`UPDATE disk_file AS f SET is_known = 1 WHERE f.id > ? AND ${IS_KNOWN}`, [afterId]);
  }

  async markAll(signal?: AbortSignal, onPart?: (done: number) => void): Promise<void> {
    const [row] = await this.database.query<{ last: number | null }[]>('SELECT max(id) AS last FROM disk_file');
    const last = row?.last ?? 0;
    for (let from = 0; from < last; from += FILES_AT_ONCE) {
      signal?.throwIfAborted();
      await this.database.query(
        `UPDATE disk_file AS f SET is_known = NOT f.is_known WHERE f.id > ? AND f.id <= ? AND f.is_known <> (${IS_KNOWN})`,
        [from, from + FILES_AT_ONCE],
      );
      onPart?.(Math.min(1, (from + FILES_AT_ONCE) / last));
      await breath();
    }
  }

  async whichOf(fileIds: readonly number[]): Promise<Map<number, KnownBy>> {
    if (fileIds.length === 0) return new Map();
    const rows = await this.database.query<{ id: number; name: string; width: number }[]>(
      `SELECT f.id AS id, s.name AS name, length(k.digest) AS width FROM json_each(?) AS wanted CROSS JOIN disk_file f ON f.id = wanted.value
       CROSS JOIN known_set s ON s.state IN ('marking', 'ready')
       CROSS JOIN known_digest k ON k.set_id = s.id AND k.digest IN (unhex(f.sha256), unhex(f.sha1), unhex(f.md5))
       WHERE f.size > 0 ORDER BY width, s.id DESC`,
      [JSON.stringify(fileIds)],
    );
    return new Map(rows.map(({ id, name, width }) => [id, { set: name, digest: NAMES[width] ?? 'md5' }]));
  }
}
