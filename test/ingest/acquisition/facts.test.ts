/** From a path to what is known of the acquisition: digests matched with files, mapfile sums, notes. */
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Acquisition, acquisitionOf, readDeposit, readPapers } from '#ingest/acquisition';

let base: string;
let root: string;
let count = 0;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'facts-'));
});
beforeEach(async () => {
  root = join(base, String(count++));
  await mkdir(root);
});
afterAll(() => rm(base, { recursive: true }));

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
const M = md5('image');
const N = md5('other');
const EMPTY = md5('');

async function of(path: string, files: Readonly<Record<string, string | number>>): Promise<Acquisition> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), typeof content === 'number' ? Buffer.alloc(content, 0x81) : content);
  }
  const deposit = await readDeposit(join(root, path));
  return acquisitionOf(deposit, await readPapers(deposit));
}
const targets = ({ expected }: Acquisition): unknown[] => expected.map(({ of: what }) => (what === 'medium' ? what : what.file));
const codes = ({ notes }: Acquisition): string[] => notes.map(({ code }) => code);

describe('a digest is of', () => {
  it.each<[string, string, Record<string, string | number>, unknown[]]>([
    ['the file it names', 'x.img', { 'x.img': 9000, 'x.md5': `${M}  x.img\n` }, ['x.img']],
    ['the file that the list is named after', 'x.img', { 'x.img': 9000, 'x.img.md5': M }, ['x.img']],
    ['the medium when the list has the stem', 'x.img', { 'x.img': 9000, 'x.md5': M }, ['medium']],
    ['the source device, which is the medium', 'x.img', { 'x.img': 9000, 'x.md5': `${M}  /dev/sdb\n` }, ['medium']],
    [
      'a file by the last part of a foreign path',
      'x.img',
      { 'x.img': 9000, 'x.md5': `${M}  /media/station/x.img\n${M}  D:\\images\\x.img\n` },
      ['x.img', 'x.img'],
    ],
    [
      'each piece, and the whole that is not there',
      'd.img.001',
      { 'd.img.001': 90, 'd.img.002': 20, 'd.img.md5': `${M}  d.img.001\n${N}  d.img.002\n${EMPTY}  d.img\n` },
      ['d.img.001', 'd.img.002', 'medium'],
    ],
    ['the whole of a set, by a bare digest', 'd.img.001', { 'd.img.001': 90, 'd.img.002': 20, 'd.img.md5': M }, ['medium']],
    ['the whole by a path', 'd.001', { 'd.001': 90, 'd.002': 20, 'd.md5': `${M} *C:\\out\\d\n` }, ['medium']],
    [
      'files in folders, from the list’s own place',
      '',
      { 'x.img': 9000, 'logs/a.txt': 'a', 'logs/sums.md5': `${N}  ./a.txt\n${M}  ../x.img\n` },
      ['logs/a.txt', 'x.img'],
    ],
    [
      'files in folders, from the root',
      '',
      { 'x.img': 9000, 'logs/a.txt': 'a', 'logs/sums.md5': `${N}  logs/a.txt\n` },
      ['logs/a.txt'],
    ],
    [
      'files in folders, written by Windows',
      '',
      { 'x.img': 9000, 'logs/a.txt': 'a', 'sums.md5': `${N} *logs\\a.txt\r\n` },
      ['logs/a.txt'],
    ],
    ['the medium, from md5.txt beside it', '', { 'x.img': 9000, 'md5.txt': `${M}  -\n` }, ['medium']],
    [
      'a name with a backslash before the last part of a path',
      '',
      { 'x.img': 9000, 'a\\b': 'paper', b: 'paper', 'sums.md5': `${N}  a\\b\n` },
      ['a\\b'],
    ],
  ])('%s', async (_what, path, files, expected) => {
    expect(targets(await of(path, files))).toEqual(expected);
  });

  it('nothing when it is of the list itself, taken while it was empty', async () => {
    expect(targets(await of('', { 'x.img': 9000, 'sums.md5': `${EMPTY}  sums.md5\n${M}  x.img\n` }))).toEqual(['x.img']);
  });

  it('another image beside, which is noted', async () => {
    const acquisition = await of('x.img', { 'x.img': 9000, 'y.img': 9000, 'x.img.md5': `${M}  x.img\n${N}  y.img\n` });
    expect(targets(acquisition)).toEqual(['x.img']);
    expect(codes(acquisition)).toContain('acquisition/checksums-of-others');
  });

  it('with file and line it came from', async () => {
    const { expected, facts } = await of('x.img', { 'x.img': 9000, 'x.img.md5': `# mine\n${M.toUpperCase()}  x.img\n` });
    expect(expected).toEqual([{ algorithm: 'md5', digest: M, of: { file: 'x.img' }, source: { file: 'x.img.md5', line: 2 } }]);
    expect(facts).toContainEqual({ name: 'file "x.img" md5', value: M, source: { file: 'x.img.md5', line: 2 } });
  });
});

describe('a digest is refused', () => {
  it('when its file is not there, all of them at once', async () => {
    const gone = Array.from({ length: 25 }, (_, i) => `${M}  gone-${i}.txt\n`).join('');
    await expect(of('', { 'x.img': 9000, 'sums.md5': `${M}  x.img\n${gone}` })).rejects.toMatchObject({
      kind: 'missing',
      code: 'acquisition/checksum-names-missing-file',
      message: expect.stringMatching(/gone-0\.txt \(line 2 of sums\.md5\).* and 5 more/),
      facts: { count: 25 },
    });
  });

  it('when its name fits two files', async () => {
    const files = { 'x.img': 9000, 'a/n.txt': 'a', 'b/n.txt': 'b', 'sums.md5': `${M}  /old/n.txt\n` };
    await expect(of('', files)).rejects.toMatchObject({
      code: 'acquisition/checksum-ambiguous',
      facts: { candidates: ['a/n.txt', 'b/n.txt'] },
    });
  });

  it('when another list says otherwise', async () => {
    const files = { 'x.img': 9000, 'x.img.md5': M, 'sums.md5': `${N}  x.img\n` };
    await expect(of('', files)).rejects.toMatchObject({
      kind: 'corrupt',
      code: 'acquisition/checksum-contradiction',
      facts: { algorithm: 'md5' },
    });
  });

  it('when its line is malformed', async () => {
    await expect(of('x.img', { 'x.img': 9000, 'x.md5': `${M}  x.img\nzzz\n` })).rejects.toMatchObject({
      facts: { file: 'x.md5', line: 2 },
    });
  });
});

describe('a mapfile', () => {
  const map = (end: number): string =>
    `# Mapfile. Created by GNU ddrescue version 1.27\n0x0 + 1\n0 4096 +\n4096 512 -\n4608 512 -\n5120 512 *\n5632 ${end - 5632} +\n`;

  it('gives sums as facts, and what was not rescued as ranges', async () => {
    const acquisition = await of('x.img', { 'x.img': 9216, 'x.map': map(9216) });
    expect(acquisition.mapfiles).toEqual([
      expect.objectContaining({
        file: 'x.map',
        isTruncated: false,
        ranges: [
          { offset: 4096, length: 1024, status: 'bad' },
          { offset: 5120, length: 512, status: 'nonTrimmed' },
        ],
      }),
    ]);
    expect(acquisition.facts).toContainEqual({ name: 'ddrescue bad bytes', value: 1024, source: { file: 'x.map' } });
    expect(acquisition.facts).toContainEqual({ name: 'ddrescue version', value: '1.27', source: { file: 'x.map' } });
    expect(codes(acquisition)).toEqual(['acquisition/taken-along']);
  });

  it('larger or smaller than the image is noted', async () => {
    expect(codes(await of('x.img', { 'x.img': 9000, 'x.map': map(9216) }))).toContain('acquisition/mapfile-beyond-image');
    expect(codes(await of('x.img', { 'x.img': 9217, 'x.map': map(9216) }))).toContain('acquisition/mapfile-short-of-image');
  });

  it('says nothing about the size of a container', async () => {
    expect(codes(await of('x.qed', { 'x.qed': 'QED\0', 'x.map': map(9216) }))).toEqual(['acquisition/taken-along']);
  });

  it('with very many bad areas stays bounded, and its sums whole', async () => {
    const areas = Array.from({ length: 220_001 }, (_, i) => `${i * 512} 512 ${i % 2 === 0 ? '-' : '+'}\n`).join('');
    const { mapfiles } = await of('x.img', { 'x.img': 9000, 'x.map': `0 + 1\n${areas}` });
    expect(mapfiles[0]).toMatchObject({ isTruncated: true, sums: { bad: { areas: 110_001 } } });
    expect(mapfiles[0]!.ranges).toHaveLength(100_000);
  });
});

it('a name that promises another format is a fact', async () => {
  const { facts } = await of('x.e01', { 'x.e01': 9000 });
  expect(facts).toContainEqual({ name: 'nameMismatch', value: '.e01 promises ewf', source: 'computed' });
  expect(facts).toContainEqual({ name: 'format', value: 'raw', source: 'container' });
});
