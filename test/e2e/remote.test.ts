/** The command line while a server has the home: the same words, the same JSON, the same exit codes as without one. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { complaints } from '../schemas/judge.ts';
import { done, ownerOf, serve, type Serving, strongroom } from '../support/serve.ts';

const carrier = fileURLToPath(new URL('../../examples/donated-disk/carrier', import.meta.url));
let work = '';
let server: Serving;
/** Of the package that was ingested while the server runs. */
let id = '';
let ingested: { packages: { id: string }[] };

/** Runs a command with --json and judges what it prints by the schema of that command. */
async function judged(name: string, ...args: string[]) {
  const { code, stdout } = await strongroom(server.home, '--json', ...args);
  const printed: unknown = JSON.parse(stdout);
  // acquisition.json is judged where it is written; `show` tells the accession's record, where the schema has its number.
  const isOther = (complaint: string): boolean => /^\/(?:acquisition|accession)\b/.test(complaint);
  expect(complaints(`cli/${name}.schema.json`, printed).filter((complaint) => !isOther(complaint))).toEqual([]);
  // oxlint-disable-next-line typescript/no-explicit-any -- judged by its schema
  return { code, json: printed as any };
}

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'strongroom-remote-'));
  server = await serve({ STRONGROOM_WORKERS: '1' });
  await done(server.home, 'accession', 'add', '2026-014', '--donor', 'Ada Marrowby');
  ingested = JSON.parse(
    await done(server.home, 'ingest', '--json', carrier, '--accession', '2026-014', '--title', 'Marrowby 7'),
  ) as typeof ingested;
  id = ingested.packages[0]?.id ?? '';
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await rm(work, { recursive: true, force: true });
});

describe('beside a running server', () => {
  it('an ingest is the server’s, under the accession that was named', async () => {
    expect(complaints('cli/ingest.schema.json', ingested)).toEqual([]);
    expect((await server.get(`packages/${id}`)).json).toMatchObject({ title: 'Marrowby 7', accession: '2026-014' });
    expect((await server.get('jobs?kind=deposit.ingest')).json.items).toMatchObject([{ state: 'done', result: { id } }]);
  });

  it('list, show, search, accession list and doctor print what their schemas say', async () => {
    expect((await judged('list', 'list')).json.packages).toMatchObject([{ id }]);
    const shown = (await judged('show', 'show', id)).json;
    expect(shown).toMatchObject({ id, accession: { number: '2026-014', donor: 'Ada Marrowby' }, copies: [{ location: 'main' }] });
    expect(shown.files.length).toBeGreaterThan(7);
    expect((await judged('search', 'search', 'marrow')).json.hits).toContainEqual(expect.objectContaining({ package: id }));
    expect((await judged('accession-list', 'accession', 'list')).json.accessions).toMatchObject([
      { number: '2026-014', packages: 1 },
    ]);
    expect(await judged('doctor', 'doctor')).toMatchObject({ code: 0, json: { ok: true } });
  });

  it('an export is written to the path, the same bytes twice', async () => {
    const digests = [];
    for (const name of ['a.tar', 'b.tar']) {
      const { code, json } = await judged('export', 'export', id, '--as', 'tar', '--to', join(work, name));
      expect(code).toBe(0);
      digests.push(
        createHash('sha256')
          .update(await readFile(join(work, name)))
          .digest('hex'),
      );
      expect(json.sha256).toBe(digests.at(-1));
    }
    expect(digests[0]).toBe(digests[1]);
    const bag = await judged('export', 'export', id, '--to', join(work, 'bag'));
    expect(bag).toMatchObject({ code: 0, json: { as: 'bag', target: join(work, 'bag') } });
    expect(await judged('validate', 'validate', join(work, 'bag'))).toMatchObject({ code: 0, json: { valid: true } });
  });

  it('an audit tells the byte that is wrong, and ends with 1', async () => {
    expect(await judged('audit', 'audit', '--all')).toMatchObject({ code: 0, json: { checked: 1, ok: 1, damaged: [] } });
    const path = join(server.home, 'locations/main/packages', id, 'data/image/marrowby-disk-07.img');
    const bytes = await readFile(path);
    const sound = Buffer.from(bytes);
    bytes[1_100_000] = (bytes[1_100_000] ?? 0) ^ 1;
    await writeFile(path, bytes);
    const { code, json } = await judged('audit', 'audit', id);
    expect(code).toBe(1);
    expect(json).toMatchObject({
      checked: 1,
      ok: 0,
      damaged: [{ package: id, path: 'data/image/marrowby-disk-07.img', outcome: 'altered' }],
    });
    const [{ offset, length }] = json.damaged[0].ranges as [{ offset: number; length: number }];
    expect(offset <= 1_100_000 && 1_100_000 < offset + length).toBe(true);
    expect((await server.get(`packages/${id}`)).json).toMatchObject({ status: 'altered' });
    expect(await judged('error', 'export', id, '--to', join(work, 'damaged'))).toMatchObject({ code: 1 });
    await expect(readFile(join(work, 'damaged'))).rejects.toThrow(/ENOENT/);
    await writeFile(path, sound);
    expect(await judged('audit', 'audit', id)).toMatchObject({ code: 0, json: { ok: 1 } });
  });

  it.each([
    ['a package that is not there', 'missing', 'package/unknown', ['show', '01a205f0-31e6-7680-91d6-369d698951c7']],
    ['an accession that is there already', 'refused', 'accession/exists', ['accession', 'add', '2026-014']],
    ['an ingest into an unknown accession', 'missing', 'accession/unknown', ['ingest', carrier, '--accession', 'none']],
  ])('%s is refused in the words that are used without a server', async (_, kind, code, args) => {
    expect(await judged('error', ...args)).toMatchObject({ code: 1, json: { error: { kind, code } } });
  });

  it('several ingests of which one is refused: the others are kept, exit code 1', async () => {
    const image = join(work, 'other.img');
    await writeFile(image, Buffer.alloc(2048, 9));
    const { code, stdout } = await strongroom(server.home, 'ingest', '--json', '/nowhere.img', image);
    expect(code).toBe(1);
    expect(JSON.parse(stdout).packages).toMatchObject([{ outcome: 'refused' }, { outcome: 'stored' }]);
  });

  it('rebuild is refused, since the server has the home', async () => {
    const { url = '' } = await ownerOf(server.home);
    const { code, json } = await judged('error', 'rebuild');
    expect(code).toBe(1);
    expect(json.error).toMatchObject({ code: 'home/in-use', message: expect.stringContaining(url) });
  });
});
