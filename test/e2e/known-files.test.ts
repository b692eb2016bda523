/** Known system files: a set is added, searches hide what it knows and say so, and show it again; by command line, with and without a server. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { complaints } from '../schemas/judge.ts';
import { done, serve, strongroom } from '../support/serve.ts';

const carrier = fileURLToPath(new URL('../../examples/donated-disk/carrier/', import.meta.url));
const TIDE3 = ['BACKUP/TIDE3.TXT', 'NOVEL/TIDE3.TXT'];

let home = '';
let folder = '';
let id = '';
let list = '';

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'strongroom-e2e-'));
  folder = await mkdtemp(join(tmpdir(), 'strongroom-known-'));
  id = (JSON.parse(await done(home, 'ingest', '--json', carrier)) as { packages: [{ id: string }] }).packages[0].id;
  const tide3 = execFileSync('mcopy', ['-i', `${carrier}marrowby-disk-07.img`, '-n', '::/NOVEL/TIDE3.TXT', '-']);
  list = join(folder, 'mine.sha1');
  await writeFile(list, `${createHash('sha1').update(tide3).digest('hex')}  TIDE3.TXT\n`);
}, 120_000);
afterAll(async () => {
  for (const each of [home, folder]) await rm(each, { recursive: true, force: true });
});

/** What a command prints with --json, judged by its schema. */
async function told(schema: string, ...args: string[]) {
  const { code, stdout, stderr } = await strongroom(home, '--json', ...args);
  expect(code, stderr).toBe(0);
  const printed: unknown = JSON.parse(stdout);
  expect(complaints(`cli/${schema}.schema.json`, printed)).toEqual([]);
  // oxlint-disable-next-line typescript/no-explicit-any -- judged by its schema
  return printed as any;
}

async function found(...args: string[]): Promise<string[]> {
  const { hits } = (await told('search', 'search', ...args)) as { hits: { path: string | null }[] };
  return hits.flatMap(({ path }) => path ?? []).toSorted();
}

/** From its being added to what then is hidden, and how it is shown. */
async function added(): Promise<void> {
  expect(await told('known-add', 'known', 'add', list)).toMatchObject({ name: 'mine', state: 'ready', digests: 1, sha1: 1 });
  expect((await told('known-list', 'known', 'list')).sets).toMatchObject([{ name: 'mine', format: 'list', source: list }]);
  const { hits, hidden } = await told('search', 'search', 'tide3');
  expect([hits, hidden]).toEqual([[], 2]);
  expect(await found('--known', 'tide3')).toEqual(TIDE3);
}

describe('known system files', { timeout: 240_000 }, () => {
  it('are hidden by a set, and shown again without it', async () => {
    expect(await found('tide3')).toEqual(TIDE3);
    await added();
    expect((await strongroom(home, 'search', 'tide3')).stdout).toContain('2 known system files are hidden; --known shows them');
    expect(await found('--only-known', '--extension', 'txt')).toEqual(TIDE3);
    const { files } = (await told('files', 'files', id)) as { files: { path: string; known: unknown }[] };
    expect(files.flatMap(({ path, known }) => (known === null ? [] : [[path, known]]))).toEqual(
      TIDE3.map((path) => [path, { set: 'mine', digest: 'sha1' }]),
    );
    await told('known-remove', 'known', 'remove', 'mine');
    expect(await found('tide3')).toEqual(TIDE3);
  });

  it('are the same to a running server, which takes paths from this machine’s command line alone; and outlast a rebuild', async () => {
    {
      await using server = await serve({}, home);
      const asked = await server.send('POST', 'known-sets/local', { path: list, name: 'x' });
      expect(asked.json).toMatchObject({ code: 'http/only-local' });
      expect((await strongroom(home, 'known', 'add', carrier)).stderr).toContain('known/not-a-file');
      await added();
      expect((await server.get('known-sets')).json.items).toMatchObject([{ name: 'mine', state: 'ready' }]);
      expect((await server.get('files?q=tide3')).json.items).toEqual([]);
      expect((await server.get('files?q=tide3&known=only')).json.items).toHaveLength(2);
      expect((await server.get('files/facets?q=tide3')).json).toMatchObject({ count: 0, hidden: 2 });
      expect((await server.get('search?q=tide3&known=include')).json.hits).toMatchObject([{ known: true }, { known: true }]);
      const { json } = await server.get(`packages/${id}/disk/file?path=NOVEL/TIDE3.TXT`);
      expect(json.known).toEqual({ set: 'mine', digest: 'sha1' });
    }
    expect(await told('rebuild', 'rebuild')).toMatchObject({ knownSets: 1 });
    await using server = await serve({}, home);
    expect((await server.get('files?q=tide3')).json.items).toEqual([]);
    expect(await server.send('DELETE', 'known-sets/nobody')).toMatchObject({ status: 404, json: { code: 'known/unknown' } });
    await told('known-remove', 'known', 'remove', 'mine');
    expect((await server.get('files?q=tide3')).json.items).toHaveLength(2);
  });

  it.each([
    ['nonsense', 'known/no-digest'],
    ['', 'known/empty'],
  ])('are not taken from %j', async (text, code) => {
    const path = join(folder, 'bad.txt');
    await writeFile(path, text);
    const run = await strongroom(home, '--json', 'known', 'add', path);
    expect([run.code, JSON.parse(run.stdout)]).toMatchObject([1, { error: { code } }]);
    expect((await told('known-list', 'known', 'list')).sets).toEqual([]);
  });
});
