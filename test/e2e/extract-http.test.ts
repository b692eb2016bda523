/** Files from inside a disk over HTTP, as a zip: the same as the command line gives; judged by unzip and mtools. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, done, serve, type Serving } from '../support/serve.ts';

const carrier = fileURLToPath(new URL('../../examples/donated-disk/carrier/', import.meta.url));
const image = `${carrier}marrowby-disk-07.img`;
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

let folder = '';
let server: Serving;
let id = '';
let fromCommand: Buffer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strongroom-extract-'));
  const home = join(folder, 'home');
  id = JSON.parse(await done(home, 'ingest', '--json', carrier)).packages[0].id;
  await done(home, 'extract', id, 'NOVEL', 'README.TXT', '--to', join(folder, 'command.zip'));
  fromCommand = await readFile(join(folder, 'command.zip'));
  server = await serve({}, home);
}, 240_000);
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

function asked(body: unknown): Promise<Response> {
  const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  return fetch(`${server.url}/api/v1/packages/${id}/extract`, init);
}

async function events(): Promise<Answer['json'][]> {
  return (await server.get(`packages/${id}/events`)).json.items.filter(({ type }: Answer['json']) => type === 'dissemination');
}

describe('files extracted over HTTP', () => {
  it('are the zip that the command line makes, under a name that no disk has chosen', async () => {
    const before = (await events()).length;
    const response = await asked({ paths: ['README.TXT', 'NOVEL'] });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/zip']);
    expect(response.headers.get('content-disposition')).toBe(`attachment; filename="${id}-files.zip"`);
    const zip = Buffer.from(await response.arrayBuffer());
    await writeFile(join(folder, 'http.zip'), zip);
    execFileSync('unzip', ['-tq', join(folder, 'http.zip')]);
    const list = (name: string): string[] =>
      execFileSync('unzip', ['-Z1', join(folder, name)])
        .toString()
        .split('\n')
        .toSorted();
    expect(list('http.zip')).toEqual(list('command.zip'));
    expect(zip.length).toBe(fromCommand.length);
    const readme = execFileSync('unzip', ['-p', join(folder, 'http.zip'), 'data/README.TXT']);
    expect(sha256(readme)).toBe(sha256(execFileSync('mcopy', ['-i', image, '-n', '::/README.TXT', '-'])));
    const added = (await events()).slice(before);
    expect(added).toMatchObject([{ outcome: 'success', notes: expect.arrayContaining(['"NOVEL"', '"README.TXT"']) }]);
    expect(added[0].detail).toMatch(/^up to \d+ files \(\d+ bytes\) from inside the disk were sent as a zip file/);
    expect((await readdir(join(server.home, 'exports'))).filter((name) => name.startsWith('extract-'))).toEqual([]);
  });

  it('are refused before the first byte, and no event tells of them, when they can’t be had', async () => {
    const before = (await events()).length;
    const codes = async (body: unknown): Promise<unknown[]> => {
      const response = await asked(body);
      return [response.status, ((await response.json()) as { code: string }).code];
    };
    expect(await codes({ paths: ['NONE'] })).toEqual([404, 'files/no-such-file']);
    expect(await codes({ paths: [''], volume: 7 })).toEqual([404, 'files/no-such-volume']);
    expect((await codes({ paths: [] }))[0]).toBe(422);
    expect((await codes({ paths: [''], to: '/etc' }))[0]).toBe(422);
    expect((await codes({ paths: Array.from({ length: 1001 }, String) }))[0]).toBe(422);
    expect((await events()).length).toBe(before);
  });

  it('end without the end of the zip when a file is not what was surveyed', async () => {
    const kept = join(server.home, 'locations/main/packages', id, 'data/image/marrowby-disk-07.img');
    const readme = execFileSync('mcopy', ['-i', image, '-n', '::/README.TXT', '-']);
    const stored = await open(kept, 'r+');
    await stored.write(Buffer.from('X'), 0, 1, (await readFile(image)).indexOf(readme.subarray(0, 64)) + 3);
    await stored.close();
    const broken = asked({ paths: [''] }).then((response) => response.arrayBuffer());
    await expect(broken).rejects.toThrow(/terminated|fetch failed/);
    expect((await asked({ paths: ['NOVEL'] })).status).toBe(200);
  });
});
