/** What only directories can hold: links, FIFOs, names that are not UTF-8, files that can't be read; and many files. */
import { execFile, execFileSync } from 'node:child_process';
import { chmod, link, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { BagItError, openBag, type Report, validateBag } from 'bagit-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asDirectory, digest, makeBag, removed, temporary } from './make-bag.ts';

let home = '';
let count = 0;
beforeAll(async () => {
  home = await temporary();
});
afterAll(() => removed(home));

const fresh = (recipe = {}): Promise<string> => asDirectory(makeBag({ info: null, ...recipe }), join(home, `bag${count++}`));
const found = (report: Report): string[] => report.errors.map(({ code, path }) => `${code} ${path}`);

describe('links', () => {
  it.each([
    ['inside the payload', 'data/hello.txt', 'data/link', 'symbolic-link data/link'],
    ['out of the bag', '/etc/passwd', 'data/link', 'link-out-of-bag data/link'],
    ['to nowhere', 'nowhere', 'data/link', 'link-out-of-bag data/link'],
    ['to a directory outside', '/etc', 'data/etc', 'link-out-of-bag data/etc'],
    ['among the tag files', '../..', 'meta', 'link-out-of-bag meta'],
  ])('%s are refused and not followed', async (_, target, name, error) => {
    const bag = await fresh();
    await symlink(target.startsWith('data/') ? join(bag, target) : target, join(bag, name));
    expect(found(await validateBag(bag))).toEqual([error]);
  });

  it('are refused once, also when a manifest lists them', async () => {
    const bag = await fresh();
    await rm(join(bag, 'data/hello.txt'));
    await writeFile(join(home, 'outside.txt'), 'hello\n');
    await symlink(join(home, 'outside.txt'), join(bag, 'data/hello.txt'));
    expect(found(await validateBag(bag))).toEqual(['link-out-of-bag data/hello.txt']);
  });

  it('in place of bagit.txt, data/ and the manifest are refused', async () => {
    const bag = await fresh({ tagLines: null });
    const other = await fresh();
    for (const name of ['bagit.txt', 'manifest-sha256.txt', 'data']) {
      await rm(join(bag, name), { recursive: true });
      await symlink(join(other, name), join(bag, name));
    }
    const report = await validateBag(bag);
    expect(found(report)).toEqual(
      expect.arrayContaining(['link-out-of-bag data', 'missing-bagit-txt bagit.txt', 'missing-manifest ']),
    );
  });

  it('to the bag itself are followed', async () => {
    const bag = await fresh();
    await symlink(bag, join(home, 'alias'));
    expect(await validateBag(join(home, 'alias'))).toMatchObject({ valid: true });
  });

  it('of the hard kind are plain files', async () => {
    const bag = await fresh({ payload: { a: 'x', b: 'x' } });
    await rm(join(bag, 'data/b'));
    await link(join(bag, 'data/a'), join(bag, 'data/b'));
    expect(await validateBag(bag)).toMatchObject({ valid: true });
  });
});

it('never opens a FIFO', async () => {
  const bag = await fresh();
  await rm(join(bag, 'data/hello.txt'));
  execFileSync('sh', ['-c', 'mkfifo "$0"', join(bag, 'data/hello.txt')]);
  expect(found(await validateBag(bag))).toEqual(['special-file data/hello.txt']);
});

it('reports a name that is not UTF-8', async () => {
  const bag = await fresh();
  await writeFile(Buffer.concat([Buffer.from(`${bag}/data/`), Buffer.from([0x66, 0xff])]), 'x');
  expect(found(await validateBag(bag))).toEqual(['name-not-utf8 data/f\\xff']);
});

it('needs a data/ directory', async () => {
  const bag = await asDirectory(makeBag({ payload: {}, info: null }), join(home, 'nodata'), false);
  expect(found(await validateBag(bag))).toEqual(['missing-data-directory data']);
});

/** As somebody who may not read everything: root may, so it becomes nobody for this. */
async function validateAsNobody(bag: string): Promise<Report> {
  const script = `const { validateBag } = await import(process.argv[1]); console.log(JSON.stringify(await validateBag(process.argv[2])))`;
  const door = pathToFileURL(join(import.meta.dirname, '../dist/index.js')).href;
  const nobody = process_uid() === 0 ? { uid: 65_534, gid: 65_534 } : {};
  const { stdout } = await promisify(execFile)('node', ['--input-type=module', '-e', script, door, bag], { ...nobody, cwd: '/' });
  return JSON.parse(stdout) as Report;
}

function process_uid(): number {
  return Number(execFileSync('id', ['-u']).toString());
}

describe('a storage that fails', () => {
  it('makes a file unreadable, never altered or missing', async () => {
    const bag = await fresh();
    await chmod(home, 0o755);
    await chmod(join(bag, 'data/hello.txt'), 0);
    const report = await validateAsNobody(bag);
    expect(found(report)).toEqual(['unreadable data/hello.txt']);
    expect(report).toMatchObject({ complete: true, valid: false });
  });

  it('makes what is in a directory unreadable, never missing', async () => {
    const bag = await fresh({ payload: { 'dir/a.txt': 'x' } });
    await chmod(home, 0o755);
    await chmod(join(bag, 'data/dir'), 0);
    const report = await validateAsNobody(bag);
    expect(found(report)).toEqual(['unreadable data/dir', 'unreadable data/dir/a.txt']);
    expect(report).toMatchObject({ complete: false, valid: false });
  });

  it('makes a manifest unreadable', async () => {
    const bag = await fresh({ tagLines: null });
    await chmod(home, 0o755);
    await chmod(join(bag, 'manifest-sha256.txt'), 0);
    const report = await validateAsNobody(bag);
    expect(found(report)).toContain('unreadable manifest-sha256.txt');
    expect(report).toMatchObject({ complete: false, valid: false });
  });
});

describe('many files', () => {
  const payload = Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`d${i % 30}/file-${i}.txt`, `content ${i}`]));

  it.each([1, 2, 5])('are read by %i workers', async (workers) => {
    const bag = await fresh({ payload, algorithms: ['md5', 'sha512'] });
    await writeFile(join(bag, 'data/d7/file-7.txt'), 'altered');
    await rm(join(bag, 'data/d8/file-8.txt'));
    let last = { doneFiles: 0, totalFiles: 0 };
    const report = await validateBag(bag, { workers, onProgress: (at) => (last = at) });
    expect(found(report)).toEqual([
      'altered data/d7/file-7.txt',
      'altered data/d7/file-7.txt',
      'missing-file data/d8/file-8.txt',
      'missing-file data/d8/file-8.txt',
    ]);
    expect(report.errors[0]).toMatchObject({
      manifest: 'manifest-md5.txt',
      message: expect.stringContaining(digest('md5', 'altered')),
    });
    expect(last.doneFiles).toBe(last.totalFiles);
  });

  it('can be stopped', async () => {
    const bag = await fresh({ payload });
    await expect(validateBag(bag, { signal: AbortSignal.abort('enough') })).rejects.toMatchObject({ code: 'aborted' });
    const controller = new AbortController();
    const work = validateBag(bag, {
      signal: controller.signal,
      workers: 2,
      onProgress: ({ doneFiles }) => doneFiles > 0 && controller.abort(),
    });
    await expect(work).rejects.toMatchObject({ code: 'aborted' });
  });

  it('fill a report up to its limit', async () => {
    const bag = await fresh({ payload, lines: () => [] });
    const report = await validateBag(bag, { limits: { problems: 10 } });
    expect(report.errors).toHaveLength(11);
    expect(report.errors.at(-1)?.code).toBe('too-many-problems');
    expect(report).toMatchObject({ valid: false, complete: false });
  });
});

it('reads one large file by a worker', async () => {
  const bag = await fresh({ payload: { 'big.bin': Buffer.alloc(20_000_000, 'x'), exact: Buffer.alloc(1024 * 1024), empty: '' } });
  expect(await validateBag(bag)).toMatchObject({ valid: true });
});

describe('hostile lists', () => {
  it('of many missing names stay within the limit', async () => {
    const lines = (): string[] => Array.from({ length: 50_000 }, (_, i) => `${'0'.repeat(64)}  data/missing-${i}`);
    const report = await validateBag(await fresh({ lines }), { limits: { problems: 1000 } });
    expect(report.errors).toHaveLength(1001);
    expect(report.errors.at(-1)?.code).toBe('too-many-problems');
  });

  it('of white space take no quadratic time', async () => {
    const blanks = ' '.repeat(5_000_000);
    const report = await validateBag(await fresh({ version: '0.97', info: `A:${blanks}b${blanks}.\nA${blanks}B: c\n` }));
    expect(report.valid).toBe(true);
  }, 10_000);
});

describe('what is no bag at all', () => {
  it('is thrown', async () => {
    await expect(validateBag(join(home, 'nowhere'))).rejects.toMatchObject({ name: 'BagItError', code: 'not-found' });
    await writeFile(join(home, 'text'), 'text');
    await expect(validateBag(join(home, 'text'))).rejects.toBeInstanceOf(BagItError);
    await expect(validateBag(join(home, 'text'))).rejects.toMatchObject({ code: 'not-a-bag' });
  });
});

describe('opening', () => {
  it('gives lists, metadata and fetch.txt as they stand', async () => {
    const bag = await openBag(
      await fresh({
        info: 'B: 1\nA: 2\n folded\nB: 3\n',
        fetch: 'https://example.org/h 6 data/hello.txt\n',
        algorithms: ['md5', 'sha512'],
      }),
    );
    expect(bag.bagInfo).toEqual([
      ['B', '1'],
      ['A', '2\nfolded'],
      ['B', '3'],
    ]);
    expect(bag.manifests).toEqual(['md5', 'sha512']);
    const fetches = [];
    for await (const entry of bag.fetchEntries()) fetches.push(entry);
    expect(fetches).toEqual([{ url: 'https://example.org/h', length: 6, path: 'data/hello.txt' }]);
    const tags = [];
    for await (const { path } of bag.tagManifestEntries('md5')) tags.push(path);
    expect(tags).toContain('fetch.txt');
    expect([...bag.files()]).toContain('data/hello.txt');
    await expect(
      (async () => {
        for await (const _ of bag.manifestEntries('sha1')) expect(_).toBe('nothing');
      })(),
    ).rejects.toMatchObject({ code: 'no-such-file' });
    expect(() => bag.read('data/../../etc/passwd')).toThrow(BagItError);
    await bag.close();
  });

  it.each([
    ['missing-bagit-txt', { bagit: null }],
    ['bad-bagit-txt', { bagit: 'hello' }],
    ['unsupported-version', { version: '3.1' }],
    ['unknown-encoding', { bagit: 'BagIt-Version: 1.0\nTag-File-Character-Encoding: klingon\n' }],
    ['tag-file-too-large', { info: 'A: b\n'.repeat(3_400_000) }],
  ])('throws %s', async (code, recipe) => {
    await expect(openBag(await fresh(recipe))).rejects.toMatchObject({ code });
  });
});

it('leaves a bag as it was', async () => {
  const bag = await fresh();
  await mkdir(join(bag, 'data/empty'));
  const before = await readFile(join(bag, 'manifest-sha256.txt'));
  await validateBag(bag);
  expect(await readFile(join(bag, 'manifest-sha256.txt'))).toEqual(before);
});
