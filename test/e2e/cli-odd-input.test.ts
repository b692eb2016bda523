/** What people hand over by mistake: each is refused in plain words, exit code 1, and leaves nothing behind. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { copyFile, mkdir, mkdtemp, readdir, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { complaints } from '../schemas/judge.ts';
import { expectPlain, expectUntouched, type Run, strongroom } from '../support/cli.ts';

let folder: string;
let home: string;
const at = (...names: string[]): string => join(folder, ...names);
const image = randomBytes(3 << 20);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strongroom-odd-'));
  home = at('home');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function deposit(name: string, files: Record<string, string | Buffer>): Promise<string> {
  await mkdir(at(name));
  for (const [file, content] of Object.entries(files)) await writeFile(at(name, file), content);
  return at(name);
}

/** Pieces of 1 MiB but for the last, named disk.img.001 …, in `name`. */
async function pieces(name: string, leaveOut: readonly number[] = []): Promise<string> {
  const files: Record<string, Buffer> = {};
  for (const number of [1, 2, 3].filter((each) => !leaveOut.includes(each)))
    files[`disk.img.00${number}`] = image.subarray((number - 1) << 20, number << 20);
  return deposit(name, files);
}

const MAP = '# Mapfile. Created by GNU ddrescue version 1.27\n0x0  +  1\n';

/** What is handed over, and the code of the answer. */
const odd: Record<string, { path: () => Promise<string>; code: string; says?: RegExp }> = {
  'a path that does not exist': { path: async () => at('nowhere'), code: 'acquisition/not-found' },
  'an empty folder': { path: () => deposit('empty', {}), code: 'acquisition/empty-folder' },
  'a folder of empty folders': {
    path: async () => {
      await mkdir(at('hollow/a/b'), { recursive: true });
      return at('hollow');
    },
    code: 'acquisition/empty-folder',
  },
  'the null device': { path: async () => '/dev/null', code: 'acquisition/is-device', says: /image it first/ },
  'the full device': { path: async () => '/dev/full', code: 'acquisition/is-device' },
  'a loop of links': {
    path: async () => {
      await symlink('loop-b', at('loop-a'));
      await symlink('loop-a', at('loop-b'));
      return at('loop-a');
    },
    code: 'acquisition/link-loop',
  },
  'a link to nothing': {
    path: async () => {
      await symlink('nothing', at('dangling'));
      return at('dangling');
    },
    code: 'acquisition/dangling-link',
  },
  'a link inside the folder': {
    path: async () => {
      await deposit('linked', { 'a.img': image });
      await symlink('.', at('linked/me'));
      return at('linked');
    },
    code: 'acquisition/links-inside',
  },
  'a pipe that nobody writes to': {
    path: async () => {
      execFileSync('mkfifo', [at('fifo')]);
      return at('fifo');
    },
    code: 'acquisition/is-pipe',
  },
  'a pipe inside the folder': {
    path: async () => {
      await deposit('piped', { 'a.img': image });
      execFileSync('mkfifo', [at('piped/p')]);
      return at('piped');
    },
    code: 'acquisition/special-files',
  },
  'a name that is not UTF-8': {
    path: async () => {
      await mkdir(at('foreign'));
      await writeFile(Buffer.concat([Buffer.from(at('foreign/disk')), Buffer.from([0xff, 0xfe]), Buffer.from('.img')]), image);
      return at('foreign');
    },
    code: 'acquisition/name-not-utf8',
    says: /disk\\xff\\xfe\.img/,
  },
  'an image of no bytes': { path: () => deposit('zero', { 'disk.img': '' }), code: 'acquisition/empty-file' },
  'two images in one folder': {
    path: () => deposit('two', { 'a.img': image, 'b.img': randomBytes(1024) }),
    code: 'acquisition/two-images',
    says: /"a\.img", "b\.img"/,
  },
  'a split set with a gap': { path: () => pieces('gap', [2]), code: 'acquisition/split-gap', says: /disk\.img\.002/ },
  'a split set without its first piece': {
    path: () => pieces('headless', [1]),
    code: 'acquisition/split-gap',
    says: /disk\.img\.001/,
  },
  'a split set with a short piece in the middle': {
    path: async () => {
      await pieces('short');
      await truncate(at('short/disk.img.002'), 1000);
      return at('short');
    },
    code: 'acquisition/short-piece',
    says: /1000 bytes.*1048576/,
  },
  'a list that names what is not there': {
    path: () => deposit('absent', { 'a.img': image, SHA256SUMS: `${'0'.repeat(64)}  gone.img\n` }),
    code: 'acquisition/checksum-names-missing-file',
    says: /gone\.img/,
  },
  'a list that is no list': {
    path: () => deposit('scribble', { 'a.img': image, SHA256SUMS: 'as discussed on the telephone\n' }),
    code: 'acquisition/checksum-malformed',
  },
  'a digest of other bytes': {
    path: () => deposit('wrong', { 'a.img': image, 'a.img.md5': `${'0'.repeat(32)}  a.img\n` }),
    code: 'ingest/digest-mismatch',
    says: /is [0-9a-f]{32}, line 1 of the list gives 0{32}/,
  },
  'a mapfile with words for numbers': {
    path: () => deposit('words', { 'a.img': image, 'a.map': `${MAP}0x0 all +\n` }),
    code: 'acquisition/mapfile-number',
    says: /line 3/,
  },
  'a mapfile with a gap': {
    path: () => deposit('holes', { 'a.img': image, 'a.map': `${MAP}0x0 0x1000 +\n0x2000 0x1000 -\n` }),
    code: 'acquisition/mapfile-not-contiguous',
  },
};

describe('several paths of which most are wrong', () => {
  let run: Run;
  let good: string;
  beforeAll(async () => {
    const paths: string[] = [];
    for (const { path } of Object.values(odd)) paths.push(await path());
    good = await pieces('good');
    run = await strongroom(home, 'ingest', '--json', ...paths, join(good, 'disk.img.003'));
  });

  it.each(Object.entries(odd))('%s is refused with its code', (name, { code, says = /./ }) => {
    const entry = run.json.packages[Object.keys(odd).indexOf(name)];
    expect(entry).toMatchObject({ id: null, outcome: 'refused', error: { code } });
    expect(entry.error.message).toMatch(says);
  });

  it('stores the one that is right, named by any of its pieces', () => {
    expect(run.json.packages.at(-1)).toMatchObject({ outcome: 'stored', title: 'disk.img', bytes: image.length, files: 3 });
  });

  it('answers 1 with a document as its schema says, and no trace', () => {
    expect(run.code).toBe(1);
    expect(complaints('cli/ingest.schema.json', run.json)).toEqual([]);
    expectPlain(run);
  });

  it('leaves one package and nothing half-written', async () => {
    expect((await strongroom(home, 'list', '--json')).json.packages).toHaveLength(1);
    await expectUntouched(home);
  });

  it('refuses the same disk a second time and names the package; --again keeps it twice', async () => {
    const { id } = run.json.packages.at(-1);
    const second = await strongroom(home, 'ingest', '--json', good);
    expect(second.code).toBe(1);
    expect(second.json.error).toMatchObject({ code: 'ingest/already-held', facts: { package: id } });
    expect(complaints('cli/error.schema.json', second.json)).toEqual([]);
    expect((await strongroom(home, 'ingest', '--again', good)).code).toBe(0);
  });
});

describe('one path that is wrong', () => {
  it('a socket is refused', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => void server.listen(at('socket'), resolve));
    const run = await strongroom(home, 'ingest', at('socket'));
    server.close();
    expect(run).toMatchObject({ code: 1, stderr: expect.stringContaining('acquisition/is-socket') });
  });

  it('a paper of no bytes beside the image is kept, with a note', async () => {
    const path = await deposit('silent', { 'disk.img': randomBytes(2048), 'log.txt': '' });
    const { code, json } = await strongroom(home, 'ingest', '--json', path);
    expect(code).toBe(0);
    expect(json.packages[0]).toMatchObject({ files: 2, notes: [expect.stringContaining('log.txt')] });
  });

  it.each([
    ['no title', ['--title', ''], 'deposit/title'],
    ['a title of two lines', ['--title', 'a\nb'], 'deposit/title'],
    ['a title that steers the terminal', ['--title', 'a\x1b[31mb'], 'deposit/title'],
    ['an endless title', ['--title', 'x'.repeat(5000)], 'deposit/title'],
    ['an accession that is not there', ['--accession', '1999-\x1b'], 'accession/unknown'],
  ])('%s is refused', async (_, options, code) => {
    const run = await strongroom(home, 'ingest', at('zero'), ...options);
    expect(run).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(code) });
    expect(run.stderr).not.toContain('\x1b');
    expectPlain(run);
  });

  it('a list of an accession that is not there is refused, not empty', async () => {
    const run = await strongroom(home, 'list', '--accession', '1999-unheard-of');
    expect(run).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('accession/unknown') });
    expect(run.stderr).toContain('strongroom accession list');
    expectPlain(run);
  });

  it('a title and an accession number longer than a line of bag-info.txt survive a rebuild', async () => {
    const number = `${'word '.repeat(19)}x`;
    const title = `${'long and longer '.repeat(60)}x`;
    await copyFile(at('two/b.img'), at('long.img'));
    expect((await strongroom(home, 'accession', 'add', number)).code).toBe(0);
    expect((await strongroom(home, 'ingest', at('long.img'), '--accession', number, '--title', title)).code).toBe(0);
    expect((await strongroom(home, 'rebuild')).code).toBe(0);
    const { json } = await strongroom(home, 'list', '--json', '--accession', number);
    expect(json.packages).toMatchObject([{ title, accession: number }]);
    expect((await strongroom(home, 'accession', 'list', '--json')).json.accessions).toHaveLength(1);
  });

  it('nothing of all this is left over', async () => {
    await expectUntouched(home);
    expect(await readdir(join(home, 'uploads'))).toEqual([]);
  });
});
