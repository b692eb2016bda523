/** SCP: what disks of all kinds become, what is told of damage, and what is refused. */
import { describe, expect, it } from 'vitest';
import { type Media, openMedia } from '#ingest/media';
import { bufferSource } from './buffer-source.ts';
import { absent, codes, fixture } from './flux/fixture.ts';
import { type WrittenSector, dataOf, fluxOf, mfmTrack, noise, scp, sectorsOf } from './flux/disk.ts';

const open = (bytes: Buffer): Promise<Media> => openMedia(bufferSource(bytes), undefined, 'scp');
const written = (sectors: readonly WrittenSector[], count?: number): number[] => fluxOf(mfmTrack(sectors, count));

/** One side of two cylinders, the second of which has these sectors. */
function disk(second: readonly WrittenSector[], first = sectorsOf(0, 0)): Buffer {
  return scp(
    new Map([
      [0, [written(first)]],
      [2, [written(second)]],
    ]),
  );
}
const second = (change: (sector: WrittenSector) => WrittenSector): WrittenSector[] =>
  sectorsOf(1, 0).map((sector) => (sector.record === 4 ? change(sector) : sector));

describe('the facts', () => {
  it('say what captured it, and when', async () => {
    await using media = await open(fixture('scp/pc-three-revolutions.scp'));
    expect(media.facts).toMatchObject({
      captureTool: 'recipe',
      captureToolVersion: '1.2',
      hardware: 'Strongroom Test drive',
      examiner: 'A. Archivist',
      capturedAt: '2015-01-01T11:04:05Z',
      diskType: 'PC 720K',
      revolutions: 3,
      rotationTimeMs: 200,
      rpm: 300,
      tracks: 4,
      cylinders: 2,
      heads: 2,
      encoding: ['IBM MFM, 9 × 512 bytes: 4 tracks'],
      goodSectors: 36,
      badCrcSectors: 0,
      missingSectors: 0,
    });
    expect(media.warnings).toEqual([]);
  });

  it('list what could not be read, track by track', async () => {
    await using media = await open(fixture('scp/pc-damaged.scp'));
    expect(media.facts).toMatchObject({
      goodSectors: 26,
      badCrcSectors: 1,
      missingSectors: 9,
      incompleteTracks: ['1.0: 8 of 9 good, bad checksum 9', '1.1: 0 of 9 good, not found 1 2 3 4 5 6 7 8 9'],
      protectedOrUnknownTracks: ['1.1'],
    });
    expect(codes(media)).toEqual(['scp/sectors-unread']);
    expect(await absent(media)).toEqual([{ offset: 26 * 512, length: 10 * 512, kind: 'absent' }]);
  });

  it.each([
    ['pc-360k-double-step', { doubleStep: 'yes: every second cylinder of the drive', cylinders: 3, heads: 2 }],
    ['amiga', { encoding: ['Amiga MFM, 11 × 512 bytes: 2 tracks'] }],
    ['acorn-fm', { encoding: ['IBM FM, 10 × 256 bytes: 3 tracks'], heads: 1 }],
    ['apple2', { encoding: ['Apple II GCR (6-and-2), 16 × 256 bytes: 2 tracks'], sectorOrder: 'DOS 3.3' }],
    ['mac-800k', { encoding: ['Macintosh GCR, 12 × 512 bytes: 2 tracks'] }],
    ['pc-1440k', { encoding: ['IBM MFM, 18 × 512 bytes: 2 tracks'] }],
  ])('tell the kind of disk: %s', async (name, facts) => {
    await using media = await open(fixture(`scp/${name}.scp`));
    expect(media.facts).toMatchObject({ ...facts, badCrcSectors: 0, missingSectors: 0 });
  });
});

describe('a sector', () => {
  it.each([
    ['with a bad checksum', 'data', '1.0: 8 of 9 good, bad checksum 4'],
    ['without its data', 'no data', '1.0: 8 of 9 good, bad checksum 4'],
    ['without its header', 'header', '1.0: 8 of 9 good, not found 4'],
  ] as const)('%s is absent', async (_what, damage, line) => {
    await using media = await open(disk(second((sector) => ({ ...sector, damage }))));
    expect(media.facts['incompleteTracks']).toEqual([line]);
    expect(await absent(media)).toEqual([{ offset: 12 * 512, length: 512, kind: 'absent' }]);
    expect((await media.read(12 * 512, 512)).every((byte) => byte === 0)).toBe(true);
    expect(await media.read(13 * 512, 512)).toEqual(dataOf(1, 0, 5));
  });

  it('marked as deleted is read and counted', async () => {
    await using media = await open(disk(second((sector) => ({ ...sector, mark: 0xf8 }))));
    expect(media.facts).toMatchObject({ deletedSectors: 1, goodSectors: 18 });
    expect(await media.read(12 * 512, 512)).toEqual(dataOf(1, 0, 4));
  });

  it('beyond those of the other tracks, or of another cylinder, is counted and left out', async () => {
    const others = [2, 3, 4, 5].map((cylinder): [number, number[][]] => [cylinder * 2, [written(sectorsOf(cylinder, 0))]]);
    const strange = [...sectorsOf(1, 0), ...sectorsOf(1, 0, 10).slice(9), ...sectorsOf(70, 0, 1)];
    const tracks = new Map([[0, [written(sectorsOf(0, 0))]], [2, [written(strange)]], ...others]);
    await using media = await open(scp(tracks));
    expect(media.facts).toMatchObject({ extraSectors: 2, sectorsPerTrack: 9, goodSectors: 54 });
    expect(await media.read(9 * 512, 512)).toEqual(dataOf(1, 0, 1));
  });

  it('that reads well and differently from revolution to revolution is told', async () => {
    const change = (data: Buffer): number[] => written(second((sector) => ({ ...sector, data })));
    const bad = (turn: number[]): number[] => turn.map((ns, i) => (i > 10_000 && i < 10_040 ? 5000 : ns));
    const turns = [bad(change(Buffer.alloc(512, 1))), bad(change(Buffer.alloc(512, 2)))];
    await using media = await open(
      scp(
        new Map([
          [0, [written(sectorsOf(0, 0)), written(sectorsOf(0, 0))]],
          [2, turns],
        ]),
      ),
    );
    expect(media.facts).toMatchObject({ conflictingTracks: ['1.0'], badCrcSectors: 1 });
  });
});

describe('the disk', () => {
  it('has the sides, the sizes and the first track that are on it', async () => {
    const tracks = [1, 3, 5].map((number): [number, number[][]] => [number, [written(sectorsOf(number >> 1, 1, 5, 1024))]]);
    await using media = await open(scp(new Map(tracks)));
    expect(media.facts).toMatchObject({ heads: 1, cylinders: 3, encoding: ['IBM MFM, 5 × 1024 bytes: 3 tracks'] });
    expect(media.size).toBe(3 * 5 * 1024);
    expect(media.sectorSize).toBe(1024);
  });

  it('may have another kind of track at its beginning', async () => {
    const rest = [1, 2, 3].map((cylinder): [number, number[][]] => [cylinder * 2, [written(sectorsOf(cylinder, 0, 5, 1024))]]);
    await using media = await open(scp(new Map([[0, [written(sectorsOf(0, 0, 16, 256))]], ...rest])));
    expect(media.facts['encoding']).toEqual(['IBM MFM, 16 × 256 bytes: 1 track', 'IBM MFM, 5 × 1024 bytes: 3 tracks']);
    expect(await media.read(16 * 256, 1024)).toEqual(dataOf(1, 0, 1, 1024));
  });

  it('of one side may be numbered without gaps', async () => {
    const tracks = [0, 1, 2].map((cylinder): [number, number[][]] => [cylinder, [written(sectorsOf(cylinder, 0))]]);
    await using media = await open(scp(new Map(tracks), { heads: 1 }));
    expect(media.facts).toMatchObject({ heads: 1, cylinders: 3, goodSectors: 27 });
  });

  it('has the cylinders that drives have, when only its last are lost', async () => {
    const tracks = Array.from({ length: 40 }, (_, c): [number, number[][]] => [
      2 * c,
      [c < 38 ? written(sectorsOf(c, 0, 1), 8000) : noise(3000)],
    ]);
    await using media = await open(scp(new Map(tracks)));
    expect(media.facts).toMatchObject({
      cylinders: 40,
      goodSectors: 38,
      missingSectors: 2,
      protectedOrUnknownTracks: ['38.0', '39.0'],
    });
  });
});

describe('is refused or warned of', () => {
  it('flux without any sector: it is kept, and what is known is told', async () => {
    const bytes = scp(new Map([0, 1, 2].map((track) => [track, [noise(), noise()]])));
    await expect(open(bytes)).rejects.toMatchObject({
      kind: 'unsupported',
      code: 'scp/no-sectors',
      message: expect.stringMatching(/none of the 3 tracks gives a sector.*unformatted, protected.*flux is kept/),
      facts: { trackCount: 3, revolutions: 2, diskType: 'PC 720K', protectedOrUnknownTracks: ['0.0', '0.1', '1.0'] },
    });
  });

  it.each([
    ['no tracks', scp(new Map()), 'scp/no-sectors'],
    ['no revolutions', change(5, 0), 'scp/revolutions'],
    ['too many revolutions', change(5, 200), 'scp/revolutions'],
    ['flux times of 8 bits', change(9, 8), 'scp/cell-width'],
    ['another mark', change(0, 0x58), 'scp/signature'],
    ['nothing but its mark', Buffer.from('SCP'), 'layout/short'],
    ['nothing after its header', disk([]).subarray(0, 16), 'scp/no-sectors'],
  ])('%s', async (_what, bytes, code) => {
    await expect(open(bytes)).rejects.toMatchObject({ code });
  });

  it('a wrong checksum, where there is one', async () => {
    const bytes = change(20_000, 0x55);
    await using media = await open(bytes);
    expect(codes(media)).toContain('scp/checksum');
    bytes.writeUInt32LE(0, 12);
    await using unsummed = await open(bytes);
    expect(codes(unsummed)).not.toContain('scp/checksum');
  });

  it.each([
    ['a track past the end', 16 + 8, 0x7fffffff, 'scp/track-outside'],
    ['a track that is none', 16 + 8, 700, 'scp/track-header'],
    ['flux past the end', 688 + 12, 0x7fffffff, 'scp/flux-outside'],
    ['more flux than any floppy has', 688 + 8, 0x7fffffff, 'scp/flux-count'],
  ])('%s spoils its track only', async (_what, at, value, code) => {
    const bytes = disk(sectorsOf(1, 0));
    bytes.writeUInt32LE(value, at);
    await using media = await open(bytes);
    expect(codes(media)).toEqual(['scp/checksum', code, 'scp/sectors-unread']);
    expect(media.facts['goodSectors']).toBe(9);
  });

  it('tracks that all are the same flux, over and over: it costs what the file may cost', async () => {
    const bytes = scp(new Map([[0, Array.from({ length: 16 }, () => noise(1000))]]));
    const head = bytes.readUInt32LE(16);
    for (let i = 0; i < 16; i++) bytes.writeUInt32LE(Math.floor((bytes.length - head - 300) / 2), head + 8 + 12 * i);
    for (let track = 0; track < 168; track++) bytes.writeUInt32LE(head, 16 + track * 4);
    const start = performance.now();
    await expect(open(bytes)).rejects.toMatchObject({ code: 'scp/no-sectors' });
    expect(performance.now() - start).toBeLessThan(5000);
  });
});

function change(at: number, value: number): Buffer {
  const bytes = disk(sectorsOf(1, 0));
  bytes[at] = value;
  return bytes;
}
