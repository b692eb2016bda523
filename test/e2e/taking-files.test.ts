/** Files inside disks taken away: as a table, and as files in a folder or a zip file; judged by mtools, Python, unzip and bagit-js. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { complaints } from '../schemas/judge.ts';
import { manyVolumes, type TrueFile, truthOf } from '../support/many-volumes.ts';
import { type Answer, done, serve, strongroom } from '../support/serve.ts';

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

async function extracted(...args: string[]): Promise<Row> {
  const document: Row = JSON.parse(await done(home, '--json', 'extract', ...args));
  expect(complaints('cli/extract.schema.json', document)).toEqual([]);
  return document;
}

/** Files beneath a folder: path and SHA-256. */
async function treeOf(path: string): Promise<Record<string, string>> {
  const found = (await readdir(path, { recursive: true, withFileTypes: true })).filter((entry) => !entry.isDirectory());
  const all = await Promise.all(
    found.map(async (entry) => {
      expect(entry.isFile()).toBe(true);
      const own = join(entry.parentPath, entry.name);
      return [own.slice(path.length + 1), sha256(await readFile(own))] as const;
    }),
  );
  return Object.fromEntries(all.toSorted(([a], [b]) => (a < b ? -1 : 1)));
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

describe('files taken out of a disk', () => {
  it('are the same as mcopy copies, in a folder that is a valid bag', async () => {
    const { target, files, bytes } = await extracted(disk, '', '--to', at('all'));
    execFileSync('mcopy', ['-i', image, '-n', '-s', '-m', '::/', at('mcopied/')].map(String), { cwd: await made('mcopied') });
    const expected = await treeOf(at('mcopied'));
    expect(await treeOf(join(target, 'data'))).toEqual(expected);
    expect(files).toBe(Object.keys(expected).length);
    expect(bytes).toBeGreaterThan(0);
    await done(home, 'validate', target);
    const listed = execFileSync('sha256sum', ['-c', '--quiet', 'manifest-sha256.txt'], { cwd: target });
    expect(listed.toString()).toBe('');
    const rows = csvOf(await readFile(join(target, 'files.csv'), 'utf8'));
    const [tide] = rows.filter(({ path }) => path === 'NOVEL/TIDE2.TXT');
    expect(tide).toMatchObject({ written: 'data/NOVEL/TIDE2.TXT', unread: '1024+512', remarks: expect.stringContaining('UTC') });
    const { mtime } = await stat(join(target, 'data/NOVEL/TIDE2.TXT'));
    expect(mtime.toISOString().slice(0, 19)).toBe(tide.modified);
    expect((await stat(join(target, 'data/NOVEL'))).mtime.toISOString().slice(0, 19)).toBe(
      rows.find(({ path }) => path === 'NOVEL').modified,
    );
  });

  it('are chosen by path, deleted ones only when they are asked for', async () => {
    await extracted(disk, 'LETTERS/1996', '/NOVEL/TIDE1.TXT', 'NOVEL/', '--with-deleted', '--to', at('some'));
    expect(Object.keys(await treeOf(at('some/data')))).toEqual(
      [
        'LETTERS/1996/_ENEDIKT.TXT',
        ...['CH2-A', 'CH2-B', 'OUTLINE', 'TIDE1', 'TIDE2', 'TIDE3'].map((name) => `NOVEL/${name}.TXT`),
      ].toSorted(),
    );
    const refused = await strongroom(home, 'extract', disk, 'LETTERS/1996/_ENEDIKT.TXT', '--to', at('none'));
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('extract/deleted') });
    for (const path of ['NOVEL/NONE.TXT', '../NOVEL', 'NOVE'])
      expect(await strongroom(home, 'extract', disk, path, '--to', at('none'))).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('files/no-such-file'),
      });
    expect(await strongroom(home, 'extract', disk, '', '--to', at('some'))).toMatchObject({ code: 1 });
    expect((await readdir(folder)).filter((name) => name.startsWith('none'))).toEqual([]);
  });

  it('are in a zip file what they are in a folder', async () => {
    const { sha256: digest, target } = await extracted(many, '', '--volume', '2', '--to', at('mac.ZIP'));
    expect(sha256(await readFile(target))).toBe(digest);
    await extracted(many, '', '--volume', '2', '--to', at('mac'));
    execFileSync('unzip', ['-q', target, '-d', at('unzipped')]);
    expect(await treeOf(at('unzipped'))).toEqual(await treeOf(at('mac')));
    await done(home, 'validate', at('mac'));
  });

  it('come from every volume that has them, with forks and streams beside them', async () => {
    await extracted(many, 'streams', 'links', 'LETTERS', 'Grüße aus Wien.txt', '--to', at('many'));
    const rows = csvOf(await readFile(at('many/files.csv'), 'utf8'));
    expect(rows.filter(({ path }) => path === 'Grüße aus Wien.txt').map(({ written }) => written)).toEqual(
      expect.arrayContaining([0, 1, 3].map((volume) => `data/volume-${volume}/Grüße aus Wien.txt`)),
    );
    const alternate = rows.filter(({ stream, kind }) => stream.startsWith('alternate:') && kind === 'file');
    expect(alternate.map(({ written }) => written)).toContain('data/volume-1/streams/with streams.txt.Zone.Identifier');
    for (const { written, sha256: expected } of alternate) expect(sha256(await readFile(at('many', written)))).toBe(expected);
    const links = rows.filter(({ kind }) => kind === 'link');
    expect(links.length).toBeGreaterThan(3);
    expect(links.every(({ written, remarks }) => written === '' && remarks.startsWith('not extracted'))).toBe(true);
    await treeOf(at('many'));
    await done(home, 'validate', at('many'));
  });

  it('of a Macintosh have their resource forks in AppleDouble files', async () => {
    const rows = csvOf(await readFile(at('mac/files.csv'), 'utf8'));
    const truth = (await truthOf(2)).filter((file): file is TrueFile & { sha256: string } => file.sha256 !== undefined);
    for (const { path, sha256: expected } of truth) {
      const { written } = rows.find((row) => row.path === path && row.stream === '');
      expect([path, sha256(await readFile(at('mac', written)))]).toEqual([path, expected]);
    }
    const forks = rows.filter(({ stream }) => stream === 'resource');
    expect(forks.length).toBeGreaterThan(2);
    for (const fork of forks) {
      expect(fork.written).toMatch(/\/\._[^/]+$/);
      const double = doubleOf(at('mac', fork.written));
      expect(double).toMatchObject({ magic: 0x51607, version: 0x20000, fork: fork.sha256 });
    }
    const sound = rows.find(({ path, stream }) => path === 'Works/sound' && stream === 'resource');
    expect(doubleOf(at('mac', sound.written))).toMatchObject({ type: 'snd ', creator: 'SND ' });
    const slashed = rows.find(({ path }) => path === 'Lettre à Zoë:1990');
    expect(slashed.written).toBe('data/volume-2/Lettre à Zoë_1990');
  });

  it('are written down as one event each time', async () => {
    const { events }: Row = JSON.parse(await done(home, '--json', 'show', disk));
    const taken = events.filter(({ type }: Row) => type === 'dissemination');
    expect(taken.map(({ detail }: Row) => detail)).toEqual([
      expect.stringMatching(/^15 files \(\d+ bytes\) from inside the disk were extracted/),
      expect.stringMatching(/^7 files /),
    ]);
  });

  it('are refused when they are not what was surveyed, and nothing is left', async () => {
    const stored = await open(join(home, 'locations/main/packages', disk, 'data/image/marrowby-disk-07.img'), 'r+');
    const position = (await readFile(image)).indexOf(
      execFileSync('mcopy', ['-i', image, '-n', '::/README.TXT', '-']).subarray(0, 64),
    );
    await stored.write(Buffer.from('X'), 0, 1, position + 3);
    await stored.close();
    for (const to of ['altered', 'altered.zip']) {
      const run = await strongroom(home, 'extract', disk, '', '--to', at(to));
      expect(run).toMatchObject({
        code: 1,
        stdout: '',
        stderr: expect.stringMatching(/extract\/altered: "README\.TXT" in volume 0/),
      });
      expect((await readdir(folder)).filter((name) => name.startsWith('altered'))).toEqual([]);
    }
    await extracted(disk, 'NOVEL', '--to', at('the-rest'));
  });
});

async function made(name: string): Promise<string> {
  execFileSync('mkdir', [at(name)]);
  return at(name);
}

/** What Python's struct finds in an AppleDouble file. */
function doubleOf(path: string): Row {
  const script = `
import struct,json,sys,hashlib
b=open(sys.argv[1],'rb').read()
magic,version=struct.unpack('>II',b[:8]); count=struct.unpack('>H',b[24:26])[0]
parts={}
for n in range(count):
    i,o,l=struct.unpack('>III',b[26+12*n:38+12*n]); assert o+l<=len(b); parts[i]=b[o:o+l]
assert sum(map(len,parts.values()))+26+12*count==len(b)
assert len(parts[9])==32 and len(parts[8])==16
print(json.dumps(dict(magic=magic,version=version,fork=hashlib.sha256(parts[2]).hexdigest(),type=parts[9][:4].decode('mac_roman'),creator=parts[9][4:8].decode('mac_roman'))))`;
  return JSON.parse(execFileSync('python3', ['-c', script, path]).toString());
}
