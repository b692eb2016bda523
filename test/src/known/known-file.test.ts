/** Files of known digests: every form is read to its end, and what is none is refused with the place where it went wrong. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SqliteDatabase } from '#built/src/database/sqlite';
import { openKnownFile } from '#built/src/known/known-file';
import { tmpFolder } from '../../support/tmp.ts';

const hex = (algorithm: string, text: string): string => createHash(algorithm).update(text).digest('hex');
const [A, B] = [hex('sha256', 'a'), hex('sha256', 'b')];
const [SHA1, MD5] = [hex('sha1', 'a'), hex('md5', 'a')];

async function given(bytes: string | Buffer, name = 'set.txt'): Promise<string> {
  const path = join(await tmpFolder(), name);
  await writeFile(path, bytes);
  return path;
}

async function read(path: string): Promise<{ format: string; digests: string[] }> {
  const file = await openKnownFile(path);
  const digests: string[] = [];
  for await (const some of file.read()) {
    expect(some.doneBytes).toBeLessThanOrEqual(file.size);
    digests.push(...some.digests);
  }
  return { format: file.format, digests };
}

const HEADING = '"SHA-1","MD5","CRC32","FileName","FileSize","ProductCode","OpSystemCode","SpecialCode"';
const row = (sha1: string, md5: string, name: string): string => `"${sha1}","${md5}","AABBCCDD","${name}",12,345,"362",""`;

describe('lists', () => {
  it.each([
    ['bare, in any case', `${A}\n${B.toUpperCase()}\n`, [A, B.toUpperCase()]],
    ['of three algorithms, without a last line end', `${A}\n${SHA1}\n${MD5}`, [A, SHA1, MD5]],
    ['with line ends of DOS, empty lines and remarks', `# mine\r\n\r\n${MD5}\r\n  \r\n`, [MD5]],
    ['with the mark of UTF-8 before them', `\u{feff}${MD5}\n`, [MD5]],
    ['with names, spaces in them, a star before them', `${A}  a b.txt\n${B} *c.bin\n${MD5}\td\n`, [A, B, MD5]],
    ['with an escaped name', `\\${A}  a\\nb\n`, [A]],
    ['as BSD and openssl write them', `SHA256 (a (1)) = ${A}\nSHA2-256(b)= ${B}\nMD5 (c) = ${MD5}\n`, [A, B, MD5]],
    ['empty', '', []],
  ])('%s', async (_, text, digests) => {
    expect(await read(await given(text))).toEqual({ format: 'list', digests });
  });

  it('as sha1sum itself writes them, odd names too', async () => {
    const folder = await tmpFolder();
    for (const name of ['a\nb', '-c', 'd\\e', ' f ']) await writeFile(join(folder, name), name);
    const made = execFileSync('sh', ['-c', 'sha1sum -- *'], { cwd: folder, encoding: 'latin1' });
    const { digests } = await read(await given(made));
    expect(digests.toSorted()).toEqual(['a\nb', '-c', 'd\\e', ' f '].map((name) => hex('sha1', name)).toSorted());
  });

  it('across the pieces that a file is read in', async () => {
    const all = Array.from({ length: 40_000 }, (_, index) => hex('sha256', String(index)));
    expect((await read(await given(all.join('\n')))).digests).toEqual(all);
  });

  it.each([
    ['a word', `${A}\nhello\n`, 'known/no-digest', 2],
    ['a digest that was cut off', `${A}\n${B}\n${A.slice(0, 50)}`, 'known/no-digest', 3],
    ['a digest that we do not know', hex('sha512', 'a'), 'known/no-digest', 1],
    ['what is not hex', `${'g'.repeat(64)}\n`, 'known/no-digest', 1],
    ['bytes without line ends', Buffer.alloc(200_000, 0x41), 'known/not-text', 1],
  ])('are refused at %s', async (_, bytes, code, line) => {
    await expect(read(await given(bytes))).rejects.toMatchObject({ code, facts: { line } });
  });
});

describe('NSRLFile.txt', () => {
  it('is read by its heading: the strongest digest of each line', async () => {
    const text = [HEADING, row(SHA1.toUpperCase(), MD5, 'a "",b",x.dll'), row('', MD5, 'x')].join('\r\n');
    expect(await read(await given(text))).toEqual({ format: 'nsrl-2', digests: [SHA1.toUpperCase(), MD5] });
    const named = `"FileName","SHA-256","SHA-1"\n"a,""b"", c","${A}","${SHA1}"\n`;
    expect((await read(await given(named))).digests).toEqual([A]);
  });

  it.each([
    ['a line that was cut off', `${HEADING}\n"${SHA1}","${MD5.slice(0, 20)}`, 'known/line-cut', 2],
    ['a line without a digest', `${HEADING}\n${row(SHA1, MD5, 'a')}\n${row('', '', 'b')}\n`, 'known/no-digest', 3],
    ['a digest that is none', `${HEADING}\n${row('zz', MD5, 'a')}\n`, 'known/no-digest', 2],
  ])('is refused at %s', async (_, text, code, line) => {
    await expect(read(await given(text))).rejects.toMatchObject({ code, facts: { line } });
  });
});

describe('a database of NSRL RDS 3', () => {
  async function database(...sql: string[]): Promise<string> {
    const path = join(await tmpFolder(), 'rds.db');
    const db = new SqliteDatabase(path);
    for (const each of sql) db.exec(each);
    db.close();
    return path;
  }
  const FILE = `CREATE TABLE FILE (sha256 VARCHAR NOT NULL, sha1 VARCHAR NOT NULL, md5 VARCHAR NOT NULL, crc32 VARCHAR NOT NULL,
    file_name VARCHAR NOT NULL, file_size INTEGER NOT NULL, package_id INTEGER NOT NULL,
    CONSTRAINT PK_FILE__FILE PRIMARY KEY (sha256, sha1, md5, file_name, file_size, package_id))`;

  it('is read from its table FILE, the strongest digest of each row', async () => {
    const path = await database(
      FILE,
      'CREATE VIEW DISTINCT_HASH AS SELECT DISTINCT sha256, sha1, md5, crc32 FROM FILE',
      `INSERT INTO FILE VALUES ('${A.toUpperCase()}', '${SHA1}', '${MD5}', '', 'a', 1, 1), ('', '${SHA1}', '', '', 'b', 1, 1)`,
    );
    const { format, digests } = await read(path);
    expect(format).toBe('nsrl-3');
    expect(digests.toSorted()).toEqual([SHA1, A.toUpperCase()].toSorted());
  });

  it('is read from METADATA where FILE is a view of it', async () => {
    const path = await database(
      'CREATE TABLE METADATA (object_id INTEGER PRIMARY KEY, md5 VARCHAR, sha1 VARCHAR, sha256 VARCHAR, extension VARCHAR)',
      'CREATE VIEW FILE AS SELECT sha256, sha1, md5 FROM METADATA',
      `INSERT INTO METADATA VALUES (1, NULL, NULL, '${B}', 'x'), (2, '${MD5}', NULL, NULL, 'y')`,
    );
    expect((await read(path)).digests).toEqual([B, MD5]);
  });

  it.each([
    ['a row without a digest', [FILE, "INSERT INTO FILE VALUES ('', '', '', '', 'b', 1, 1)"], 'known/row'],
    ['a row with a text', [FILE, "INSERT INTO FILE VALUES ('abc', '', '', '', 'b', 1, 1)"], 'known/row'],
    ['a row with a number', ['CREATE TABLE FILE (sha1)', 'INSERT INTO FILE VALUES (7)'], 'known/row'],
    ['another table', ['CREATE TABLE PKG (sha1)'], 'known/no-table'],
    ['a table without digests', ['CREATE TABLE FILE (name)'], 'known/no-table'],
    [
      'a view that would never end',
      ['CREATE VIEW FILE AS WITH RECURSIVE n(sha1) AS (SELECT 1 UNION ALL SELECT sha1 FROM n) SELECT sha1 FROM n WHERE sha1 > 1'],
      'known/no-table',
    ],
    ['a column that computes', ['CREATE TABLE FILE (name, sha1 AS (hex(name)))'], 'known/no-table'],
  ])('is refused for %s', async (_, sql, code) => {
    await expect(read(await database(...sql))).rejects.toMatchObject({ code });
  });

  it('is refused when it is damaged', async () => {
    const path = await given(Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(5000, 0x41)]));
    await expect(read(path)).rejects.toMatchObject({ code: 'known/database', kind: 'corrupt' });
  });
});

describe('what is none of these', () => {
  it.each([
    ['packed with zip', Buffer.from('PK\u0003\u0004')],
    ['packed with gzip', Buffer.from([0x1f, 0x8b, 8])],
    ['text in UTF-16', Buffer.from(`\u{feff}${MD5}`, 'utf16le')],
  ])('is refused with what to do: %s', async (_, bytes) => {
    await expect(openKnownFile(await given(bytes))).rejects.toMatchObject({ code: 'known/wrong-form' });
  });

  it('is refused unopened: a folder, a pipe, nothing', async () => {
    const folder = await tmpFolder();
    await mkdir(join(folder, 'folder'));
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    for (const name of ['folder', 'pipe'])
      await expect(openKnownFile(join(folder, name))).rejects.toMatchObject({ code: 'known/not-a-file' });
    await expect(openKnownFile(join(folder, 'nothing'))).rejects.toMatchObject({ code: 'known/no-such-file', kind: 'missing' });
  });
});
