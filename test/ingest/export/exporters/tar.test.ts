/** What is special about our tar files: pax where it is needed and nowhere else, and headers that hold in 2300. */
import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { extract, type Header } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Exporter, exporters, exportPackage } from '#ingest/export';
import { makeBag, openFixture, SEALED_AT } from '../bag-fixture.ts';

const tar = exporters.get('tar') as Exporter;
const ID = 'p';
let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tar-'));
});
afterAll(async () => rm(root, { recursive: true, force: true }));

async function exported(files: Record<string, string>, sealedAt = SEALED_AT): Promise<string> {
  const folder = await makeBag(await mkdtemp(join(root, 'bag-')), ID, files);
  const target = join(await mkdtemp(join(root, 'to-')), 'p.tar');
  await exportPackage(tar, await openFixture(folder, ID, { sealedAt }), target);
  return target;
}

async function members(file: string): Promise<Header[]> {
  const found: Header[] = [];
  const unpacking = createReadStream(file).pipe(extract());
  for await (const entry of unpacking) {
    found.push(entry.header);
    entry.resume();
  }
  return found;
}

describe('tar', () => {
  it('lists folders before what they hold, in byte order, all of them alike', async () => {
    const found = await members(await exported({ 'data/a-b/x': '1', 'data/a/x': '22', 'data/a.txt': '' }));
    expect(found.map(({ name, type, mode, size }) => [name, type, mode?.toString(8), size])).toEqual([
      ['p/', 'directory', '755', 0],
      ['p/bag-info.txt', 'file', '644', 23],
      ['p/bagit.txt', 'file', '644', 54],
      ['p/data/', 'directory', '755', 0],
      ['p/data/a-b/', 'directory', '755', 0],
      ['p/data/a-b/x', 'file', '644', 1],
      ['p/data/a.txt', 'file', '644', 0],
      ['p/data/a/', 'directory', '755', 0],
      ['p/data/a/x', 'file', '644', 2],
      ['p/manifest-sha256.txt', 'file', '644', expect.any(Number)],
      ['p/tagmanifest-sha256.txt', 'file', '644', expect.any(Number)],
    ]);
    for (const header of found) {
      expect(header).toMatchObject({ uid: 0, gid: 0, uname: '', gname: '', pax: null, mtime: new Date('2026-11-22T10:30:43Z') });
    }
  });

  it('uses pax for names that are long or not ASCII, and for no other', async () => {
    const [exact, over] = ['e'.repeat(100 - 'p/data/'.length), 'o'.repeat(101 - 'p/data/'.length)];
    const found = await members(
      await exported({ [`data/${exact}`]: '', [`data/${over}`]: '', [`data/f/${over}/x`]: '', 'data/é': '' }),
    );
    const pax = Object.fromEntries(found.filter(({ pax }) => pax !== null).map(({ name, pax }) => [name, pax]));
    expect(pax).toEqual(
      Object.fromEntries(
        [`p/data/${over}`, `p/data/f/${over}/`, `p/data/f/${over}/x`, 'p/data/é'].map((path) => [path, { path }]),
      ),
    );
  });

  it.each(['1969-07-20T20:17:40.000Z', '2038-01-20T00:00:00.000Z', '2300-01-01T00:00:00.000Z'])(
    'keeps the date %s',
    async (date) => {
      const file = await exported({}, new Date(date));
      await promisify(execFile)('tar', ['-xf', file, '-C', join(file, '..')]);
      const found = await Promise.all(['p/bagit.txt', 'p/data'].map(async (path) => stat(join(file, '..', path))));
      expect(found.map(({ mtime }) => mtime.toISOString())).toEqual([date, date]);
    },
  );
});
