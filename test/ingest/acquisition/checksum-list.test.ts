/** Lists of digests; coreutils and openssl judge what is read, name for name. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ChecksumEntry, ChecksumList, ListAlgorithm } from '#ingest/acquisition';
import { isChecksumList, parseChecksumList } from '#built/ingest/acquisition/checksum-list';
import { fileSource } from '#ingest/media';
import { has, run } from '../media/tools.ts';

const MD5 = 'd41d8cd98f00b204e9800998ecf8427e';
const SHA1 = 'da39a3ee5e6b4b0d3255bfef95601890afd80709';
const SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

const parse = (text: string | Buffer, name = 'list.hash'): Promise<ChecksumList> =>
  parseChecksumList([Buffer.from(text as string)], name);
const entries = async (text: string | Buffer, name?: string): Promise<readonly ChecksumEntry[]> =>
  (await parse(text, name)).entries;

describe('a line', () => {
  it.each<[string, string, string | undefined, ListAlgorithm]>([
    ['of md5sum', `${MD5}  disk.img`, 'disk.img', 'md5'],
    ['of md5sum, binary', `${MD5} *disk.img`, 'disk.img', 'md5'],
    ['with upper-case hex', `${MD5.toUpperCase()} *disk.img`, 'disk.img', 'md5'],
    ['with one space', `${SHA1} disk.img`, 'disk.img', 'sha1'],
    ['with a name that begins with a space', `${SHA1}   disk.img`, ' disk.img', 'sha1'],
    ['with a name that begins with a star', `${SHA1}  *disk.img`, '*disk.img', 'sha1'],
    ['with an escaped name', `\\${SHA256}  a\\nb\\\\c\\rd`, 'a\nb\\c\rd', 'sha256'],
    ['with a Windows path', `${SHA256}  C:\\images\\disk.img`, 'C:\\images\\disk.img', 'sha256'],
    ['of BSD', `SHA256 (disk.img) = ${SHA256}`, 'disk.img', 'sha256'],
    ['of BSD with brackets in the name', `MD5 (disk (1) = x.img) = ${MD5}`, 'disk (1) = x.img', 'md5'],
    ['of openssl 1', `SHA256(disk.img)= ${SHA256}`, 'disk.img', 'sha256'],
    ['of openssl 3', `SHA2-256(disk.img)= ${SHA256}`, 'disk.img', 'sha256'],
    ['of a pipe', `${SHA256}  -`, undefined, 'sha256'],
    ['of a pipe, by openssl', `SHA2-256(stdin)= ${SHA256}`, undefined, 'sha256'],
    ['with the digest alone', SHA256, undefined, 'sha256'],
  ])('%s is read', async (_what, line, name, algorithm) => {
    expect(await entries(`${line}\n`)).toMatchObject([{ algorithm, name, line: 1 }]);
  });

  it.each([
    ['hello', 1],
    [`${MD5}  a\n${MD5.slice(1)}  b\n`, 2],
    [`# list\n\n${MD5.slice(0, 31)}g  a`, 3],
    [`${MD5}00  a`, 1],
    [`SHA256 (a) = ${MD5}`, 1],
    [`MD5 (a = ${MD5}`, 1],
    [`\\${MD5}  a\\tb`, 1],
    [Buffer.concat([Buffer.from(`${MD5}  M`), Buffer.of(0xfc), Buffer.from('ller')]), 1],
    ['', 1],
    ['# nothing\n', 1],
  ])('that is none is refused with its number: %j', async (text, line) => {
    await expect(parse(text)).rejects.toMatchObject({ kind: 'corrupt', code: 'acquisition/checksum-malformed', facts: { line } });
  });

  it('with another algorithm is refused by the name of it', async () => {
    await expect(parse(`SHA3-256 (a) = ${SHA256}`)).rejects.toMatchObject({
      code: 'acquisition/checksum-algorithm',
      facts: { algorithm: 'SHA3-256' },
    });
    await expect(parse(`BLAKE2b (a) = ${SHA256}${SHA256}`)).rejects.toMatchObject({ kind: 'unsupported' });
  });

  it('must be what the name of the list promises, unless it says otherwise itself', async () => {
    await expect(parse(`${MD5}  a`, 'a.sha1')).rejects.toMatchObject({ code: 'acquisition/checksum-malformed' });
    expect(await entries(`SHA1 (a) = ${SHA1}`, 'a.md5')).toMatchObject([{ algorithm: 'sha1' }]);
  });
});

describe('a list', () => {
  it('has many lines, comments, CRLF and a byte order mark', async () => {
    const text = `\ufeff; made by a tool\r\n# comment\r\n${MD5} *a.img\r\n\r\n${SHA1} *b c.img\r\nSHA256 (d) = ${SHA256}`;
    expect(await entries(text)).toMatchObject([
      { algorithm: 'md5', name: 'a.img', line: 3 },
      { algorithm: 'sha1', name: 'b c.img', line: 5 },
      { algorithm: 'sha256', name: 'd', line: 6 },
    ]);
  });

  it('keeps a carriage return that is part of a name', async () => {
    expect(await entries(`${MD5}  a\r\n${MD5}  b\n`)).toMatchObject([{ name: 'a\r' }, { name: 'b' }]);
  });

  it.each(['utf16le', 'utf16be'])('may be UTF-16 (%s), as PowerShell writes it', async (encoding) => {
    const text = Buffer.from(`\ufeff${MD5}  Übergabe.img\r\n`, 'utf16le');
    expect(await entries(encoding === 'utf16be' ? text.swap16() : text)).toMatchObject([{ name: 'Übergabe.img' }]);
  });

  it('of hashdeep gives size and several digests', async () => {
    const text = `%%%% HASHDEEP-1.0\n%%%% size,md5,sha256,filename\n## Invoked from: /x\n## $ hashdeep a\n##\n7,${MD5},${SHA256},/x/a, b.img\n`;
    expect(await entries(text)).toEqual([
      { algorithm: 'md5', digest: MD5, name: '/x/a, b.img', line: 6, size: 7 },
      { algorithm: 'sha256', digest: SHA256, name: '/x/a, b.img', line: 6, size: 7 },
    ]);
    await expect(parse(`${text}x,${MD5},${SHA256},a`)).rejects.toMatchObject({ facts: { line: 7 } });
    await expect(parse(`%%%% HASHDEEP-1.0\n7,${MD5},a`)).rejects.toMatchObject({ facts: { line: 2 } });
  });

  it('ends at its limits, not at ours', async () => {
    await expect(parse('a'.repeat(70_000))).rejects.toMatchObject({ code: 'acquisition/line-too-long' });
    const endless = function* (): Generator<Buffer> {
      for (;;) yield Buffer.from('\n'.repeat(100_000));
    };
    await expect(parseChecksumList(endless(), 'x.md5')).rejects.toMatchObject({ code: 'acquisition/too-many-lines' });
    const heavy = function* (): Generator<Buffer> {
      for (;;) yield Buffer.from(`${MD5}  ${'a'.repeat(60_000)}\n`);
    };
    await expect(parseChecksumList(heavy(), 'x.md5')).rejects.toMatchObject({ code: 'acquisition/checksum-too-large' });
  });
});

describe('what the programs write', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lists-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  const awkward = [
    'plain.img',
    'with space',
    ' lead',
    'trail ',
    'a\nb',
    'back\\slash',
    'c\rd',
    '*star',
    '(x) = y',
    'ü光',
    '%41',
    ' ',
    '#x',
    '\\n',
  ];
  const tools: readonly (readonly [string, ListAlgorithm, readonly string[]])[] = [
    ['md5sum', 'md5', []],
    ['md5sum', 'md5', ['-b']],
    ['sha1sum', 'sha1', []],
    ['sha224sum', 'sha224', []],
    ['sha256sum', 'sha256', ['--tag']],
    ['sha384sum', 'sha384', ['--tag']],
    ['sha512sum', 'sha512', ['-b']],
  ];

  it.each(tools)('%s (%s) %j is read as it is meant', async (tool, algorithm, options) => {
    for (const name of awkward) await writeFile(join(folder, name), name);
    const found = await entries(run(tool, [...options, '--', ...awkward], folder), `${tool}.txt`);
    expect(found.map(({ name }) => name)).toEqual(awkward);
    for (const { name, digest, algorithm: read } of found) {
      expect([read, digest]).toEqual([algorithm, createHash(algorithm).update(name!).digest('hex')]);
    }
  });

  it.runIf(has('openssl'))('openssl dgst is read as it is meant', async () => {
    const simple = awkward.filter((name) => !/[\n\r\\]/.test(name));
    for (const name of simple) await writeFile(join(folder, name), name);
    for (const options of [[], ['-r']]) {
      const found = await entries(run('openssl', ['dgst', '-sha256', ...options, ...simple], folder));
      expect(found.map(({ name }) => name)).toEqual(simple);
    }
  });

  it('any legal name survives md5sum and our reading of it', async () => {
    const character = fc.constantFrom('a', ' ', '\n', '\r', '\\', '*', '%', '(', ')', '=', 'ü', '\t', '"', '#');
    const name = fc.array(character, { minLength: 1, maxLength: 8 }).map((parts) => parts.join(''));
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(name, { minLength: 1, maxLength: 4 }), fc.boolean(), async (names, tag) => {
        const own = await mkdtemp(join(folder, 'n-'));
        for (const one of names) await writeFile(`${own}/${one}`, one);
        const found = await entries(run('md5sum', [...(tag ? ['--tag'] : []), '--', ...names], own));
        expect(found.map((entry) => entry.name)).toEqual(names);
        await rm(own, { recursive: true });
      }),
      { numRuns: 120 },
    );
  });
});

describe('a file', () => {
  it.each<[string, string, boolean]>([
    ['x.img.md5', 'anything', true],
    ['MD5SUMS', 'anything', true],
    ['sha256.txt', 'anything', true],
    ['manifest-sha512.txt', 'anything', true],
    ['notes.txt', `${MD5}  a.img\n${MD5}  b.img\n`, true],
    ['notes.txt', `${MD5}  a.img\nand more text\n`, false],
    ['notes.txt', MD5, false],
    ['log', '%%%% HASHDEEP-1.0\n', true],
    ['x.img', `${MD5}  a.img\n`, false],
    ['readme.txt', '', false],
  ])('%s with %j is a list: %s', async (name, content, isList) => {
    const folder = await mkdtemp(join(tmpdir(), 'is-list-'));
    const path = join(folder, name);
    await writeFile(path, content);
    await using source = await fileSource(path);
    expect(await isChecksumList({ path, name, size: content.length, mtime: new Date(0) }, source)).toBe(isList);
    await rm(folder, { recursive: true });
  });
});
