/** Discs of several files: the sheet and what it names are one image. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Deposit, type DepositFile, imageSource, readDeposit } from '#ingest/acquisition';
import { companionsOf, fileSource, identify, openMedia } from '#ingest/media';
import { casesOf } from '../../conformance/media-cases.ts';

let base: string;
let root: string;
let count = 0;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'sheets-'));
});
beforeEach(async () => {
  root = join(base, String(count++));
  await mkdir(root);
});
afterAll(() => rm(base, { recursive: true }));

async function lay(files: Readonly<Record<string, string | Buffer | number>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), typeof content === 'number' ? Buffer.alloc(content, 0x81) : content);
  }
}
const names = (files: readonly DepositFile[]): string[] => files.map(({ name }) => name);
const at = (name: string): Promise<Deposit> => readDeposit(join(root, name));
const track = (number: number): string => `TRACK 0${number} MODE1/2352\nINDEX 01 00:00:00\n`;
const cue = (...files: string[]): string => files.map((name, i) => `FILE "${name}" BINARY\n${track(i + 1)}`).join('');
const ccd = '[CloneCD]\r\nVersion=3\r\n';
const fixture = (format: string, name: string): Record<string, Buffer> =>
  Object.fromEntries(casesOf(format).find((each) => each.name === name)?.files ?? []);

describe('a disc described by a sheet', () => {
  it('is the sheet and its file, from the folder and from each of them', async () => {
    await lay({ 'cd.bin': 9000, 'cd.cue': cue('cd.bin'), 'cd.log': 'l', 'cover.txt': 'c' });
    for (const deposit of [await readDeposit(root), await at('cd.cue'), await at('cd.bin')]) {
      expect(deposit.image).toMatchObject({ name: 'cd.cue', scheme: 'segments', totalSize: 9000 + cue('cd.bin').length });
      expect(names(deposit.image.files)).toEqual(['cd.cue', 'cd.bin']);
    }
    expect(names((await readDeposit(root)).submission)).toEqual(['cd.log', 'cover.txt']);
    expect(names((await at('cd.bin')).submission)).toEqual(['cd.log']);
    expect((await at('cd.bin')).kind).toBe('split');
  });

  it('may have a file per track, in a folder deeper', async () => {
    await lay({ 'd/x.cue': cue('x (Track 1).bin', 'x (Track 2).bin'), 'd/x (Track 1).bin': 5000, 'd/x (Track 2).bin': 4000 });
    const { image } = await readDeposit(root);
    expect(names(image.files)).toEqual(['d/x.cue', 'd/x (Track 1).bin', 'd/x (Track 2).bin']);
    await lay({ 'd/notes.txt': 'n' });
    expect((await readDeposit(join(root, 'd', 'x (Track 2).bin'))).image.name).toBe('x.cue');
  });

  it('is found though the sheet has a path, or another case', async () => {
    await lay({ 'cd.cue': cue('C:\\Rips\\CD.BIN'), 'cd.bin': 9000 });
    expect(names((await readDeposit(root)).image.files)).toEqual(['cd.cue', 'cd.bin']);
  });

  it('keeps the subchannels of CloneCD, and takes its CUE sheet for a paper', async () => {
    await lay({ 'cd.ccd': ccd, 'cd.img': 9000, 'cd.sub': 400, 'cd.cue': cue('cd.img') });
    const deposit = await readDeposit(root);
    expect(names(deposit.image.files)).toEqual(['cd.ccd', 'cd.img', 'cd.sub']);
    expect(names(deposit.submission)).toEqual(['cd.cue']);
    expect((await at('cd.img')).image.name).toBe('cd.ccd');
    expect((await at('cd.cue')).image.name).toBe('cd.cue');
  });

  it('needs no subchannels', async () => {
    await lay({ 'cd.ccd': ccd, 'cd.img': 9000 });
    expect(names((await readDeposit(root)).image.files)).toEqual(['cd.ccd', 'cd.img']);
  });

  it.each([
    ['cue', 'several', 'several.cue'],
    ['ccd', 'mixed', 'mixed.ccd'],
    ['mds', 'sessions', 'sessions.mds'],
  ])('%s %s is opened through its sheet', async (format, name, sheet) => {
    await lay(fixture(format, name));
    const deposit = await readDeposit(root);
    expect(deposit.image.name).toBe(sheet);
    expect(deposit.submission).toEqual([]);
    await using source = await imageSource(deposit);
    expect(await identify(source, sheet)).toMatchObject({ id: format, readable: true });
    const beside = names(deposit.image.files);
    await using companions = companionsOf(sheet, beside, (file) => fileSource(join(root, file)));
    await using media = await openMedia(source, companions);
    expect([sheet, ...media.parts]).toEqual(beside);
  });

  it('of music alone is an image all the same', async () => {
    await lay({ 'a.cue': 'FILE "a.wav" WAVE\nTRACK 01 AUDIO\nINDEX 01 00:00:00\n', 'a.wav': 'RIFF' });
    expect(names((await readDeposit(root)).image.files)).toEqual(['a.cue', 'a.wav']);
  });
});

describe('a sheet', () => {
  it('whose files are not all there is a gap that is told', async () => {
    await lay({ 'x.cue': cue('x1.bin', 'x2.bin'), 'x1.bin': 5000 });
    const gap = { code: 'acquisition/split-gap', kind: 'missing', facts: { missing: ['x2.bin'] } };
    await expect(readDeposit(root)).rejects.toMatchObject(gap);
    await expect(at('x1.bin')).rejects.toMatchObject(gap);
    await expect(at('x.cue')).rejects.toMatchObject(gap);
  });

  it('none of whose files is there is a paper beside another image, and a gap without one', async () => {
    await lay({ 'x.cue': cue('x.bin'), 'y.iso': 9000 });
    expect((await readDeposit(root)).image.name).toBe('y.iso');
    expect((await at('y.iso')).image.name).toBe('y.iso');
    await expect(at('x.cue')).rejects.toMatchObject({ code: 'acquisition/split-gap' });
    await rm(join(root, 'y.iso'));
    await expect(readDeposit(root)).rejects.toMatchObject({ code: 'acquisition/split-gap', facts: { missing: ['x.bin'] } });
  });

  it('that is incomplete comes after one that is complete', async () => {
    await lay({ 'a.cue': cue('x.bin', 'gone.bin'), 'x.cue': cue('x.bin'), 'x.bin': 9000 });
    expect((await readDeposit(root)).image.name).toBe('x.cue');
  });

  it('that is one of two for the same file is not guessed', async () => {
    await lay({ 'a.cue': cue('x.bin'), 'b.cue': cue('x.bin'), 'x.bin': 9000 });
    await expect(readDeposit(root)).rejects.toMatchObject({
      code: 'acquisition/two-sheets',
      facts: { files: ['a.cue', 'b.cue'] },
    });
    await expect(at('x.bin')).rejects.toMatchObject({ code: 'acquisition/two-sheets' });
    await lay({ 'y.iso': 9000 });
    expect((await at('y.iso')).image.name).toBe('y.iso');
    await rm(join(root, 'y.iso'));
    expect((await at('b.cue')).image.name).toBe('b.cue');
    await lay({ 'x.cue': cue('x.bin') });
    expect((await readDeposit(root)).image.name).toBe('x.cue');
  });

  it('that can’t be read is a paper, and told', async () => {
    await lay({ 'x.cue': `${cue('x.bin')}INDEX 02 00:99:00\n`, 'x.bin': 9000 });
    const deposit = await readDeposit(root);
    expect(deposit.image.name).toBe('x.bin');
    expect(deposit.notes).toMatchObject([{ code: 'acquisition/sheet-unread', message: expect.stringContaining('00:99:00') }]);
  });

  it('that is cut to a few bytes is a paper', async () => {
    await lay({ 'x.mds': 'MEDIA DESCRIPTOR\x01\x03', 'x.mdf': 9000 });
    const deposit = await readDeposit(root);
    expect(deposit.image.name).toBe('x.mdf');
    expect(names(deposit.submission)).toEqual(['x.mds']);
  });

  it('beside another disc is a second image', async () => {
    await lay({ 'a.cue': cue('a.bin'), 'a.bin': 9000, 'b.cue': cue('b.bin'), 'b.bin': 9000 });
    await expect(readDeposit(root)).rejects.toMatchObject({
      code: 'acquisition/two-images',
      facts: { candidates: ['a.cue', 'b.cue'] },
    });
    expect(names((await at('b.bin')).image.files)).toEqual(['b.cue', 'b.bin']);
  });

  it('with a file of 0 bytes is refused', async () => {
    await lay({ 'a.cue': cue('a.bin'), 'a.bin': 0 });
    await expect(readDeposit(root)).rejects.toMatchObject({ code: 'acquisition/empty-file' });
  });

  it('never names itself', async () => {
    await lay({ 'a.cue': cue('a.cue') });
    await expect(readDeposit(root)).rejects.toMatchObject({ code: 'acquisition/split-gap' });
  });
});
