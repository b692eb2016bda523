/** Writing: tag files of a sealed package, and whole bags made of a folder; everything written validates. */
import { chmod, mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { createBag, TagWriter, validateBag } from 'bagit-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digest, removed, temporary } from './make-bag.ts';

let home = '';
let count = 0;
beforeAll(async () => {
  home = await temporary();
});
afterAll(() => removed(home));

async function folder(files: Record<string, string> = {}): Promise<string> {
  const path = join(home, `folder${count++}`);
  await mkdir(path);
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(path, name, '..'), { recursive: true });
    await writeFile(join(path, name), content);
  }
  return path;
}

async function* listed(...entries: [string, string][]): AsyncGenerator<{ path: string; digest: string }> {
  for (const [path, content] of entries) yield { path, digest: digest('sha256', content) };
}

describe('TagWriter', () => {
  it('seals a payload whose digests are known', async () => {
    const base = await folder({ 'data/a%\n.txt': 'x', 'metadata/premis.xml': '<premis/>', 'metadata/known.xml': 'k' });
    const writer = new TagWriter(base, ['sha256', 'sha512']);
    await writer.manifest('sha256', listed(['data/a%\n.txt', 'x']));
    await writer.manifest(
      'sha512',
      (async function* () {
        yield { path: 'data/a%\n.txt', digest: digest('sha512', 'x').toUpperCase() };
      })(),
    );
    await writer.bagInfo([
      ['External-Identifier', 'id'],
      ['Payload-Oxum', '1.1'],
    ]);
    await writer.declaration();
    expect(await writer.add('metadata/premis.xml')).toEqual({
      path: 'metadata/premis.xml',
      size: 9,
      sha256: digest('sha256', '<premis/>'),
    });
    writer.addKnown({ path: 'metadata/known.xml', digests: { sha256: digest('sha256', 'k'), sha512: digest('sha512', 'k') } });
    const written = await writer.finish();
    expect(written.map(({ path }) => path)).toEqual([
      'manifest-sha256.txt',
      'manifest-sha512.txt',
      'bag-info.txt',
      'bagit.txt',
      'metadata/premis.xml',
      'tagmanifest-sha256.txt',
      'tagmanifest-sha512.txt',
    ]);
    for (const { path, size, sha256 } of written) {
      const bytes = await readFile(join(base, path));
      expect({ path, size, sha256 }).toEqual({ path, size: bytes.length, sha256: digest('sha256', bytes) });
    }
    const tags = (await readFile(join(base, 'tagmanifest-sha256.txt'), 'utf8')).split('\n').map((line) => line.slice(66));
    expect(tags).toEqual([
      'bag-info.txt',
      'bagit.txt',
      'manifest-sha256.txt',
      'manifest-sha512.txt',
      'metadata/known.xml',
      'metadata/premis.xml',
      '',
    ]);
    expect(await readFile(join(base, 'manifest-sha256.txt'), 'utf8')).toBe(`${digest('sha256', 'x')}  data/a%25%0A.txt\n`);
    const report = await validateBag(base);
    expect(report).toMatchObject({ valid: true, complete: true });
    expect(report.warnings.map(({ code }) => code)).toEqual(['not-portable']);
  });

  it('streams a manifest of 100,000 lines', async () => {
    const base = await folder();
    const writer = new TagWriter(base, ['md5']);
    const lines = (async function* () {
      for (let i = 0; i < 100_000; i++) yield { path: `data/${i}`, digest: '0'.repeat(32) };
    })();
    expect(await writer.manifest('md5', lines)).toMatchObject({
      path: 'manifest-md5.txt',
      size: 100_000 * (32 + 2 + 5 + 1) + 488_890,
    });
  });

  it('never overwrites, and leaves no half file', async () => {
    const base = await folder({ 'bagit.txt': 'mine' });
    const writer = new TagWriter(base, ['sha256']);
    await expect(writer.declaration()).rejects.toMatchObject({ code: 'target-exists' });
    expect(await readFile(join(base, 'bagit.txt'), 'utf8')).toBe('mine');
    await expect(writer.manifest('sha256', listed(['data/a', 'x'], ['data/../b', 'x']))).rejects.toMatchObject({
      code: 'bad-argument',
    });
    expect(await readdir(base)).toEqual(['bagit.txt']);
  });

  it.each(['../x', '/x', '~x', 'C:x', 'bagit.txt', 'data', '', 'data/\ud800', 'data//x'])(
    'refuses %j in a payload manifest',
    async (path) => {
      const writer = new TagWriter(await folder(), ['sha256']);
      await expect(writer.manifest('sha256', listed([path, 'x']))).rejects.toMatchObject({ code: 'bad-argument' });
    },
  );

  it('refuses what makes no sense', async () => {
    expect(() => new TagWriter(home, [])).toThrow('at least one');
    expect(() => new TagWriter(home, ['crc32'])).toThrow('not known');
    const writer = new TagWriter(await folder({ x: '' }), ['sha256']);
    await expect(writer.add('nowhere')).rejects.toMatchObject({ code: 'not-found' });
    for (const path of ['data/x', 'tagmanifest-md5.txt', '../x', ' x']) {
      expect(() => writer.addKnown({ path, digests: { sha256: digest('sha256', '') } })).toThrow(path);
    }
    expect(() => writer.addKnown({ path: 'x', digests: { md5: digest('md5', '') } })).toThrow('sha256');
    await expect(
      writer.manifest(
        'sha256',
        (async function* () {
          yield { path: 'data/x', digest: 'abc' };
        })(),
      ),
    ).rejects.toMatchObject({ code: 'bad-argument' });
    await expect(writer.bagInfo([['a:b', 'c']])).rejects.toMatchObject({ code: 'bad-argument' });
    await writer.finish();
    await expect(writer.declaration()).rejects.toMatchObject({ code: 'bad-argument' });
  });
});

describe('createBag', () => {
  it('copies a folder into a valid bag and leaves the folder alone', async () => {
    const source = await folder({ 'a.txt': 'aaa', 'dir/b%.txt': 'bb', 'dir/.DS_Store': '' });
    await mkdir(join(source, 'empty'));
    const date = new Date('1999-12-31T23:59:58Z');
    await utimes(join(source, 'a.txt'), date, date);
    await utimes(join(source, 'dir'), date, date);
    const target = join(home, `target${count++}`);
    const made = await createBag(source, target, {
      algorithms: ['sha256', 'md5'],
      bagInfo: [['Contact-Name', 'Me']],
      now: () => new Date('2026-11-22T10:00:00Z'),
    });
    expect(made).toMatchObject({ files: 3, size: 5 });
    expect(made.warnings.map(({ code }) => code)).toContain('system-file');
    expect(await readFile(join(target, 'bag-info.txt'), 'utf8')).toBe(
      'Contact-Name: Me\nBagging-Date: 2026-11-22\nPayload-Oxum: 5.3\n',
    );
    expect(await validateBag(target)).toMatchObject({ valid: true });
    expect((await stat(join(target, 'data/a.txt'))).mtime).toEqual(date);
    expect((await stat(join(target, 'data/dir'))).mtime).toEqual(date);
    expect((await stat(join(source, 'a.txt'))).mtime).toEqual(date);
    expect(await readdir(join(target, 'data'))).toContain('empty');
    expect((await readdir(source)).sort()).toEqual(['a.txt', 'dir', 'empty']);
  });

  it('lists everything that BagIt can not carry, and makes nothing', async () => {
    const source = await folder({ 'caf\u00e9': 'x', 'cafe\u0301': 'y', ok: 'z' });
    await symlink('/etc/passwd', join(source, 'link'));
    execFileSync('sh', ['-c', 'mkfifo "$0"', join(source, 'pipe')]);
    await writeFile(Buffer.concat([Buffer.from(`${source}/`), Buffer.from([0xff])]), 'x');
    const target = join(home, 'never');
    const error: unknown = await createBag(source, target).catch((problem: unknown) => problem);
    expect(error).toMatchObject({ code: 'cannot-carry' });
    expect((error as { problems: { code: string }[] }).problems.map(({ code }) => code).sort()).toEqual([
      'link-out-of-bag',
      'name-not-utf8',
      'nfc-collision',
      'special-file',
    ]);
    expect(await readdir(home)).not.toContain('never');
    expect((await readdir(home)).filter((name) => name.endsWith('.partial'))).toEqual([]);
  });

  it('refuses a target that is there, or inside the source', async () => {
    const source = await folder({ a: 'x' });
    await expect(createBag(source, home)).rejects.toMatchObject({ code: 'target-exists' });
    await expect(createBag(source, join(source, 'bag'))).rejects.toMatchObject({ code: 'bad-argument' });
    await expect(createBag(join(home, 'nowhere'), join(home, 'x'))).rejects.toMatchObject({ code: 'not-found' });
    await expect(createBag(source, join(home, 'x'), { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' });
    await expect(createBag(source, join(home, 'x'), { bagInfo: [['Payload-Oxum', '1.1']] })).rejects.toMatchObject({
      code: 'bad-argument',
    });
  });

  it('notices a source that changes under its hands', async () => {
    const source = await folder({ a: 'x', b: 'y' });
    const target = join(home, 'changing');
    const work = createBag(source, target, {
      onProgress: ({ doneFiles }) => {
        if (doneFiles === 1) execFileSync('rm', [join(source, 'b')]);
      },
    });
    await expect(work).rejects.toMatchObject({ code: 'source-changed' });
    expect(await readdir(home)).not.toContain('changing');
  });

  it('notices a copy that does not read back', async () => {
    const source = await folder({ a: 'x', b: 'y' });
    const target = join(home, 'spoilt');
    const work = createBag(source, target, {
      onProgress: ({ doneFiles }) => doneFiles === 2 && execFileSync('sh', ['-c', `echo z > ${home}/.spoilt.partial/data/a`]),
    });
    await expect(work).rejects.toMatchObject({ code: 'copy-differs', problems: [{}, { code: 'altered' }] });
    await chmod(home, 0o755);
  });
});
