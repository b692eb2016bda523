/** Surveys after the ingest, as people see them: over HTTP and by the command line, with and without a server. */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { validateBag } from 'bagit-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { complaints } from '../schemas/judge.ts';
import { fourFloppies, truthOfFloppy } from '../support/many-volumes.ts';
import { done, serve, type Serving, strongroom } from '../support/serve.ts';

const SLOW = { STRONGROOM_SURVEY_SECONDS_AT_INGEST: '0' };
const UNKNOWN = '01a205f0-31e6-7680-91d6-369d698951c7';
const LIST = 'metadata/dfxml/disk.img.xml';

let folder = '';
let home = '';
let disk = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strongroom-surveys-'));
  home = join(folder, 'home');
  disk = join(folder, 'disk.img');
  await writeFile(disk, await fourFloppies());
  // Commands inherit it.
  process.env['STRONGROOM_SURVEY_SECONDS_AT_INGEST'] = '0';
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs a command with --json and judges what it prints. */
async function judged(schema: string, code: number, ...args: string[]) {
  const run = await strongroom(home, '--json', ...args);
  const printed: unknown = JSON.parse(run.stdout);
  expect(complaints(`cli/${schema}.schema.json`, printed), run.stdout).toEqual([]);
  expect(run.code, run.stderr).toBe(code);
  // oxlint-disable-next-line typescript/no-explicit-any -- judged by its schema
  return printed as any;
}

const bagOf = (id: string): string => join(home, 'locations/main/packages', id);

async function isUpdated(id: string): Promise<void> {
  const list = await readFile(join(bagOf(id), LIST));
  const tagManifest = await readFile(join(bagOf(id), 'tagmanifest-sha256.txt'), 'utf8');
  expect(tagManifest).toContain(`${createHash('sha256').update(list).digest('hex')}  ${LIST}\n`);
  expect(await validateBag(bagOf(id))).toMatchObject({ valid: true, errors: [] });
}

describe('the command "survey"', () => {
  let id = '';

  it('reads the files of a disk that its ingest did not, and puts the list into the package', async () => {
    ({ id } = JSON.parse(await done(home, 'ingest', '--json', disk)).packages[0]);
    const { surveyed } = await judged('survey', 0, 'survey', '--all');
    expect(surveyed).toMatchObject([{ package: id, outcome: 'updated', volumes: 4 }]);
    await isUpdated(id);
    const truth = await truthOfFloppy(1);
    const known = truth.filter(({ sha256 }) => sha256 !== undefined);
    const { files } = await judged('files', 0, 'files', id);
    const found = new Map(
      files
        .filter(({ volume, stream }: { volume: number; stream: string | null }) => volume === 1 && stream === null)
        .map(({ path, sha256 }: { path: string; sha256: string }) => [path, sha256]),
    );
    expect(known.map(({ path }) => [path, found.get(path)])).toEqual(known.map(({ path, sha256 }) => [path, sha256]));
  });

  it('does nothing for a package whose files were read, unless it shall', async () => {
    expect((await judged('survey', 0, 'survey', '--all')).surveyed).toEqual([]);
    const [present] = (await judged('survey', 0, 'survey', id)).surveyed;
    expect(present).toMatchObject({ outcome: 'present', volumes: 4 });
    const [again] = (await judged('survey', 0, 'survey', id, '--again')).surveyed;
    expect(again).toMatchObject({ outcome: 'updated', files: present.files });
    expect(again.tagManifestSha256).not.toBe(present.tagManifestSha256);
    await isUpdated(id);
  });

  it('leaves a package that audits, exports with its history, and is the same after a rebuild', async () => {
    expect(await judged('audit', 0, 'audit', '--all')).toMatchObject({ checked: 1, ok: 1, damaged: [] });
    const to = join(folder, 'exported');
    await judged('export', 0, 'export', id, '--as', 'bag', '--to', to, '--with-history');
    expect(await validateBag(to)).toMatchObject({ valid: true });
    expect(await readFile(join(to, 'metadata/premis-since-sealing.xml'), 'utf8')).toContain('>metadata modification<');
    const before = await judged('show', 0, 'show', id);
    expect(await judged('rebuild', 0, 'rebuild')).toMatchObject({ problems: [] });
    expect(await judged('show', 0, 'show', id)).toEqual(before);
    expect(await judged('doctor', 0, 'doctor')).toMatchObject({ ok: true });
  });

  it('refuses a disk that it can not read and goes on with the others, and wrong usage', async () => {
    const unknown = join(folder, 'unreadable.qcow2');
    await writeFile(unknown, Buffer.concat([Buffer.from('514649fb00000002', 'hex'), Buffer.alloc(4096)]));
    const other = JSON.parse(await done(home, 'ingest', '--json', unknown)).packages[0].id as string;
    const { surveyed } = await judged('survey', 1, 'survey', other, id);
    expect(surveyed).toMatchObject([{ outcome: 'refused', error: { code: 'package/medium-not-read' } }, { outcome: 'present' }]);
    expect(await judged('error', 1, 'survey', other)).toMatchObject({ error: { code: 'package/medium-not-read' } });
    expect(await judged('error', 1, 'survey', UNKNOWN)).toMatchObject({ error: { code: 'package/unknown' } });
    await judged('error', 2, 'survey');
    await judged('error', 2, 'survey', id, '--all');
  });
});

describe('a server', () => {
  let server: Serving;
  beforeAll(async () => {
    server = await serve(SLOW, home);
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  it('surveys what an ingest could not wait for, by itself', async () => {
    const { id } = JSON.parse(await done(home, 'ingest', '--json', disk, '--again')).packages[0] as { id: string };
    const { items } = (await server.get('jobs?kind=survey.package')).json;
    const news = await server.watch(items[0].id);
    expect(news.at(-1)).toMatchObject({ type: 'done', data: { result: { package: id, outcome: 'updated' } } });
    expect((await server.get(`packages/${id}/disk`)).json).toMatchObject({ state: 'indexed', hasDigests: true });
    await isUpdated(id);
  });

  it('surveys when it is asked to, as a job with progress', async () => {
    const [{ id }] = (await server.get('packages?limit=1')).json.items;
    const asked = await server.send('POST', `packages/${id}/survey?again=true`);
    expect(asked.status).toBe(202);
    const news = await server.watch(asked.json.job);
    expect(news.at(-1)).toMatchObject({ type: 'done', data: { result: { package: id, outcome: 'updated' } } });
    expect(news.some(({ data }) => data.progress?.stage === 'survey')).toBe(true);
    expect((await server.send('POST', `packages/${UNKNOWN}/survey`)).status).toBe(404);
    expect((await server.send('POST', `packages/${id}/survey?again=maybe`)).status).toBe(400);
  });

  it('does what the command asks', async () => {
    const [{ id }] = (await server.get('packages?limit=1')).json.items;
    expect((await judged('survey', 0, 'survey', id)).surveyed).toMatchObject([{ package: id, outcome: 'present' }]);
    expect((await judged('survey', 0, 'survey', '--all')).surveyed).toEqual([]);
  });
});
