/** An image in a container: the disk inside is measured, described and served; what is damaged is kept and told; what lacks its parent is refused. */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { done, serve, type Serving, strongroom } from '../support/serve.ts';

const fixtures = new URL('../fixtures/media/', import.meta.url);
const unpacked = async (path: string): Promise<Buffer> => gunzipSync(await readFile(new URL(path, fixtures)));
const canon = await unpacked('canon.raw.gz');
const sha256 = createHash('sha256').update(canon).digest('hex');

let work = '';
let home = '';
let server: Serving;
/** A snapshot with its parent; the same disk as raw bytes; a container that is cut. */
let snapshot = '';
let plain = '';
let cut = '';
const at = (path: string): string => join(work, path);

async function ingest(...args: string[]): Promise<string> {
  const [found] = (JSON.parse(await done(home, 'ingest', '--json', ...args)) as { packages: { id: string }[] }).packages;
  return found?.id ?? '';
}

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'strongroom-containers-'));
  home = at('home');
  await mkdir(at('snapshot'));
  for (const name of ['child.vdi', 'parent.vdi'])
    await writeFile(at(`snapshot/${name}`), await unpacked(`vdi/differencing/${name}.gz`));
  await writeFile(at('snapshot/imaging.txt'), 'Imaged in the reading room\n');
  await writeFile(at('plain.img'), canon);
  await writeFile(at('orphan.vdi'), await unpacked('vdi/differencing/child.vdi.gz'));
  await writeFile(at('cut.vdi'), (await unpacked('vdi/fixed.vdi.gz')).subarray(0, 3 << 20));
  snapshot = await ingest(at('snapshot'));
  plain = await ingest('--again', at('plain.img'));
  cut = await ingest(at('cut.vdi'));
  server = await serve({}, home);
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await rm(work, { recursive: true, force: true });
});

describe('a snapshot with its parent', () => {
  it('is one image of two files, and the disk inside is the one that other programs see', async () => {
    const { json } = await server.get(`packages/${snapshot}`);
    expect(json).toMatchObject({ format: { id: 'vdi' }, mediaSize: canon.length, mediaSha256: sha256 });
    const files = json.acquisition.image.files.map(({ path }: { path: string }) => path);
    expect(files).toEqual(['data/image/child.vdi', 'data/image/parent.vdi']);
    expect(json.acquisition.medium.extents).toMatchObject({ absent: 0, absentRanges: [] });
  });

  it('is known as the same disk as the raw image, and is refused where that is kept already', async () => {
    expect((await server.get(`packages/${snapshot}`)).json.sameMedium).toEqual([{ id: plain, title: 'plain.img' }]);
    expect((await server.get(`packages/${plain}`)).json.sameMedium).toMatchObject([{ id: snapshot }]);
    expect(await done(home, 'show', plain)).toContain(`as in package ${snapshot}`);
    expect(await strongroom(home, 'ingest', at('snapshot'))).toMatchObject({ code: 1 });
  });

  it('is found by the digest of the disk inside, and each package names the other', async () => {
    const { json } = await server.get(`search?q=${sha256.toUpperCase()}`);
    const found = json.hits.map((hit: { package: string; snippet: string }) => [hit.package, hit.snippet]);
    expect(found.slice(0, 2)).toEqual([
      [snapshot, `«${sha256}» of the disk inside; same medium as ${plain}`],
      [plain, `«${sha256}» of the disk inside; same medium as ${snapshot}`],
    ]);
  });

  it('has the events that tell how the disk inside was read', async () => {
    const { json } = await server.get(`packages/${snapshot}/events`);
    const said = json.items.map(({ type, outcome }: { type: string; outcome: string }) => `${type}: ${outcome}`);
    expect(said).toEqual(expect.arrayContaining(['validation: success', 'message digest calculation: success']));
  });
});

describe('the disk inside, over HTTP', () => {
  const media = async (id: string, headers: Record<string, string> = {}): Promise<{ response: Response; body: Buffer }> => {
    const response = await fetch(`${server.url}/api/v1/packages/${id}/images/1/media`, { headers });
    return { response, body: Buffer.from(await response.arrayBuffer()) };
  };

  it('comes whole, with its SHA-256 as ETag', async () => {
    const { response, body } = await media(snapshot);
    expect(response.status).toBe(200);
    expect(response.headers.get('etag')).toBe(`"${sha256}"`);
    expect(body.equals(canon)).toBe(true);
  });

  it.each([
    ['bytes=0-511', 0, 512],
    ['bytes=2097000-3145999', 2_097_000, 3_146_000],
    ['bytes=-100', canon.length - 100, canon.length],
  ])('comes by range: %s', async (range, from, to) => {
    const { response, body } = await media(snapshot, { range });
    expect(response.status).toBe(206);
    expect(body.equals(canon.subarray(from, to))).toBe(true);
  });

  it('comes to many readers at once', async () => {
    const ranges = Array.from({ length: 12 }, (_, i) => i * 400_000);
    const answers = await Promise.all(ranges.map((from) => media(snapshot, { range: `bytes=${from}-${from + 99_999}` })));
    for (const [i, from] of ranges.entries()) expect(answers[i]?.body.equals(canon.subarray(from, from + 100_000))).toBe(true);
  });

  it('is refused by name where there is none', async () => {
    expect((await server.get(`packages/${snapshot}/images/2/media`)).json).toMatchObject({ code: 'package/no-such-image' });
    expect((await server.get(`packages/${cut}/images/1/media`)).json).toMatchObject({ code: 'package/medium-not-read' });
  });

  it('is written down as read', async () => {
    const { json } = await server.get(`packages/${snapshot}/events`);
    const readings = json.items.filter(({ type }: { type: string }) => type === 'dissemination');
    expect(readings.length).toBeGreaterThan(3);
    expect(readings[0].detail).toContain('the disk inside the image');
  });
});

describe('the disk inside, exported', () => {
  it('is converted by the command line: the same disk, and an event that tells what the file was made of', async () => {
    const to = at('disk.qcow2');
    const said = JSON.parse(await done(home, 'export', snapshot, '--as', 'qcow2', '--to', to, '--json')) as { sha256: string };
    const digest = createHash('sha256')
      .update(await readFile(to))
      .digest('hex');
    expect(said).toMatchObject({ as: 'qcow2', target: to, files: 1, sha256: digest, mediumSha256: sha256, notes: [] });
    const { json } = await server.get(`packages/${snapshot}/events`);
    const exported = json.items.filter(({ type }: { type: string }) => type === 'exporting').at(-1);
    expect(exported.detail).toContain('as qcow2, converted from vdi');
    expect(exported.notes).toEqual([`SHA-256 of the qcow2 ${digest}`, `SHA-256 of the disk ${sha256}`]);
  });

  it('is made by a job over HTTP, and fetched', async () => {
    const { json } = await server.send('POST', 'exports', { package: snapshot, as: 'raw' });
    await fetch(`${server.url}/api/v1/jobs/${json.id}/events`).then((response) => response.text());
    expect((await server.get(`exports/${json.id}`)).json).toMatchObject({ state: 'done', sha256, mediaSha256: sha256 });
    const response = await fetch(`${server.url}/api/v1/exports/${json.id}/content`);
    expect(Buffer.from(await response.arrayBuffer()).equals(canon)).toBe(true);
  });

  it('is refused at once where the disk was not read, or a history is asked for', async () => {
    const refused = async (asked: object): Promise<unknown> => (await server.send('POST', 'exports', asked)).json;
    expect(await refused({ package: cut, as: 'e01' })).toMatchObject({ code: 'export/medium-not-read' });
    expect(await refused({ package: plain, as: 'vhd', withHistory: true })).toMatchObject({ code: 'export/history-of-disk' });
    const { code, stderr } = await strongroom(home, 'export', cut, '--as', 'raw', '--to', at('none.raw'));
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('export/medium-not-read') });
    expect(await readdir(work)).not.toContain('none.raw');
  });
});

describe('a container that is not whole', () => {
  it('is kept as it came when it is cut, and the package says what is wrong', async () => {
    const { json } = await server.get(`packages/${cut}`);
    expect(json).toMatchObject({ format: { id: 'vdi' }, mediaSize: null, mediaSha256: null });
    expect(json.acquisition.damage).toMatchObject([
      { code: 'media/blocks-outside' },
      { code: 'media/past-end', offset: 1_835_008, message: expect.stringMatching(/^"cut\.vdi" ends/) },
      { code: 'media/block-outside', offset: 3_145_728 },
    ]);
    const { json: events } = await server.get(`packages/${cut}/events`);
    expect(events.items).toContainEqual(expect.objectContaining({ type: 'validation', outcome: 'fail' }));
  });

  it('is refused when its parent was not deposited, and nothing is kept', async () => {
    const before = await readdir(join(home, 'locations/main/packages'));
    const { code, stderr } = await strongroom(home, 'ingest', at('orphan.vdi'));
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('vdi/parent-missing') });
    expect(await readdir(join(home, 'locations/main/packages'))).toEqual(before);
  });
});
