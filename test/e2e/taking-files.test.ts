/** Files inside disks taken away as a table; judged by mtools and Python. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { complaints } from '../schemas/judge.ts';
import { manyVolumes } from '../support/many-volumes.ts';
import { type Answer, done, serve } from '../support/serve.ts';

const carrier = fileURLToPath(new URL('../../examples/donated-disk/carrier/', import.meta.url));
const image = `${carrier}marrowby-disk-07.img`;
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
type Row = Answer['json'];

let folder = '';
let home = '';
let disk = '';
let many = '';
const at = (...names: string[]): string => join(folder, ...names);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strongroom-taking-'));
  home = at('home');
  await writeFile(at('many.img'), await manyVolumes());
  await done(home, 'accession', 'add', '2024-017');
  disk = await ingested(carrier, '--accession', '2024-017');
  many = await ingested(at('many.img'));
}, 240_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

async function ingested(...args: string[]): Promise<string> {
  return JSON.parse(await done(home, 'ingest', '--json', ...args)).packages[0].id;
}

/** What Python's csv module reads. */
function csvOf(text: string): Row[] {
  const script =
    'import csv,json,sys,io\nprint(json.dumps(list(csv.DictReader(io.StringIO(sys.stdin.buffer.read().decode(), newline="")))))';
  return JSON.parse(execFileSync('python3', ['-c', script], { input: text, maxBuffer: 1 << 28 }).toString()) as Row[];
}

describe('the table of the files inside a disk', () => {
  it('is CSV that other programs read, the same by HTTP and by the command line, with or without a server', async () => {
    const local = await done(home, 'files', disk, '--csv');
    const wide = await done(home, 'files', many, '--csv');
    {
      await using server = await serve({}, home);
      const { status, headers, text } = await server.get(`packages/${disk}/disk/files.csv`);
      expect([status, headers.get('content-type')]).toEqual([200, 'text/csv; charset=utf-8; header=present']);
      expect(headers.get('content-disposition')).toBe(`attachment; filename="${disk}-files.csv"`);
      expect(text).toBe(local);
      expect(await done(home, 'files', disk, '--csv')).toBe(local);
      expect((await server.get(`packages/${many}/disk/files.csv`)).text).toBe(wide);
      const { text: second } = await server.get(`packages/${many}/disk/files.csv?volume=2`);
      expect(second).toBe(await done(home, 'files', many, '--csv', '--volume', '2'));
      expect(new Set(csvOf(second).map(({ volume }) => volume))).toEqual(new Set(['2']));
      expect(await server.get(`packages/${many}/disk/files.csv?volume=9`)).toMatchObject({ status: 404 });
      const pages: Row[] = [];
      for (let after: string | undefined = ''; after !== undefined; ) {
        const { json } = await server.get(`packages/${many}/disk/files?limit=7${after === '' ? '' : `&after=${after}`}`);
        pages.push(...json.items);
        after = json.next;
      }
      const keyOf = ({ volume, path, stream }: Row): string => [volume, path, stream ?? ''].join('|');
      expect(pages.map(keyOf)).toEqual(csvOf(wide).map(keyOf));
    }
    const files = csvOf(local).filter(({ kind, deleted }) => kind === 'file' && deleted === 'false');
    for (const { path, size, sha256: digest, accession, package: id } of files) {
      const expected = execFileSync('mcopy', ['-i', image, '-n', `::/${path}`, '-']);
      expect([path, size, digest, accession, id]).toEqual([path, String(expected.length), sha256(expected), '2024-017', disk]);
    }
    expect(files).toHaveLength(15);
    expect(csvOf(local).find(({ path }) => path === 'NOVEL/TIDE2.TXT')).toMatchObject({ unread: 'true' });
  });

  it('is for people, and one JSON document', async () => {
    const document: Row = JSON.parse(await done(home, '--json', 'files', many));
    expect(complaints('cli/files.schema.json', document)).toEqual([]);
    expect(document.files).toHaveLength(csvOf(await done(home, 'files', many, '--csv')).length);
    expect(await done(home, 'files', disk)).toMatch(/volume 0 "MARROWBY_07"[^]* NOVEL\/TIDE2\.TXT {2}\(has unread sectors\)/);
  });
});
