/** Packages over HTTP: lists, files, events, bytes by range, search, audits, exports; judged by the donated disk's own files. */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SqliteDatabase } from '#built/src/database/sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, done, ownerOf, serve, type Serving } from '../support/serve.ts';

const carrier = fileURLToPath(new URL('../../examples/donated-disk/carrier/', import.meta.url));
const image = await readFile(`${carrier}marrowby-disk-07.img`);
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
let home = '';
let server: Serving;
/** The donated disk, and a small one with an empty paper beside it. */
let disk = '';
let small = '';

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'strongroom-e2e-'));
  const folder = await mkdtemp(join(tmpdir(), 'strongroom-carrier-'));
  await writeFile(join(folder, 'small.img'), Buffer.alloc(4096, 7));
  await writeFile(join(folder, 'empty.txt'), '');
  await writeFile(join(folder, 'Größe & 50%.txt'), 'abc');
  await done(home, 'accession', 'add', '2026-014');
  const ids = [];
  for (const path of [carrier, folder]) {
    const stdout = await done(home, 'ingest', '--json', '--accession', '2026-014', path);
    ids.push((JSON.parse(stdout) as { packages: [{ id: string }] }).packages[0].id);
  }
  [disk = '', small = ''] = ids;
  await rm(folder, { recursive: true });
  server = await serve({ STRONGROOM_EXPORT_KEEP_HOURS: '1' }, home);
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

const contentPath = (id: string, path: string): string => `packages/${id}/content?path=${encodeURIComponent(path)}`;

async function bytes(
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; headers: Headers; body: Buffer }> {
  const response = await fetch(`${server.url}/api/v1/${path}`, { headers });
  return { status: response.status, headers: response.headers, body: Buffer.from(await response.arrayBuffer()) };
}

async function idsOf(page: Answer): Promise<string[]> {
  return page.json.items.map(({ id }: { id: string }) => id);
}

describe('packages', () => {
  it('are listed newest first, page by page, and by accession', async () => {
    const first = await server.get('packages?limit=1');
    const second = await server.get(`packages?limit=1&after=${first.json.next}`);
    expect([...(await idsOf(first)), ...(await idsOf(second))]).toEqual([small, disk]);
    expect(second.json).not.toHaveProperty('next');
    expect(await idsOf(await server.get('packages?accession=2026-014'))).toEqual([small, disk]);
    expect(await server.get('packages?accession=none')).toMatchObject({ status: 404, json: { code: 'accession/unknown' } });
  });

  it('are shown with what the archive knows of them', async () => {
    const { json } = await server.get(`packages/${disk}`);
    expect(json).toMatchObject({
      id: disk,
      accession: '2026-014',
      mediaSize: image.length,
      mediaSha256: sha256(image),
      accessionRecord: { number: '2026-014' },
      copies: [{ location: 'main' }],
    });
    expect((await server.get(`packages/${disk}/events`)).json.items.map(({ type }: { type: string }) => type)).toEqual(
      expect.arrayContaining(['message digest calculation', 'ingestion end']),
    );
    const files = (await server.get(`packages/${disk}/files`)).json.items as { path: string; size: number; sha256: string }[];
    expect(files).toContainEqual(
      expect.objectContaining({ path: 'data/image/marrowby-disk-07.img', size: image.length, sha256: sha256(image) }),
    );
    expect(files.map(({ path }) => path)).toEqual(files.map(({ path }) => path).toSorted());
  });

  it('that are not there are not found, and ids that are none are named', async () => {
    for (const path of ['', '/files', '/events', '/content?path=bagit.txt']) {
      const unknown = await server.get(`packages/01a205f0-31e6-7680-91d6-369d698951c7${path}`);
      expect(unknown).toMatchObject({ status: 404, json: { code: 'package/unknown' } });
      const wrong = await server.get(`packages/7${path}`);
      expect(wrong).toMatchObject({ status: 400, json: { errors: [{ parameter: 'id' }] } });
    }
  });

  it('are answered with 304 to those who have the answer', async () => {
    for (const path of ['packages', `packages/${small}`, `packages/${small}/files`]) {
      const etag = (await server.get(path)).headers.get('etag') ?? 'none';
      expect(await server.get(path, { 'if-none-match': `"other", W/${etag}` })).toMatchObject({ status: 304, text: '' });
    }
  });
});

describe('content', () => {
  it.each([
    [undefined, 200, 0, image.length],
    ['bytes=0-0', 206, 0, 1],
    ['bytes=512-1023', 206, 512, 1024],
    ['bytes=1474000-', 206, 1_474_000, image.length],
    ['bytes=-100', 206, image.length - 100, image.length],
    ['bytes=-99999999', 206, 0, image.length],
    ['bytes=100-99999999', 206, 100, image.length],
    ['bytes=5-1', 200, 0, image.length],
    ['bytes=0-1,5-6', 200, 0, image.length],
    ['lines=1-2', 200, 0, image.length],
  ])('by Range %s is answered %i with just those bytes', async (range, status, from, to) => {
    const answer = await bytes(contentPath(disk, 'data/image/marrowby-disk-07.img'), range === undefined ? {} : { range });
    expect(answer.status).toBe(status);
    expect(answer.body.equals(image.subarray(from, to))).toBe(true);
    expect(answer.headers.get('content-length')).toBe(String(to - from));
    expect(answer.headers.get('content-range')).toBe(status === 206 ? `bytes ${from}-${to - 1}/${image.length}` : null);
    expect(answer.headers.get('etag')).toBe(`"${sha256(image)}"`);
  });

  it.each([`bytes=${image.length}-`, 'bytes=-0'])('behind the end (%s) is refused with 416 and the size', async (range) => {
    const answer = await server.get(contentPath(disk, 'data/image/marrowby-disk-07.img'), { range });
    expect(answer).toMatchObject({ status: 416, json: { code: 'http/range-not-satisfiable' } });
    expect(answer.headers.get('content-range')).toBe(`bytes */${image.length}`);
  });

  it('is not sent to those who have it, nor in parts when they hold parts of something else', async () => {
    const path = contentPath(disk, 'data/image/marrowby-disk-07.img');
    expect(await server.get(path, { 'if-none-match': `"${sha256(image)}"` })).toMatchObject({ status: 304, text: '' });
    expect((await bytes(path, { range: 'bytes=0-9', 'if-range': `"${sha256(image)}"` })).status).toBe(206);
    expect((await bytes(path, { range: 'bytes=0-9', 'if-range': '"other"' })).status).toBe(200);
  });

  it('may be empty, and keeps its name', async () => {
    const empty = await bytes(contentPath(small, 'data/submission/empty.txt'));
    expect(empty).toMatchObject({ status: 200, body: Buffer.alloc(0) });
    const named = await bytes(contentPath(small, 'data/submission/Größe & 50%.txt'));
    expect(named.body.toString()).toBe('abc');
    expect(named.headers.get('content-disposition')).toBe("attachment; filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%26%2050%25.txt");
  });

  it.each(['../../home.json', '/etc/passwd', 'data/image', 'data/image/../image/marrowby-disk-07.img'])(
    'is only what the package holds: not %s',
    async (path) => {
      expect(await server.get(contentPath(disk, path))).toMatchObject({ status: 404, json: { code: 'package/no-such-file' } });
    },
  );

  it('is told by HEAD without being read; each reading is an event', async () => {
    const readings = async (): Promise<string[]> =>
      (await server.get(`packages/${small}/events`)).json.items
        .filter(({ type }: { type: string }) => type === 'dissemination')
        .map(({ detail }: { detail: string }) => detail);
    const before = (await readings()).length;
    const head = await fetch(`${server.url}/api/v1/${contentPath(small, 'data/image/small.img')}`, { method: 'HEAD' });
    expect(head.status).toBe(200);
    expect(head.headers.get('content-length')).toBe('4096');
    expect(await readings()).toHaveLength(before);
    await bytes(contentPath(small, 'data/image/small.img'), { range: 'bytes=10-19' });
    expect((await readings()).slice(before)).toEqual([expect.stringMatching(/small\.img: 10 bytes from byte 10/)]);
  });
});

describe('search', () => {
  it('finds by beginnings of words and by digest, and takes anything for words', async () => {
    expect((await server.get('search?q=MARROWB')).json.hits).toContainEqual(
      expect.objectContaining({ kind: 'package', package: disk }),
    );
    expect((await server.get(`search?q=${sha256(image)}`)).json.hits).toMatchObject([
      { kind: 'package', package: disk },
      { kind: 'file', package: disk, path: 'data/image/marrowby-disk-07.img' },
    ]);
    expect((await server.get('search?q=2026-014')).json.hits).toContainEqual(
      expect.objectContaining({ kind: 'accession', accession: '2026-014' }),
    );
    for (const q of ['"', 'a AND (', '*', 'NEAR(', '-', '\\', '%', "'; DROP TABLE package"]) {
      expect((await server.get(`search?q=${encodeURIComponent(q)}`)).status).toBe(200);
    }
    expect(await server.get('search?q=')).toMatchObject({ status: 400, json: { errors: [{ parameter: 'q' }] } });
    expect(await server.get('search')).toMatchObject({ status: 400 });
  });
});

describe('audits', () => {
  it('are asked for by package or for all, run as jobs, and change what is known of the copies', async () => {
    const one = await server.send('POST', 'fixity/runs', { packages: [disk] });
    expect(one).toMatchObject({ status: 202, json: { jobs: [expect.any(String)] } });
    const news = await server.watch(one.json.jobs[0]);
    expect(news.at(-1)).toMatchObject({
      type: 'done',
      data: { state: 'done', result: { package: disk, outcome: 'ok', findings: [] } },
    });
    const all = await server.send('POST', 'fixity/runs', { all: true });
    expect(all.json.jobs).toHaveLength(2);
    for (const job of all.json.jobs) expect((await server.watch(job)).at(-1)?.type).toBe('done');
    expect((await server.get('fixity')).json).toMatchObject({ copies: 2, ok: 2, unchecked: 0, due: 0, damaged: 0 });
    expect((await server.get(`packages/${disk}`)).json).toMatchObject({ status: 'ok', lastCheckedAt: expect.any(String) });
  });

  it('of packages that are not there, or of wrong ids, are refused', async () => {
    const unknown = { packages: ['01a205f0-31e6-7680-91d6-369d698951c7'] };
    expect(await server.send('POST', 'fixity/runs', unknown)).toMatchObject({ status: 404, json: { code: 'package/unknown' } });
    const wrong = await server.send('POST', 'fixity/runs', { packages: [disk, '7'] });
    expect(wrong).toMatchObject({ status: 422, json: { errors: [{ pointer: '#/packages/1' }] } });
  });
});

describe('exports', () => {
  it.each(['tar', 'zip'])('as %s are made by a job, and downloaded whole or in parts that fit their ETag', async (as) => {
    const asked = await server.send('POST', 'exports', { package: small, as });
    expect(asked).toMatchObject({ status: 202, json: { package: small, as, state: expect.stringMatching(/queued|active/) } });
    const { id } = asked.json;
    expect((await server.watch(id)).at(-1)?.type).toBe('done');
    const view = (await server.get(`exports/${id}`)).json;
    const whole = await bytes(`exports/${id}/content`);
    expect(view).toMatchObject({ state: 'done', bytes: whole.body.length, sha256: sha256(whole.body) });
    expect(whole.headers.get('etag')).toBe(`"${view.sha256}"`);
    expect(whole.headers.get('content-disposition')).toContain(`${small}.${as}`);
    const half = Math.floor(whole.body.length / 2);
    const parts = [
      await bytes(`exports/${id}/content`, { range: `bytes=0-${half}` }),
      await bytes(`exports/${id}/content`, { range: `bytes=${half + 1}-` }),
    ];
    expect(parts.map(({ status }) => status)).toEqual([206, 206]);
    expect(Buffer.concat(parts.map(({ body }) => body)).equals(whole.body)).toBe(true);
    expect(await server.get(`exports/${id}/content`, { 'if-none-match': `"${view.sha256}"` })).toMatchObject({ status: 304 });
  });

  it('with history hold the events since sealing', async () => {
    const { json } = await server.send('POST', 'exports', { package: small, withHistory: true });
    await server.watch(json.id);
    expect((await bytes(`exports/${json.id}/content`)).body.includes('premis-since-sealing.xml')).toBe(true);
  });

  it('that are cancelled, unknown, or none at all are said to be', async () => {
    const { json } = await server.get(`jobs?kind=fixity.audit&limit=1`);
    const [audit] = json.items as [{ id: string }];
    expect(await server.get(`exports/${audit.id}`)).toMatchObject({ status: 404, json: { code: 'export/unknown' } });
    expect(await server.get('exports/01a205f0-31e6-7680-91d6-369d698951c7')).toMatchObject({ status: 404 });
    expect(await server.send('POST', 'exports', { package: disk, as: 'bag' })).toMatchObject({ status: 422 });
    expect(await server.send('DELETE', `jobs/${audit.id}`)).toMatchObject({ status: 409, json: { code: 'jobs/ended' } });
  });

  it('are not ready before they are, and gone after their time', async () => {
    const asked = Array.from({ length: 6 }, () => server.send('POST', 'exports', { package: disk }));
    const ids = (await Promise.all(asked)).map(({ json }) => json.id as string);
    const early = await server.get(`exports/${ids.at(-1)}/content`);
    expect(early).toMatchObject({ status: 409, json: { code: 'export/not-ready' } });
    for (const id of ids)
      expect((await server.watch(id)).at(-1)).toMatchObject({ type: 'done', data: { error: null, attempts: 1 } });
    await server.stop();
    // Two hours go by: for the job's row, and for the file.
    const db = new SqliteDatabase(join(home, 'catalogue.sqlite'));
    const past = new Date(Date.now() - 2 * 3_600_000);
    db.prepare('UPDATE job SET finished_at = ? WHERE id = ?').run(past.toISOString(), ids[0]);
    db.close();
    await utimes(join(home, 'exports', `${ids[0]}.tar`), past, past);
    server = await serve({ STRONGROOM_EXPORT_KEEP_HOURS: '1' }, home);
    expect((await server.get(`exports/${ids[0]}`)).json).toMatchObject({ state: 'expired' });
    expect(await server.get(`exports/${ids[0]}/content`)).toMatchObject({ status: 404, json: { code: 'export/expired' } });
    await expect(readFile(join(home, 'exports', `${ids[0]}.tar`))).rejects.toThrow(/ENOENT/);
    expect((await server.get(`exports/${ids[1]}`)).json).toMatchObject({ state: 'done' });
  });
});

describe('what only this machine may ask for', () => {
  it.each([
    ['deposits/local', { path: '/etc/passwd' }],
    ['exports/local', { package: '01a205f0-31e6-7680-91d6-369d698951c7', as: 'bag', to: '/tmp/taken' }],
  ])('is refused at %s without the token of the home, and with a wrong one', async (path, body) => {
    const { token = '' } = await ownerOf(home);
    const wrong = token.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
    for (const headers of [{}, { 'x-strongroom-token': '' }, { 'x-strongroom-token': wrong }, { 'x-strongroom-token': 'x' }]) {
      expect(await server.send('POST', path, body, headers as Record<string, string>)).toMatchObject({
        status: 403,
        json: { code: 'http/only-local' },
      });
    }
    expect((await server.send('POST', path, body, { 'x-strongroom-token': token })).status).not.toBe(403);
  });
});
