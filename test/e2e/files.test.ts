/** Files inside disks, over HTTP and by the command line: found, counted, listed, read; judged by mtools and the fixtures' truths. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { complaints } from '../schemas/judge.ts';
import { manyVolumes, truthOf } from '../support/many-volumes.ts';
import { type Answer, done, serve, type Serving, strongroom } from '../support/serve.ts';

const carrier = fileURLToPath(new URL('../../examples/donated-disk/carrier/', import.meta.url));
const image = `${carrier}marrowby-disk-07.img`;
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const mcopy = (path: string): Buffer => execFileSync('mcopy', ['-i', image, '-n', `::/${path}`, '-']);
const UNKNOWN = '01a205f0-31e6-7680-91d6-369d698951c7';

let home = '';
let folder = '';
let server: Serving;
/** The donated disk, and one with four volumes. */
let disk = '';
let many = '';

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'strongroom-e2e-'));
  folder = await mkdtemp(join(tmpdir(), 'strongroom-carrier-'));
  await writeFile(join(folder, 'many.img'), await manyVolumes());
  await done(home, 'accession', 'add', '2024-017');
  disk = await ingested(carrier, '--accession', '2024-017');
  many = await ingested(join(folder, 'many.img'));
  server = await serve({}, home);
}, 120_000);
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
});

async function ingested(...args: string[]): Promise<string> {
  const stdout = await done(home, 'ingest', '--json', ...args);
  return (JSON.parse(stdout) as { packages: [{ id: string }] }).packages[0].id;
}

type Row = Answer['json'];

/** All pages of a list. */
async function every(path: string, limit: number): Promise<Row[]> {
  const rows: Row[] = [];
  let after = '';
  for (;;) {
    const { status, json, text } = await server.get(`${path}${path.includes('?') ? '&' : '?'}limit=${limit}${after}`);
    expect(status, text).toBe(200);
    expect(json.items.length).toBeLessThanOrEqual(limit);
    rows.push(...json.items);
    if (json.next === undefined) return rows;
    after = `&after=${encodeURIComponent(json.next)}`;
  }
}

async function found(query: Record<string, string>): Promise<string[]> {
  const rows = await every(`files?${new URLSearchParams(query).toString()}`, 200);
  return rows.map(({ volume, path }) => `${volume}:${path}`).toSorted();
}

const place = (id: string, volume: number, what: string, path: string, stream = ''): string =>
  `packages/${id}/disk/${volume}/${what}?path=${encodeURIComponent(path)}${stream === '' ? '' : `&stream=${stream}`}`;

async function bytes(path: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${server.url}/api/v1/${path}`, { headers });
  return { status: response.status, headers: response.headers, body: Buffer.from(await response.arrayBuffer()) };
}

describe('files are found', () => {
  it.each([
    ['tide3', ['0:BACKUP/TIDE3.TXT', '0:NOVEL/TIDE3.TXT']],
    ['IDE3', ['0:BACKUP/TIDE3.TXT', '0:NOVEL/TIDE3.TXT']],
    ['norvik', ['0:Reading at Nørvik 1996.txt']],
    ['NØRVIK', ['0:Reading at Nørvik 1996.txt']],
    ['1996 reading', ['0:Reading at Nørvik 1996.txt']],
    ['garand txt', ['0:LETTERS/1994/GARAND1.TXT', '0:LETTERS/1995/GARAND2.TXT']],
    ['no such name', []],
    ['*', []],
    ['%', []],
  ])('by the name %j', async (q, expected) => {
    expect(await found({ q, package: disk, deleted: 'false' })).toEqual(expected);
  });

  it('by names with accents, in any normal form, on every disk', async () => {
    const expected = ['0:Grüße aus Wien.txt', '1:Grüße aus Wien.txt', '3:Grüße aus Wien.txt'];
    for (const q of ['grusse', 'Grüße', 'Gru\u0308ße', 'GRÜSSE AUS WIEN']) expect(await found({ q })).toEqual(expected);
  });

  it('by extension, digest, size, date, path, accession and package', async () => {
    expect(await found({ extension: 'CSV' })).toEqual(['0:TIDES.CSV']);
    const csv = mcopy('TIDES.CSV');
    for (const [algorithm, length] of [
      ['sha256', 64],
      ['sha1', 40],
      ['md5', 32],
    ] as const) {
      const digest = createHash(algorithm).update(csv).digest('hex');
      expect(digest).toHaveLength(length);
      expect([digest, await found({ digest: digest.toUpperCase() })]).toEqual([digest, ['0:TIDES.CSV']]);
    }
    const size = String(csv.length);
    expect(await found({ minSize: size, maxSize: size, package: disk })).toContain('0:TIDES.CSV');
    expect(await found({ minSize: String(csv.length + 1), package: disk })).not.toContain('0:TIDES.CSV');
    const { modified } = (await server.get(place(disk, 0, 'file', 'TIDES.CSV'))).json as { modified: string };
    const day = modified.slice(0, 10);
    for (const date of [day, day.slice(0, 7), day.slice(0, 4)])
      expect(await found({ from: date, to: date, package: disk })).toContain('0:TIDES.CSV');
    expect(await found({ from: '1997', package: disk })).toEqual([]);
    expect(await found({ to: '1990', package: disk })).toEqual([]);
    expect(await found({ path: 'LETTERS/1994', accession: '2024-017', deleted: 'false' })).toEqual([
      '0:LETTERS/1994/GARAND1.TXT',
      '0:LETTERS/1994/PRESS1.TXT',
    ]);
    expect(await found({ accession: 'none' })).toEqual([]);
    expect((await found({ package: many })).length).toBeGreaterThan((await found({ package: disk })).length);
  });

  it('by what happened to them: deleted ones, ones with sectors that were never read', async () => {
    expect(await found({ package: disk, deleted: 'true' })).toEqual(['0:LETTERS/1996/_ENEDIKT.TXT']);
    expect(await found({ package: disk, unread: 'true' })).toEqual(['0:NOVEL/TIDE2.TXT']);
    expect(await found({ package: disk, unread: 'false', q: 'tide2' })).toEqual([]);
  });

  it.each(['q=t', 'q=txt', 'q=no', 'extension=txt', 'minSize=1', 'from=1980', 'path=L', 'package', ''])(
    'page by page, each once, with %s',
    async (given) => {
      const query = given === 'package' ? `package=${many}` : given;
      const all = await every(`files?${query}`, 200);
      const keys = all.map(({ package: id, volume, path, stream, deleted }) =>
        [id, volume, path, String(stream), deleted].join('|'),
      );
      expect(keys.length).toBeGreaterThan(7);
      expect(await every(`files?${query}`, 7)).toEqual(all);
    },
  );

  it('in both ways: names that begin so come first, then those that have it within', async () => {
    const names = (await every('files?q=txt', 3)).map(({ name }) => String(name).toLowerCase());
    const beginning = (await every('files?q=no', 3)).map(({ name }) => String(name).toLowerCase());
    expect(names.length).toBeGreaterThan(10);
    expect(beginning.every((name) => name.startsWith('no'))).toBe(true);
    const tide = (await every('files?q=let', 2)).map(({ name }) => String(name).toLowerCase());
    const firstWithin = tide.findIndex((name) => !name.startsWith('let'));
    expect(tide.slice(firstWithin).some((name) => firstWithin !== -1 && name.startsWith('let'))).toBe(false);
  });

  it('and counted, by extension, format, disk and accession', async () => {
    const { json } = await server.get(`files/facets?package=${disk}&extension=txt`);
    const rows = await every(`files?package=${disk}&extension=txt`, 200);
    expect(json).toMatchObject({
      count: rows.length,
      isAtLeast: false,
      facets: {
        extension: [{ value: 'txt', count: rows.length }],
        package: [{ value: disk, count: rows.length }],
        accession: [{ value: '2024-017', count: rows.length }],
      },
    });
  });

  it('and not by what makes no sense', async () => {
    for (const query of ['limit=0', 'digest=abc', 'from=1993-5', 'minSize=-1', 'deleted=maybe', 'q='])
      expect(await server.get(`files?${query}`)).toMatchObject({ status: 400 });
    for (const after of [
      'nonsense',
      Buffer.from('[7,1]').toString('base64url'),
      Buffer.from('[0,"x","y"]').toString('base64url'),
    ])
      expect(await server.get(`files?after=${after}`)).toMatchObject({ status: 400, json: { code: 'paging/wrong-cursor' } });
  });
});

describe('a disk', () => {
  it('has its volumes, and the counts of what is in them', async () => {
    expect((await server.get(`packages/${disk}/disk`)).json).toMatchObject({
      state: 'indexed',
      deleted: 1,
      unread: 1,
      volumes: [{ number: 0, fileSystemTitle: 'FAT12', label: 'MARROWBY_07', listed: true }],
    });
    const { volumes } = (await server.get(`packages/${many}/disk`)).json as { volumes: Row[] };
    expect(volumes.map(({ number, fileSystem }) => [number, fileSystem])).toEqual([
      [0, 'fat'],
      [1, 'ntfs'],
      [2, 'hfs'],
      [3, 'fat'],
    ]);
  });

  it.each([0, 2, 3])('has in volume %i what other programs find there, folder by folder', async (volume) => {
    const rows: string[] = [];
    const walk = async (path: string): Promise<void> => {
      for (const row of await every(place(many, volume, 'folder', path), 2)) {
        if (row.deleted === true || row.stream !== null) continue;
        rows.push(row.path);
        if (row.kind === 'directory') await walk(row.path);
      }
    };
    await walk('');
    expect(rows.toSorted()).toEqual((await truthOf(volume)).map(({ path }) => path).toSorted());
  });

  it('that is unknown, or has no such volume, folder or file, is said to', async () => {
    const problem = (status: number, code: string) => ({ status, json: { code } });
    for (const what of ['folder', 'file', 'content']) {
      expect(await server.get(place(UNKNOWN, 0, what, 'x'))).toMatchObject(problem(404, 'package/unknown'));
      expect(await server.get(place(disk, 7, what, 'x'))).toMatchObject(problem(404, 'files/no-such-volume'));
      expect((await server.get(place(disk, -1, what, 'x'))).status).toBe(400);
    }
    for (const what of ['file', 'content']) {
      expect(await server.get(place(disk, 0, what, 'NOVEL/none'))).toMatchObject(problem(404, 'files/no-such-file'));
      expect(await server.get(place(disk, 0, what, '../NOVEL'))).toMatchObject(problem(404, 'files/no-such-file'));
    }
    expect(await server.get(place(disk, 0, 'content', 'NOVEL'))).toMatchObject(problem(409, 'files/no-content'));
  });
});

describe('a file inside a disk', () => {
  it.each(['NOVEL/TIDE3.TXT', 'LETTERS/1995/GARAND2.TXT', 'Reading at Nørvik 1996.txt'])(
    '%s is what mcopy copies',
    async (path) => {
      const expected = mcopy(path);
      const { json } = await server.get(place(disk, 0, 'file', path));
      expect(json).toMatchObject({ path, size: expected.length, sha256: sha256(expected), deleted: false, package: disk });
      const whole = await bytes(place(disk, 0, 'content', path));
      expect(whole.body.equals(expected)).toBe(true);
      expect(whole.headers.get('etag')).toBe(`"${sha256(expected)}"`);
    },
  );

  it('is saved by a browser and never runs in it', async () => {
    const { headers } = await bytes(place(disk, 0, 'content', 'Reading at Nørvik 1996.txt'));
    expect(Object.fromEntries(headers)).toMatchObject({
      'x-content-type-options': 'nosniff',
      'content-type': 'application/octet-stream',
      'content-disposition': "attachment; filename*=UTF-8''Reading%20at%20N%C3%B8rvik%201996.txt",
      'content-security-policy': expect.stringMatching(/^sandbox;/),
    });
  });

  it('is read by range, across its pieces, and not again by who has it', async () => {
    const expected = mcopy('NOVEL/TIDE3.TXT');
    const path = place(disk, 0, 'content', 'NOVEL/TIDE3.TXT');
    for (const [from, to] of [
      [0, 0],
      [1500, 2600],
      [expected.length - 10, expected.length - 1],
    ] as const) {
      const part = await bytes(path, { range: `bytes=${from}-${to}` });
      expect(part.status).toBe(206);
      expect(part.headers.get('content-range')).toBe(`bytes ${from}-${to}/${expected.length}`);
      expect(part.body.equals(expected.subarray(from, to + 1))).toBe(true);
    }
    expect((await bytes(path, { range: `bytes=${expected.length}-` })).status).toBe(416);
    expect((await bytes(path, { 'if-none-match': `"${sha256(expected)}"` })).status).toBe(304);
  });

  it('that was deleted is read as far as it is there', async () => {
    const { json } = await server.get(place(disk, 0, 'file', 'LETTERS/1996/_ENEDIKT.TXT'));
    expect(json).toMatchObject({ deleted: true });
    const { status, body } = await bytes(place(disk, 0, 'content', 'LETTERS/1996/_ENEDIKT.TXT'));
    expect([status, body.length]).toEqual([200, json.size]);
    const unsent = await readFile(new URL('../../examples/donated-disk/make/documents/unsent.txt', import.meta.url), 'latin1');
    expect(body.toString('latin1').slice(0, 100)).toBe(unsent.replaceAll('\n', '\r\n').slice(0, 100));
  });

  it('is read whole in every volume, odd names and empty ones too', async () => {
    for (const volume of [0, 1, 2]) {
      const files = (await truthOf(volume)).filter(({ kind, size = 0 }) => kind === 'file' && size < 1 << 22);
      expect(files.length).toBeGreaterThan(5);
      for (const { path, sha256: expected, md5 } of files) {
        if (expected === undefined && md5 === undefined) continue;
        const { status, body } = await bytes(place(many, volume, 'content', path));
        const digest = createHash(expected === undefined ? 'md5' : 'sha256')
          .update(body)
          .digest('hex');
        expect([path, status, digest]).toEqual([path, 200, expected ?? md5]);
      }
    }
  });

  it('has its other streams: resource forks and alternate ones', async () => {
    const rows = await every(`files?package=${many}`, 200);
    const streams = rows.filter(({ stream }) => stream !== null);
    const kinds = new Set(streams.map(({ stream }) => String(stream).replace(/:.*/, '')));
    expect([...kinds]).toEqual(expect.arrayContaining(['resource', 'alternate']));
    for (const { volume, path, stream, size, sha256: expected } of streams.filter(({ sha256: known }) => known !== null)) {
      const { status, body } = await bytes(place(many, volume, 'content', path, encodeURIComponent(stream)));
      expect([path, stream, status, body.length, sha256(body)]).toEqual([path, stream, 200, size, expected]);
    }
  });

  it('is never read without an event', async () => {
    const events = async (): Promise<Row[]> => {
      const { items } = (await server.get(`packages/${disk}/events?limit=200`)).json as { items: Row[] };
      return items.filter(({ type }) => type === 'dissemination');
    };
    const before = await events();
    await bytes(place(disk, 0, 'content', 'README.TXT'), { range: 'bytes=5-14' });
    await server.get(place(disk, 0, 'file', 'README.TXT'));
    await fetch(`${server.url}/api/v1/${place(disk, 0, 'content', 'README.TXT')}`, { method: 'HEAD' });
    const fresh = (await events()).filter(({ id }) => !before.some((each) => each.id === id));
    expect(fresh.map(({ detail }) => detail)).toEqual(['"README.TXT" in volume 0 of the disk: 10 bytes from byte 5 were read']);
  });
});

describe('the command line', () => {
  it('writes a file as mcopy does, beside a server and without one', async () => {
    const expected = mcopy('NOVEL/TIDE3.TXT');
    const beside = await strongroom(home, 'cat', disk, '/NOVEL/TIDE3.TXT');
    expect(beside).toMatchObject({ code: 0, stderr: '' });
    expect(beside.stdout).toBe(expected.toString());
    const path = 'Grüße aus Wien.txt';
    const twice = await strongroom(home, 'cat', many, path);
    expect(twice).toMatchObject({ code: 1, stderr: expect.stringContaining('volumes 0 and 1 and 3') });
    await server.stop();
    try {
      expect((await strongroom(home, 'cat', disk, 'NOVEL/TIDE3.TXT')).stdout).toBe(expected.toString());
      expect(await strongroom(home, 'cat', many, path)).toMatchObject({ code: 1, stderr: twice.stderr });
      expect(await strongroom(home, 'cat', many, path, '--volume', '3')).toMatchObject({ code: 0 });
    } finally {
      server = await serve({}, home);
    }
  });

  it.each([
    ['NOVEL/NONE.TXT', 'files/no-such-file'],
    ['NOVEL', 'files/no-content'],
  ])('says that there is no content in %s, and ends with 1', async (path, code) => {
    const run = await strongroom(home, 'cat', disk, path);
    expect(run).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(code) });
  });

  it('searches in the same way, as JSON and for people', async () => {
    const told = JSON.parse(await done(home, '--json', 'search', 'tide', '--package', disk, '--no-deleted')) as { hits: Row[] };
    expect(complaints('cli/search.schema.json', told)).toEqual([]);
    const { hits } = told;
    expect(hits.map(({ kind, package: id, path, title }) => [kind, id, path, typeof title])).toEqual(
      expect.arrayContaining([['file', disk, 'NOVEL/TIDE1.TXT', 'string']]),
    );
    expect(hits).toHaveLength((await found({ q: 'tide', package: disk, deleted: 'false' })).length);
    const lines = await done(home, 'search', '--deleted', '--accession', '2024-017');
    expect(lines).toContain('LETTERS/1996/_ENEDIKT.TXT');
    expect(lines).toContain('(deleted)');
    expect((await strongroom(home, 'search', '--digest', 'x')).stderr).toContain('--digest');
  });

  it('shows the volumes of a package', async () => {
    expect(complaints('cli/show.schema.json', JSON.parse(await done(home, '--json', 'show', many)))).toEqual([]);
    expect(await done(home, 'show', many)).toMatch(/mbr 2\s+NTFS 3\.1/);
  });

  it('inspects the files of an image without an archive, as one JSON document', async () => {
    const path = join(folder, 'many.img');
    const document: Row = JSON.parse(await done(home, '--json', 'inspect', '--files', '--hash', path));
    expect(complaints('cli/inspect.schema.json', document)).toEqual([]);
    const expected = (await truthOf(0)).filter(({ kind }) => kind === 'file');
    const told = (document.files as Row[]).filter(({ volume, deleted }) => volume === 0 && deleted !== true);
    expect(Object.fromEntries(told.map((file) => [file.path, file.sha256]))).toEqual(
      Object.fromEntries(expected.map((file) => [file.path, file.sha256])),
    );
    expect(await done(home, 'inspect', '--files', image)).toContain('NOVEL/TIDE2.TXT');
  });
});

it('the index is the same after the catalogue was built anew', async () => {
  const all = async (): Promise<Answer['json']> => ({
    rows: (await every('files', 200)).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)),
    disks: [(await server.get(`packages/${disk}/disk`)).json, (await server.get(`packages/${many}/disk`)).json],
    facets: (await server.get('files/facets')).json,
  });
  const before = await all();
  expect(before.rows.length).toBeGreaterThan(100);
  await server.stop();
  await done(home, 'rebuild');
  server = await serve({}, home);
  expect(await all()).toEqual(before);
}, 120_000);
