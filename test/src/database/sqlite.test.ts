/** SQLite in better-sqlite3's shape: what TypeORM's driver, the lock and the pool rely on. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { SqliteDatabase, SqliteError } from '#built/src/database/sqlite';
import { tmpFolder } from '../../support/tmp.ts';

async function fresh(): Promise<{ db: SqliteDatabase; path: string }> {
  const path = join(await tmpFolder(), 'a.sqlite');
  const db = new SqliteDatabase(path);
  onTestFinished(() => db.close());
  db.pragma('journal_mode = WAL');
  db.exec('CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT UNIQUE, body BLOB)');
  return { db, path };
}

const insert = 'INSERT INTO note (text, body) VALUES (?, ?) RETURNING id, text, body';

describe('values', () => {
  it('come back as they were given', async () => {
    const { db } = await fresh();
    const bytes = Buffer.from([0, 1, 255]);
    for (const text of ['', 'plain', 'Größe 𝄞', 'before\0after', '\0', "it's ?"]) {
      const [row] = db.prepare(insert).all(text, bytes) as { text: string; body: Uint8Array }[];
      expect(row).toMatchObject({ text, body: new Uint8Array(bytes) });
      expect(db.prepare("SELECT id FROM note WHERE '?' <> text AND text = ? -- ?").all(text)).toHaveLength(1);
    }
    expect(db.prepare(insert).get(undefined, null)).toStrictEqual({ id: 7, text: null, body: null });
    expect(db.prepare(insert).get(null, new Uint8Array())).toMatchObject({ body: new Uint8Array() });
  });

  it('that SQLite does not hold, and whole numbers that would be rounded, are refused', async () => {
    const { db } = await fresh();
    for (const value of [true, {}, [1], new Date(), Symbol('s')])
      expect(() => db.prepare(insert).all(value, null)).toThrow(TypeError);
    expect(db.prepare('SELECT ? AS n').get(2 ** 53 - 1)).toEqual({ n: 2 ** 53 - 1 });
    expect(() => db.prepare('SELECT ? AS n').get(2n ** 53n)).toThrow(RangeError);
  });

  it('are as many as the statement has places', async () => {
    const { db } = await fresh();
    expect(() => db.prepare(insert).all('a')).toThrow(/1 parameters for a statement that takes 2/);
    expect(() => db.prepare(insert).all('a', null, 'b')).toThrow(/3 parameters/);
    expect(db.prepare('SELECT COUNT(*) AS n FROM note').get()).toEqual({ n: 0 });
  });
});

describe('a statement', () => {
  it.each([
    ['SELECT * FROM note', true, true],
    ['EXPLAIN QUERY PLAN SELECT 1', true, true],
    ['WITH x AS (SELECT 1) SELECT * FROM x', true, true],
    ['PRAGMA journal_mode', true, false],
    [insert, true, false],
    ['UPDATE note SET text = ?', false, false],
    ['PRAGMA user_version = 3', false, false],
    ['CREATE TABLE more (a)', false, false],
    ['VACUUM', false, false],
    ['BEGIN IMMEDIATE', false, false],
    ['ROLLBACK', false, true],
  ])('%s: answers rows: %s, only reads: %s', async (sql, reader, readonly) => {
    const { db } = await fresh();
    expect(db.prepare(sql)).toMatchObject({ reader, readonly });
  });

  it('is one; a trigger is one too', async () => {
    const { db } = await fresh();
    expect(() => db.prepare('DELETE FROM note; DROP TABLE note')).toThrow(/more than one statement/);
    expect(db.prepare("SELECT ';' AS a; -- the end; really\n").get()).toEqual({ a: ';' });
    db.prepare('CREATE TRIGGER t AFTER INSERT ON note BEGIN DELETE FROM note; SELECT 1; END').run();
  });

  it('that answered holds nothing: another process may empty the log, and the file closes', async () => {
    const { db, path } = await fresh();
    for (const text of ['a', 'b', 'c']) db.prepare(insert).all(text, null);
    const kept = db.prepare('SELECT * FROM note');
    expect(kept.get()).toMatchObject({ text: 'a' });
    const other = new SqliteDatabase(path, { timeout: 0 });
    expect(other.pragma('wal_checkpoint(TRUNCATE)')).toEqual([{ busy: 0, log: 0, checkpointed: 0 }]);
    other.close();
    expect(existsSync(`${path}-wal`)).toBe(true);
    db.close();
    expect(existsSync(`${path}-wal`)).toBe(false);
    expect(db).toMatchObject({ open: false, inTransaction: false });
    expect(() => kept.get()).toThrow('finalized');
  });

  it('tells how many rows it changed, and which it added', async () => {
    const { db } = await fresh();
    expect(db.prepare('INSERT INTO note (text) VALUES (?), (?)').run('a', 'b')).toEqual({ changes: 2, lastInsertRowid: 2 });
    expect(db.prepare('DELETE FROM note').run()).toMatchObject({ changes: 2 });
    expect(db.prepare('DELETE FROM note').run()).toMatchObject({ changes: 0 });
  });
});

describe('a failure', () => {
  it('has SQLite’s code and words, and leaves the statement usable', async () => {
    const { db, path } = await fresh();
    const add = db.prepare(insert);
    add.all('a', null);
    expect(() => add.all('a', null)).toThrow(expect.objectContaining({ code: 'SQLITE_CONSTRAINT', number: 2067 }));
    const other = new SqliteDatabase(path, { timeout: 0 });
    onTestFinished(() => other.close());
    db.exec('BEGIN IMMEDIATE');
    expect(db.inTransaction).toBe(true);
    const late = other.prepare(insert);
    expect(() => late.all('b', null)).toThrow(expect.objectContaining({ code: 'SQLITE_BUSY' }));
    db.exec('COMMIT');
    expect(late.all('b', null)).toHaveLength(1);
    expect(() => db.prepare('SELEC 1')).toThrow(SqliteError);
    expect(() => new SqliteDatabase(join(path, 'below'))).toThrow(expect.objectContaining({ code: 'SQLITE_CANTOPEN' }));
  });

  it('of a file that is only read is the writing of it', async () => {
    const { path } = await fresh();
    const reading = new SqliteDatabase(path, { readonly: true });
    onTestFinished(() => reading.close());
    expect(reading.prepare('SELECT * FROM note').all()).toEqual([]);
    expect(() => reading.prepare(insert).all('a', null)).toThrow(expect.objectContaining({ code: 'SQLITE_READONLY' }));
    expect(() => new SqliteDatabase(`${path}.missing`, { readonly: true })).toThrow(SqliteError);
  });
});
