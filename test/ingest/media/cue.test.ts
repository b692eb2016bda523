/** What is special to CUE sheets, and to raw CD sectors; what all formats share is in test/conformance/media.test.ts. */
import { describe, expect, it } from 'vitest';
import { identify } from '#ingest/media';
import { bufferSource } from './buffer-source.ts';
import { changed, codes, extentsIn, fixture, openDisc } from './disc-set.ts';

const SECTOR = 2352;
const bin = fixture('cue/mode1/mode1.bin');
const mode2 = fixture('cue/mode2/mode2.bin');
const count = bin.length / SECTOR;
const iso = fixture('cue/mode1.truth');
const audio = Buffer.alloc(SECTOR * 20, 7);
const sheet = (mode = 'MODE1/2352', more = '', name = 'x.bin'): string =>
  `FILE "${name}" BINARY\n  TRACK 01 ${mode}\n    INDEX 01 00:00:00\n${more}`;
const time = (frames: number): string =>
  [frames / 4500, (frames / 75) % 60, frames % 75].map((n) => String(Math.floor(n)).padStart(2, '0')).join(':');

describe('a CUE sheet', () => {
  it('tells the disc’s tracks and texts', async () => {
    await using media = await openDisc({ 'm.cue': fixture('cue/mixed/mixed.cue'), 'mixed.bin': fixture('cue/mixed/mixed.bin') });
    expect(media.facts['tracks']).toEqual(['01 MODE1/2352 LBA 0-323', '02 AUDIO LBA 474-573', '03 AUDIO LBA 724-803']);
    expect(media.facts['volumeId']).toBe('ONE');
    expect(media.parts).toEqual(['mixed.bin']);
    expect(media.warnings).toEqual([]);
    await using other = await openDisc({ 'm.cue': fixture('cue/mode1/mode1.cue'), 'mode1.bin': bin });
    expect(other.facts).toMatchObject({ catalog: '1234567890123', title: 'A disc', remarks: ['COMMENT by hand'] });
    expect(other.parts).toEqual(['mode1.bin']);
  });

  it('leaves audio, pregaps and the space between sessions absent', async () => {
    const several = Object.fromEntries(
      ['several.cue', ...[1, 2, 3].map((n) => `Disc (Track ${n}).bin`)].map((name) => [name, fixture(`cue/several/${name}`)]),
    );
    await using media = await openDisc(several);
    expect(await extentsIn(media)).toBe(`data 0+${count} absent ${count}+400 data ${count + 400}+${count}`);
    expect(media.parts).toEqual(['Disc (Track 1).bin', 'Disc (Track 2).bin', 'Disc (Track 3).bin']);
    await using extra = await openDisc({ 'e.cue': fixture('cue/extra/extra.cue'), 'extra.bin': fixture('cue/extra/extra.bin') });
    expect(await extentsIn(extra)).toBe(`absent 0+11600 data 11600+${count}`);
    expect(extra.facts['sessions']).toEqual(['1: tracks 1-1 from LBA 0', '2: tracks 2-2 from LBA 11600']);
  });

  it('counts from its first track where two seconds before it are in the file', async () => {
    const gap = Buffer.alloc(150 * 2048);
    const text = 'FILE "x.iso" BINARY\nTRACK 01 MODE1/2048\nINDEX 00 00:00:00\nINDEX 01 00:02:00\n';
    await using media = await openDisc({ 'x.cue': text, 'x.iso': Buffer.concat([gap, iso]) });
    expect((await media.read(0, media.size)).equals(iso)).toBe(true);
  });

  it('has tracks of different sector sizes in one file', async () => {
    const text = `FILE "x.bin" BINARY\nTRACK 01 MODE1/2048\nINDEX 01 00:00:00\nTRACK 02 AUDIO\nINDEX 01 ${time(count)}\nTRACK 03 MODE1/2048\nINDEX 01 ${time(count + 20)}\n`;
    await using media = await openDisc({ 'x.cue': text, 'x.bin': Buffer.concat([iso, audio, iso]) });
    expect(await extentsIn(media)).toBe(`data 0+${count} absent ${count}+20 data ${count + 20}+${count}`);
    expect((await media.read((count + 20) * 2048, iso.length)).equals(iso)).toBe(true);
  });

  it('may be UTF-16, or have a byte order mark, and no last line end', async () => {
    const files = { 'x.bin': bin };
    for (const text of [Buffer.from(`\ufeff${sheet()}`, 'utf16le'), Buffer.from(`\ufeff${sheet().trimEnd()}`)]) {
      expect(await identify(bufferSource(text))).toMatchObject({ id: 'cue', kind: 'image', readable: true });
      await using media = await openDisc({ 'x.cue': text, ...files });
      expect(media.size).toBe(iso.length);
    }
  });

  it('is told by more than a word', async () => {
    for (const text of ['FILE "cd.bin" BINARY\n', 'FILE a b\nhello\nTRACK 01 AUDIO\n', 'TRACK 01 AUDIO\n'])
      expect(await identify(bufferSource(Buffer.from(text)))).toMatchObject({ id: 'text' });
  });

  it('of music alone has no medium, and its tracks are told', async () => {
    const text = 'FILE "a.wav" WAVE\nTRACK 01 AUDIO\nINDEX 01 00:00:00\nTRACK 02 AUDIO\nINDEX 01 00:00:10\n';
    await expect(openDisc({ 'a.cue': text, 'a.wav': Buffer.alloc(44 + SECTOR * 25) })).rejects.toMatchObject({
      kind: 'unsupported',
      code: 'cue/no-data-track',
      facts: { tracks: ['01 AUDIO LBA 0-9', '02 AUDIO LBA 10-24'] },
    });
  });

  it('asks for its files by bare name, and names those that are not there', async () => {
    for (const name of ['x.bin', '/etc/passwd', '..\\..\\x.bin', 'C:\\rips\\x.bin', 'file:///x.bin'])
      await expect(openDisc({ 'x.cue': sheet('MODE1/2352', '', name) })).rejects.toMatchObject({
        kind: 'missing',
        code: 'cue/file-missing',
        facts: { missing: [name.replace(/^.*[\\/]/, '')] },
      });
    await expect(openDisc({ 'x.cue': sheet('MODE1/2352', '', '..') })).rejects.toMatchObject({ code: 'cue/name' });
    await expect(openDisc({ 'x.cue': sheet('MODE1/2352', '', 'x.cue') })).rejects.toMatchObject({ code: 'cue/file-missing' });
  });

  it.each([
    ['cue/time', sheet().replace('00:00:00', '00:00:75')],
    ['cue/time', sheet().replace('00:00:00', '00:60:00')],
    ['cue/time', sheet().replace('00:00:00', '-1:00:00')],
    ['cue/time', sheet().replace('00:00:00', '99999:00:00')],
    ['cue/time', sheet('MODE1/2352', 'PREGAP soon\n')],
    ['cue/order', sheet('MODE1/2352', 'INDEX 02 00:00:02\nINDEX 03 00:00:01\n')],
    ['cue/order', sheet('MODE1/2352', 'INDEX 01 00:00:02\n')],
    ['cue/order', sheet('MODE1/2352', 'TRACK 01 AUDIO\n')],
    ['cue/track-mode', sheet('MODE1/2336')],
    ['cue/track-mode', sheet('MODE1')],
    ['cue/track-mode', sheet('MODE1/9999')],
    ['cue/no-index', sheet().replace('INDEX 01', 'INDEX 00')],
    ['cue/line', sheet('MODE1/2352', 'FILE x\n')],
    ['cue/data-in-audio', sheet().replace('BINARY', 'WAVE')],
    ['cue/track-count', sheet('MODE1/2352', Array.from({ length: 99 }, (_, i) => `TRACK ${i + 2} AUDIO\n`).join(''))],
    ['cue/order', sheet('MODE1/2352', 'TRACK 02 AUDIO\n'.repeat(60_000))],
    ['cue/track-count', sheet('MODE1/2352', Array.from({ length: 300 }, (_, i) => `FILE "${i}" BINARY\n`).join(''))],
    ['cue/too-long', sheet('MODE1/2352', 'REM x\n'.repeat(200_000))],
    [
      'optical/address-range',
      `FILE "x.bin" BINARY\nTRACK 01 AUDIO\nINDEX 01 00:00:00\nTRACK 02 MODE1/2048\nINDEX 01 9999:00:00\nTRACK 03 MODE1/2048\nPREGAP 9999:00:00\nINDEX 01 9999:01:00\n`,
    ],
  ])('that is damaged or forged is refused: %s', async (code, text) => {
    const start = performance.now();
    await expect(openDisc({ 'x.cue': text, 'x.bin': bin })).rejects.toMatchObject({ code });
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it('with a million spaces, or no line ends, is read in no time', async () => {
    const start = performance.now();
    for (const junk of [
      `FILE ${' '.repeat(500_000)}a${' '.repeat(400_000)}b c\n`,
      `TITLE ${'"'.repeat(900_000)}\n`,
      `REM ${'a '.repeat(400_000)}`,
    ])
      await openDisc({ 'x.cue': sheet('MODE1/2352', junk), 'x.bin': bin }).then(
        (media) => media[Symbol.asyncDispose](),
        (error: unknown) => expect(error).toMatchObject({ code: expect.stringMatching(/^cue\//) }),
      );
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it('whose lines are not known says so and goes on', async () => {
    await using media = await openDisc({ 'x.cue': sheet('MODE1/2352', 'FROBNICATE\u0007 7\n'), 'x.bin': bin });
    expect(media.warnings).toMatchObject([{ code: 'cue/unknown-lines', facts: { lines: ['FROBNICATE\\x07 7'] } }]);
  });
});

describe('a sheet that is cut behind a FILE', () => {
  it('warns of the file that it has no track for', async () => {
    const text = sheet('MODE1/2352', 'FILE "y.bin" BINARY\n');
    await using media = await openDisc({ 'x.cue': text, 'x.bin': bin, 'y.bin': bin });
    expect(media.warnings).toMatchObject([{ code: 'cue/no-track-in-file', facts: { file: 'y.bin' } }]);
  });
});

describe('a cut file', () => {
  it('has lost the sector that it ends in', async () => {
    await using media = await openDisc({ 'x.cue': sheet(), 'x.bin': bin.subarray(0, -1000) });
    expect(codes(media)).toEqual(['optical/sectors-lost']);
    expect(await extentsIn(media)).toBe(`data 0+${count - 1} absent ${count - 1}+1`);
  });

  it('has lost those before a track that begins past its end', async () => {
    const text = sheet('MODE1/2352', `TRACK 02 AUDIO\nINDEX 01 ${time(count)}\n`);
    await using media = await openDisc({ 'x.cue': text, 'x.bin': bin.subarray(0, SECTOR * 100) });
    expect(codes(media)).toEqual(['optical/sectors-lost']);
    expect(await extentsIn(media)).toBe(`data 0+100 absent 100+${count - 100}`);
  });

  it('is told by the volume where the sheet can’t know', async () => {
    await using media = await openDisc({ 'x.cue': sheet(), 'x.bin': bin.subarray(0, SECTOR * 100) });
    expect(media.warnings).toMatchObject([
      { kind: 'truncated', code: 'optical/volume-cut', facts: { blocks: count, there: 100 } },
    ]);
  });

  it('with no sector left is refused', async () => {
    const text = `FILE "x.bin" BINARY\nTRACK 01 AUDIO\nINDEX 01 00:00:00\nTRACK 02 MODE1/2352\nINDEX 01 10:00:00\n`;
    await expect(openDisc({ 'x.cue': text, 'x.bin': audio })).rejects.toMatchObject({
      kind: 'truncated',
      code: 'optical/no-sectors',
    });
  });
});

describe('a sector', () => {
  const opened = (bytes: Buffer, mode = 'MODE1/2352') => openDisc({ 'x.cue': sheet(mode), 'x.bin': bytes });

  it.each([
    ['optical/edc', bin, 'MODE1/2352', 16 + 100, 0xff],
    ['optical/edc', bin, 'MODE1/2352', 2064, 0xff],
    ['optical/sync', bin, 'MODE1/2352', 5, 0],
    ['optical/sync', bin, 'MODE1/2352', 14, 0x7a],
    ['optical/address', bin, 'MODE1/2352', 12, 0x33],
    ['optical/mode', bin, 'MODE1/2352', 15, 2],
    ['optical/edc', mode2, 'MODE2/2352', 24 + 100, 0xff],
    ['optical/edc', fixture('cue/headless/headless.bin'), 'MODE2/2336', 8 + 100, 0xff],
    ['optical/edc', fixture('cue/sub/sub.bin'), 'MODE1/2448', 16 + 100, 0xff],
  ])('that is damaged is told with its 2048 bytes, and spoils no other: %s', async (code, bytes, mode, at, value) => {
    const stride = Number(mode.slice(6));
    await using media = await opened(changed(bytes, 50 * stride + at, value), mode);
    expect(media.warnings).toEqual([]);
    await expect(media.read(0, media.size)).rejects.toMatchObject({
      kind: 'corrupt',
      code,
      facts: { lba: 50, track: 1, mediumOffset: 50 * 2048, mediumLength: 2048 },
    });
    expect((await media.read(0, 50 * 2048)).equals(iso.subarray(0, 50 * 2048))).toBe(true);
    expect((await media.read(51 * 2048, media.size - 51 * 2048)).equals(iso.subarray(51 * 2048))).toBe(true);
  });

  it('of form 2 is absent, and counted', async () => {
    await using media = await openDisc({ 'f.cue': fixture('cue/form2/form2.cue'), 'form2.bin': fixture('cue/form2/form2.bin') });
    expect(media.warnings).toMatchObject([{ code: 'optical/form2', facts: { found: 10, seen: count } }]);
    expect(await extentsIn(media)).toBe(`data 0+300 absent 300+10 data 310+${count - 310}`);
  });

  it('of 2324 bytes is absent', async () => {
    const text = sheet('MODE1/2048', `TRACK 02 MODE2/2324\nINDEX 01 ${time(count)}\n`);
    await using media = await openDisc({ 'x.cue': text, 'x.bin': Buffer.concat([iso, Buffer.alloc(2324 * 3)]) });
    expect(await extentsIn(media)).toBe(`data 0+${count} absent ${count}+3`);
    expect(codes(media)).toEqual(['optical/form2']);
  });

  it('without a checksum is read, and that is told', async () => {
    const bare = Buffer.from(bin);
    for (let at = 0; at < bare.length; at += SECTOR) bare.fill(0, at + 2064, at + 2068);
    await using media = await opened(bare);
    expect(codes(media)).toEqual(['optical/no-edc']);
    expect((await media.read(0, media.size)).equals(iso)).toBe(true);
  });

  it('of another mode than the sheet says is believed', async () => {
    await using media = await opened(mode2, 'MODE1/2352');
    expect(codes(media)).toEqual(['optical/mode-differs']);
    expect((await media.read(0, media.size)).equals(iso)).toBe(true);
  });

  it('that is none of what the sheet says is refused', async () => {
    await expect(opened(iso)).rejects.toMatchObject({ code: 'optical/no-sync' });
  });
});
