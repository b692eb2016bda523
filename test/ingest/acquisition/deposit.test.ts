/** readDeposit(): a file, a member of a set, a folder. */
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Deposit, type DepositFile, type DepositNote, imageSource, readDeposit } from '#ingest/acquisition';
import { identify, openMedia } from '#ingest/media';
import { has, run } from '../media/tools.ts';
import { zip } from '../media/zip-builder.ts';

let base: string;
let root: string;
let count = 0;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'deposit-'));
});
beforeEach(async () => {
  root = join(base, String(count++));
  await mkdir(root);
});
afterAll(() => rm(base, { recursive: true }));

/** Writes files into the root: text, bytes, or so many bytes that are no format's. */
async function lay(files: Readonly<Record<string, string | Buffer | number>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), typeof content === 'number' ? Buffer.alloc(content, 0x81) : content);
  }
}
const names = (files: readonly DepositFile[]): string[] => files.map(({ name }) => name);
const codes = (notes: readonly DepositNote[]): string[] => notes.map(({ code }) => code);
const at = (name: string): Promise<Deposit> => readDeposit(join(root, name));
const floppy = gunzipSync(await readFile(new URL('../../fixtures/media/floppy/pc-360.img.gz', import.meta.url)));
const zipOf = (...files: readonly (readonly [string, string | Buffer])[]): Buffer =>
  zip(files.map(([name, content]) => ({ name, bytes: Buffer.from(content) })));
const jpeg = Buffer.from('\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0', 'latin1');
const ewf = Buffer.from('EVF\t\r\n\xff\0\x01\x01\0\0\0', 'latin1');

const scp = gunzipSync(await readFile(new URL('../../fixtures/media/scp/pc-720k.scp.gz', import.meta.url)));
const stream = (track: string): Buffer =>
  gunzipSync(readFileSync(new URL(`../../fixtures/media/kryoflux/pc/track${track}.raw.gz`, import.meta.url)));
const streams = {
  'track00.0.raw': stream('00.0'),
  'track00.1.raw': stream('00.1'),
  'track01.0.raw': stream('01.0'),
  'track01.1.raw': stream('01.1'),
};

describe('one file', () => {
  it('is the image, with what is named like it', async () => {
    await lay({
      'x.img': 9000,
      'x.img.md5': '',
      'x.map': 'm',
      'x.log': 'l',
      'x.info': 'i',
      'x.txt': 't',
      'y.txt': 't',
      'xx.md5': 'n',
      'photo.jpg': jpeg,
    });
    const deposit = await at('x.img');
    expect(deposit.kind).toBe('file');
    expect(deposit.root).toBe(root);
    expect(deposit.image).toMatchObject({ name: 'x.img', totalSize: 9000, scheme: 'single' });
    expect(names(deposit.submission)).toEqual(['x.img.md5', 'x.info', 'x.log', 'x.map', 'x.txt']);
    expect(deposit.notes.find(({ code }) => code === 'acquisition/taken-along')?.message).toContain('"x.log"');
    expect([...deposit.neighbours].sort()).toEqual(['photo.jpg', 'xx.md5', 'y.txt']);
  });

  it('tells path, size and time of each file', async () => {
    await lay({ 'x.img': 9000 });
    await utimes(join(root, 'x.img'), 1, new Date('1999-12-31T23:59:59Z'));
    const [file] = (await at('x.img')).image.files;
    expect(file).toEqual({ path: join(root, 'x.img'), name: 'x.img', size: 9000, mtime: new Date('1999-12-31T23:59:59Z') });
  });

  it('leaves papers that may be another image’s, and says so', async () => {
    await lay({ 'x.img': 9000, 'x.iso': 9000, 'x.log': 'l', 'x.img.md5': 'm' });
    const deposit = await at('x.img');
    expect(names(deposit.submission)).toEqual(['x.img.md5']);
    expect(deposit.notes.find(({ code }) => code === 'acquisition/not-taken')?.message).toContain('"x.log"');
  });

  it('may be anything when its path is given', async () => {
    await lay({ 'tape.txt': 'all text', 'notes.doc': 900 });
    expect((await at('tape.txt')).image.name).toBe('tape.txt');
    expect((await at('notes.doc')).image.name).toBe('notes.doc');
  });

  it('is found through a link, which is noted', async () => {
    await lay({ 'x.img': 9000, 'x.log': 'l' });
    await symlink(join(root, 'x.img'), join(root, 'link'));
    const deposit = await at('link');
    expect(deposit.image.files[0]?.path).toBe(join(root, 'x.img'));
    expect(names(deposit.submission)).toEqual(['x.log']);
    expect(codes(deposit.notes)).toContain('acquisition/link-followed');
  });

  it('does not bring along a link or a folder named like a paper', async () => {
    await lay({ 'x.img': 9000, 'x.log/inside': 'l' });
    await symlink('/etc/passwd', join(root, 'x.txt'));
    const deposit = await at('x.img');
    expect(deposit.submission).toEqual([]);
    expect(codes(deposit.notes)).toEqual(['acquisition/not-taken', 'acquisition/not-taken']);
  });
});

describe('a split set', () => {
  it('is found from any of its pieces, and reads end to end', async () => {
    const whole = Buffer.from(Array.from({ length: 10_000 }, (_, i) => (i * 7 + (i >> 8)) & 255));
    await lay({ whole });
    run('split', ['-b', '3000', '-d', '-a', '3', '--numeric-suffixes=1', 'whole', 'disk.img.'], root);
    await lay({ 'disk.img.md5': 'x', 'disk.img.001.txt': 'FTK', 'disk.log': 'l', 'other.log': 'o' });
    for (const piece of ['disk.img.001', 'disk.img.003', 'disk.img.004']) {
      const deposit = await at(piece);
      expect(deposit).toMatchObject({ kind: 'split', image: { name: 'disk.img', totalSize: 10_000, scheme: 'pieces' } });
      expect(names(deposit.image.files)).toEqual(['disk.img.001', 'disk.img.002', 'disk.img.003', 'disk.img.004']);
      expect(names(deposit.submission)).toEqual(['disk.img.001.txt', 'disk.img.md5', 'disk.log']);
      await using source = await imageSource(deposit);
      expect(Buffer.compare(await source.read(0, source.size), whole)).toBe(0);
      await using media = await openMedia(source);
      expect(media.size).toBe(10_000);
    }
  });

  it('may be a lone first piece', async () => {
    await lay({ 'disk.001': 3000 });
    expect(await at('disk.001')).toMatchObject({ kind: 'file', image: { name: 'disk', scheme: 'single' } });
  });

  it.each([
    ['acquisition/split-gap', { 'd.001': 10, 'd.003': 10 }, 'd.001', /"d\.002" is missing/],
    ['acquisition/split-gap', { 'd.002': 10, 'd.003': 10 }, 'd.003', /"d\.001" is missing/],
    ['acquisition/short-piece', { 'd.001': 10, 'd.002': 9, 'd.003': 10 }, 'd.001', /"d\.002" has 9 bytes.*should have 10/],
    ['acquisition/short-piece', { 'd.001': 10, 'd.002': 11 }, 'd.001', /"d\.002" has 11 bytes.*at most 10/],
    ['acquisition/empty-file', { 'd.001': 10, 'd.002': 0 }, 'd.001', /"d\.002" has 0 bytes/],
  ])('is refused with %s', async (code, files, path, message) => {
    await lay(files);
    await expect(at(path)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    await expect(readDeposit(root)).rejects.toMatchObject({ code });
  });

  it('is not made of papers that are numbered alike', async () => {
    await lay({ 'report.001': 'first', 'report.002': 'second and longer', 'letter.7': 'text', 'disk.img': 9000 });
    expect(await readDeposit(root)).toMatchObject({ image: { name: 'disk.img' } });
    const alone = await at('report.002');
    expect(names(alone.image.files)).toEqual(['report.002']);
    expect(alone.notes[0]?.message).toContain('"report.001" is no part of an image but: Plain text');
  });

  it('is not made of floppies that are numbered', async () => {
    await lay({ 'disk.1': floppy, 'disk.2': floppy });
    const deposit = await at('disk.2');
    expect(names(deposit.image.files)).toEqual(['disk.2']);
    expect(codes(deposit.notes)).toEqual(['acquisition/taken-alone']);
    await expect(readDeposit(root)).rejects.toMatchObject({
      code: 'acquisition/two-images',
      facts: { candidates: ['disk.1', 'disk.2'] },
    });
  });

  it('may be a container or flux that was split as a file', async () => {
    await lay({ 'x.scp.001': Buffer.from('SCP\x22\x80\x03\0\x9f\x01\0\0\0', 'latin1'), 'x.scp.002': 12 });
    expect((await readDeposit(root)).image).toMatchObject({ name: 'x.scp', scheme: 'pieces' });
  });

  it('of an archive is no image beside one', async () => {
    await lay({ 'papers.zip.001': 'PK\x03\x04', 'papers.zip.002': 'abcd', 'disk.img': 9000 });
    expect((await readDeposit(root)).image.name).toBe('disk.img');
  });

  it('is refused where floppies and pieces cannot be told apart', async () => {
    await lay({ 'disk.1': 819_200, 'disk.2': 819_200 });
    await expect(at('disk.1')).rejects.toMatchObject({ code: 'acquisition/pieces-or-disks' });
  });

  it('of EWF keeps all its segments', async () => {
    await lay({ 'c.E01': ewf, 'c.E02': ewf, 'c.E03': ewf, 'c.info': 'guymager', 'c.E01.txt': 'FTK' });
    const deposit = await at('c.E02');
    expect(deposit).toMatchObject({ kind: 'split', image: { name: 'c.E01', scheme: 'segments' } });
    expect(names(deposit.image.files)).toEqual(['c.E01', 'c.E02', 'c.E03']);
    expect(names(deposit.submission)).toEqual(['c.E01.txt', 'c.info']);
    await using source = await imageSource(deposit);
    expect((await identify(source)).id).toBe('ewf');
    await rm(join(root, 'c.E02'));
    await expect(at('c.E01')).rejects.toMatchObject({ code: 'acquisition/split-gap', facts: { missing: ['c.E02'] } });
  });

  it('of a raw file that is only named like EWF is that file', async () => {
    await lay({ 'c.E01': 9000, 'c.E03': 9000 });
    expect((await at('c.E01')).image.files).toHaveLength(1);
  });

  it.runIf(has('qemu-img'))('of VMDK is the descriptor with its extents', async () => {
    run('qemu-img', ['create', '-q', '-f', 'vmdk', '-o', 'subformat=monolithicFlat', join(root, 'm.vmdk'), '1M']);
    run('qemu-img', ['create', '-q', '-f', 'vmdk', '-o', 'subformat=twoGbMaxExtentSparse', join(root, 's.vmdk'), '5G']);
    expect(names((await at('m-flat.vmdk')).image.files)).toEqual(['m.vmdk', 'm-flat.vmdk']);
    expect(names((await at('s.vmdk')).image.files)).toEqual(['s.vmdk', 's-s001.vmdk', 's-s002.vmdk', 's-s003.vmdk']);
    await rm(join(root, 's-s003.vmdk'));
    await expect(at('s.vmdk')).rejects.toMatchObject({ code: 'acquisition/split-gap', facts: { missing: ['s-s003.vmdk'] } });
    await rm(join(root, 'm-flat.vmdk'));
    await expect(at('m.vmdk')).rejects.toMatchObject({ code: 'acquisition/split-gap', facts: { missing: ['m-flat.vmdk'] } });
  });

  it('follows no path out of a VMDK descriptor', async () => {
    await lay({ 'm.vmdk': '# Disk DescriptorFile\nversion=1\nRW 8 FLAT "/etc/passwd" 0\n' });
    await expect(at('m.vmdk')).rejects.toMatchObject({ code: 'acquisition/extent-outside' });
  });
});

describe('a folder', () => {
  it('holds one image, and all else is the submission', async () => {
    await lay({
      'disk.dd': 9000,
      'disk.dd.md5': 'x',
      'logs/ddrescue.log': 'l',
      'photos/a b.jpg': jpeg,
      'photos/.DS_Store': 'junk',
      'Übergabe.txt': 'Ü',
      'empty.log': '',
    });
    await mkdir(join(root, 'nothing'));
    const deposit = await readDeposit(root);
    expect(deposit.kind).toBe('folder');
    expect(names(deposit.image.files)).toEqual(['disk.dd']);
    expect(names(deposit.submission)).toEqual([
      'disk.dd.md5',
      'empty.log',
      'logs/ddrescue.log',
      'photos/.DS_Store',
      'photos/a b.jpg',
      'Übergabe.txt',
    ]);
    expect(codes(deposit.notes)).toEqual(['acquisition/empty-folders', 'acquisition/litter', 'acquisition/empty-papers']);
  });

  it('may hold its image deeper, and in pieces', async () => {
    await lay({ 'image/d.001': 100, 'image/d.002': 50, 'a.txt': 'a' });
    const { image } = await readDeposit(root);
    expect(image).toMatchObject({ name: 'image/d', scheme: 'pieces', totalSize: 150 });
    expect(names(image.files)).toEqual(['image/d.001', 'image/d.002']);
  });

  it.each([
    ['an image by its content, whatever its ending', { 'disk.xyz': floppy, 'a.pdf': '%PDF-1.4' }, 'disk.xyz'],
    ['raw bytes by the ending', { 'disk.ima': 9000, 'letter.doc': 9000 }, 'disk.ima'],
    [
      'a disk without any ending by its first bytes',
      { disk: Buffer.concat([Buffer.alloc(510), Buffer.of(0x55, 0xaa), Buffer.alloc(9000, 9)]), 'x.doc': 80 },
      'disk',
    ],
    ['a container', { 'disk.E01': ewf, 'photo.bin': jpeg }, 'disk.E01'],
    ['a compressed image', { 'disk.img.gz': Buffer.from([0x1f, 0x8b, 8, 0]), 'papers.zip': 'PK\x03\x04' }, 'disk.img.gz'],
    ['a compressed image by its content', { 'backup.gz': gzipSync(floppy), 'notes.txt.gz': gzipSync('a log\n') }, 'backup.gz'],
    ['a compressed container', { 'disk.gz': gzipSync(ewf), 'x.txt': 'x' }, 'disk.gz'],
    ['compressed raw bytes by the ending', { 'disk.img.gz': gzipSync(Buffer.alloc(9000, 0x81)), 'x.txt': 'x' }, 'disk.img.gz'],
    ['an image before compressed raw bytes', { 'disk.E01': ewf, 'old.img.gz': gzipSync(Buffer.alloc(9000, 0x81)) }, 'disk.E01'],
    [
      'no compressed log for an image',
      { 'disk.img': 9000, 'log.img.gz': gzipSync('a log\n'), 'core.gz': gzipSync(Buffer.alloc(9000, 0x81)) },
      'disk.img',
    ],
    [
      'no archive of papers for an image',
      { 'disk.img': 9000, 'papers.zip': zipOf(['a.txt', 'text']), 'two.img.zip': zipOf(['a', 'a'], ['b', 'b']) },
      'disk.img',
    ],
    ['a zipped image by its content', { 'papers.zip': zipOf(['disk.bin', floppy]), 'x.txt': 'x' }, 'papers.zip'],
    ['the sector image beside its flux', { 'disk.img': 9000, 'disk.hfe': `HXCPICFE${'\0'.repeat(600)}` }, 'disk.img'],
    ['lone flux', { 'disk.hfe': `HXCPICFE${'\0'.repeat(600)}`, 'a.txt': 'a' }, 'disk.hfe'],
    ['the sector image beside the streams of its tracks', { ...streams, 'disk.img': floppy }, 'disk.img'],
    [
      'the sector image beside decoded flux',
      { 'disk.scp': scp, 'disk.hfe': `HXCPICFE${'\0'.repeat(600)}`, 'disk.adf': 9000 },
      'disk.adf',
    ],
    ['lone decoded flux', { 'disk.scp': scp, 'a.txt': 'a' }, 'disk.scp'],
    ['the medium of a disc description', { 'cd.bin': 9000, 'cd.cue': 'FILE "cd.bin" BINARY\n' }, 'cd.bin'],
  ])('takes %s', async (_what, files, image) => {
    await lay(files);
    const deposit = await readDeposit(root);
    expect(deposit.image.name).toBe(image);
    expect(deposit.submission).toHaveLength(Object.keys(files).length - 1);
  });

  it.each([
    [
      'acquisition/two-images',
      { 'a.img': 9000, 'b.img': 9000, 'a.img.md5': 'x' },
      /2 disk images: "a\.img", "b\.img".*one folder per carrier, or give/,
    ],
    ['acquisition/two-images', { 'a.img': 9000, 'a.E01': ewf }, /"a\.E01", "a\.img"/],
    [
      'acquisition/no-image',
      { 'a.txt': 'a', 'b.jpg': jpeg },
      /2 files, none of them a disk image; if one is an image, give its path/,
    ],
    [
      'acquisition/no-image',
      { 'a.hfe': `HXCPICFE${'\0'.repeat(600)}`, 'b.hfe': `HXCPICFE${'\0'.repeat(600)}` },
      /2 flux files and no sector image/,
    ],
    ['acquisition/two-images', { 'a.img': 9000, 'b.gz': gzipSync(floppy) }, /"a\.img", "b\.gz"/],
    ['acquisition/no-image', { 'a.txt.gz': gzipSync('a log\n'), 'b.zip': zipOf(['b.txt', 'b']) }, /none of them a disk image/],
    ['acquisition/empty-file', { 'a.img': 0, 'b.txt': 'b' }, /"a\.img" has 0 bytes/],
  ])('is refused with %s', async (code, files, message) => {
    await lay(files);
    await expect(readDeposit(root)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('of streams is one image, a track each', async () => {
    await lay({ ...streams, 'track.log': 'l' });
    const deposit = await readDeposit(root);
    expect(deposit.image).toMatchObject({ name: 'track00.0.raw', scheme: 'segments' });
    expect(names(deposit.image.files)).toEqual(Object.keys(streams));
    expect(names(deposit.submission)).toEqual(['track.log']);
    expect((await at('track01.1.raw')).image).toMatchObject(deposit.image);
  });

  it('of the streams of two disks is refused', async () => {
    await lay({ ...streams, 'other00.0.raw': stream('00.0') });
    const message = expect.stringMatching(/2 flux images and no sector image/);
    await expect(readDeposit(root)).rejects.toMatchObject({ code: 'acquisition/no-image', message });
  });

  it('of raw images that are only named like streams is no set', async () => {
    await lay({ 'disk00.0.raw': 9000, 'letter.txt': 'a' });
    expect((await readDeposit(root)).image).toMatchObject({ name: 'disk00.0.raw', scheme: 'single' });
  });

  it('keeps to its limits', async () => {
    await lay({ 'a/b/c/d.img': 10, 'e.txt': 'e' });
    await expect(readDeposit(root, { entries: 4, depth: 9 })).rejects.toMatchObject({ code: 'acquisition/too-many-entries' });
    await expect(readDeposit(root, { entries: 5, depth: 2 })).rejects.toMatchObject({ code: 'acquisition/too-deep' });
    expect((await readDeposit(root, { entries: 5, depth: 3 })).image.name).toBe('a/b/c/d.img');
  });

  it('of many numbered papers is looked through in no time', async () => {
    await lay({
      'disk.img': 9000,
      ...Object.fromEntries(Array.from({ length: 1500 }, (_, i) => [`report.${String(i + 1).padStart(4, '0')}`, 'text'])),
    });
    const start = performance.now();
    expect((await readDeposit(root)).submission).toHaveLength(1500);
    expect(performance.now() - start).toBeLessThan(15_000);
  });

  it('needs little memory for a large sparse image', async () => {
    await lay({ 'big.dd': 1 });
    await truncate(join(root, 'big.dd'), 2 ** 41);
    expect((await readDeposit(root)).image.totalSize).toBe(2 ** 41);
  });
});

it('keeps any legal name byte for byte', async () => {
  const character = fc.oneof(
    fc.constantFrom('\r', '\n', '%', ' ', '\\', '"', "'", '\u202e', '\u0301', '\t', '*', '~', '\u007f', '\ufeff', ':', '光', '🖫'),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
  );
  const legal = fc
    .array(character, { minLength: 1, maxLength: 12 })
    .map((parts) => parts.join(''))
    .filter(
      (name) =>
        !/[/\0]/.test(name) && !/^\.{1,2}$/.test(name) && Buffer.from(name).toString() === name && Buffer.byteLength(name) < 200,
    );
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(legal, { minLength: 1, maxLength: 5 }), legal, async (papers, image) => {
      const folder = await mkdtemp(join(base, 'names-'));
      for (const name of papers) await writeFile(`${folder}/${name}.txt`, 'text');
      await writeFile(`${folder}/${image}.img`, Buffer.alloc(100, 0x81));
      const deposit = await readDeposit(folder);
      expect(deposit.image.name).toBe(`${image}.img`);
      expect(names(deposit.submission).sort()).toEqual(papers.map((name) => `${name}.txt`).sort());
      expect((await readDeposit(`${folder}/${image}.img`)).image.files[0]?.name).toBe(`${image}.img`);
      await rm(folder, { recursive: true });
    }),
    { numRuns: 150 },
  );
});
