/** Extraction of files whose names, sizes and bytes a stranger chose: what is written stays in the target, under names that all platforms take. */
import { createHash } from 'node:crypto';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ExtractedFile, extractFiles } from '#built/ingest/export/index';
import { safeName } from '#built/ingest/export/extract/safe-names';
import type { Media } from '#built/ingest/media/index';
import { tmpFolder } from '../../support/tmp.ts';

const bytes = Buffer.from('The tide came in at four, and nobody had moved the boats.\n');
const sha256 = createHash('sha256').update(bytes).digest('hex');
const at = new Date('2026-11-22T10:00:00Z');

const media = {
  format: 'raw',
  size: bytes.length,
  sectorSize: 512,
  facts: {},
  parts: [],
  storedDigests: {},
  warnings: [],
  isWhole: true,
  extents: async function* () {
    yield await Promise.resolve({ kind: 'data' as const, offset: 0, length: bytes.length });
  },
  read: (offset: number, length: number) => Promise.resolve(bytes.subarray(offset, offset + length)),
  [Symbol.asyncDispose]: () => Promise.resolve(),
} as unknown as Media;

function file(path: string, more: Partial<ExtractedFile> = {}): ExtractedFile {
  return {
    volume: { offset: 0, length: bytes.length },
    number: 0,
    fileSystem: 'fat',
    entry: 1,
    path,
    stream: undefined,
    kind: 'file',
    size: bytes.length,
    runs: [[0, bytes.length, 0]],
    sha256,
    md5: undefined,
    sha1: undefined,
    modified: undefined,
    isDeleted: false,
    hasUnread: false,
    ...more,
  };
}

async function extracted(...files: ExtractedFile[]): Promise<{ folder: string; written: string[]; table: string }> {
  const folder = await tmpFolder();
  const chosen = {
    media,
    hasSeveralVolumes: false,
    at,
    files: async function* () {
      yield* await Promise.resolve(files);
    },
  };
  await extractFiles(chosen, join(folder, 'out'));
  expect(await readdir(folder)).toEqual(['out']);
  const entries = await readdir(join(folder, 'out/data'), { recursive: true });
  const kinds = await Promise.all(entries.map(async (name) => [name, await lstat(join(folder, 'out/data', name))] as const));
  expect(kinds.filter(([, stats]) => !stats.isFile() && !stats.isDirectory())).toEqual([]);
  const written = kinds.filter(([, stats]) => stats.isFile()).map(([name]) => name);
  return {
    folder: join(folder, 'out'),
    written: written.toSorted(),
    table: await readFile(join(folder, 'out/files.csv'), 'utf8'),
  };
}

describe('names from a disk', () => {
  it.each([
    ['..', '__'],
    ['.', '_'],
    ['...', '___'],
    ['', '_'],
    ['CON', 'CON_'],
    ['nul.txt', 'nul_.txt'],
    ['aux .c', 'aux_ .c'],
    ['Com1.tar.gz', 'Com1_.tar.gz'],
    ['CONTRACT', 'CONTRACT'],
    ['a:b', 'a_b'],
    ['a\\b', 'a_b'],
    ['C:\\Windows\\x', 'C__Windows_x'],
    ['trailing. ', 'trailing__'],
    ['what?*<>|"', 'what______'],
    ['x\u0000y\u001f', 'x_y_'],
    ['gpj.\u202eexe', 'gpj._exe'],
    ['~$draft%20.doc', '~$draft%20.doc'],
    ['Grüße 😀.txt', 'Grüße 😀.txt'],
    ['n'.repeat(255), 'n'.repeat(255)],
    [`${'n'.repeat(300)}.txt`, `${'n'.repeat(251)}.txt`],
  ])('%j become %j', (name, expected) => {
    expect(safeName(name)).toBe(expected);
  });

  it.each(['ü', '😀', '한'])('that are too long are cut between letters: %s', (letter) => {
    const cut = safeName(`${letter.repeat(400)}.doc`);
    expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(255);
    expect(Buffer.from(cut).toString()).toBe(cut);
    expect(cut.endsWith(`${letter}.doc`)).toBe(true);
  });
});

describe('an extraction', () => {
  it('never leaves its target, whatever the disk calls its folders', async () => {
    const { written } = await extracted(
      file('../../escaped.txt'),
      file('a/../../b.txt'),
      file('./c'),
      file('C:/d'),
      file('CON/e'),
      file('\\\\server\\share'),
    );
    expect(written).toEqual(['CON_/e', 'C_/d', '__/__/escaped.txt', '__server_share', '_/c', 'a/__/__/b.txt'].toSorted());
  });

  it('keeps apart what some platforms take for the same, files and folders', async () => {
    const long = 'n'.repeat(255);
    const { written } = await extracted(
      file('Read Me.txt'),
      file('READ ME.TXT'),
      file('read me.txt'),
      file('caf\u00e9'),
      file('cafe\u0301'),
      file('a:b'),
      file('a?b'),
      file('Folder/x'),
      file('folder/x'),
      file('FOLDER'),
      file(long),
      file(long.toUpperCase()),
      file('twice'),
      file('twice', { isDeleted: true, entry: 2 }),
    );
    expect(written).toHaveLength(14);
    expect(new Set(written.map((name) => name.normalize('NFC').toLowerCase())).size).toBe(14);
    expect(written).toEqual(
      expect.arrayContaining(['Read Me.txt', 'READ ME (2).TXT', 'read me (3).txt', 'a_b', 'a_b (2)', 'folder (2)/x']),
    );
    expect(Math.max(...written.map((name) => Buffer.byteLength(name)))).toBe(255);
  });

  it('takes as many namesakes as a disk has', async () => {
    const { written } = await extracted(...Array.from({ length: 500 }, (_, entry) => file('lost', { entry })));
    expect(written).toHaveLength(500);
  });

  it('takes folders of any depth', async () => {
    const deep = Array.from({ length: 255 }, (_, n) => `${n}-${'d'.repeat(60)}`).join('/');
    const { written, table } = await extracted(file(`${deep}/x`), file(`${deep}/y`), file('top'));
    expect(written).toHaveLength(3);
    expect(Math.max(...written.map((name) => name.length))).toBeLessThan(1300);
    expect(table).toContain(`${deep}/x`);
  });

  it('makes no links, and computes nothing in a spreadsheet', async () => {
    const { written, table } = await extracted(
      file('passwd', { kind: 'link', target: '/etc/passwd', runs: undefined, size: 0, sha256: undefined }),
      file('pipe', { kind: 'pipe' }),
      file('=HYPERLINK("x")'),
      file('-1+1'),
      file('one, "two"'),
    );
    expect(written).toEqual(['-1+1', '=HYPERLINK(_x_)', 'one, _two_'].toSorted());
    expect(table).toContain(`0,passwd,link,,,0,,,,,false,,/etc/passwd,not extracted; a link: it has no content\r\n`);
    expect(table).toContain(`"'=HYPERLINK(""x"")"`);
    expect(table).toContain(`0,'-1+1,file`);
    expect(table).toContain(`"one, ""two"""`);
  });

  it('gives files the time that was recorded, with its zone or as UTC, impossible ones none', async () => {
    const { folder } = await extracted(
      file('local', { modified: '1993-05-12T10:11:12' }),
      file('zoned', { modified: '1993-05-12T10:11:12+02:00' }),
      file('old', { modified: '1904-01-01T00:00:01Z' }),
      file('odd', { modified: '1993-02-30T00:00:00' }),
    );
    const timeOf = async (name: string): Promise<string> => (await lstat(join(folder, 'data', name))).mtime.toISOString();
    expect(await timeOf('local')).toBe('1993-05-12T10:11:12.000Z');
    expect(await timeOf('zoned')).toBe('1993-05-12T08:11:12.000Z');
    expect(await timeOf('old')).toBe('1904-01-01T00:00:01.000Z');
  });

  it('skips what no survey could read and what claims absurd sizes, and says so', async () => {
    const { written, table } = await extracted(
      file('absurd', { size: 2 ** 50, runs: [[0, 2 ** 50, -1]], sha256: undefined }),
      file('lost', { runs: undefined, sha256: undefined }),
      file('unsurveyed', { sha256: undefined }),
    );
    expect(written).toEqual(['unsurveyed']);
    expect(table).toMatch(/absurd,.*not extracted; it claims 1125899906842624 bytes/);
    expect(table).toMatch(/lost,.*not extracted; the file system of volume 0 does not list/);
    expect(table).toMatch(/unsurveyed,.*could not be compared/);
  });

  it.each(['out', 'out.zip'])('leaves nothing at %s when a file is not the one that was surveyed', async (name) => {
    const folder = await tmpFolder();
    const files = [file('good'), file('bad', { sha256: sha256.replace(/./, (digit) => (digit === '0' ? '1' : '0')) })];
    const chosen = {
      media,
      hasSeveralVolumes: false,
      at,
      files: async function* () {
        yield* await Promise.resolve(files);
      },
    };
    await expect(extractFiles(chosen, join(folder, name))).rejects.toMatchObject({
      code: 'extract/altered',
      facts: { path: 'bad' },
    });
    expect(await readdir(folder)).toEqual([]);
  });
});
