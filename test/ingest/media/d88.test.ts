/** D88 and DIM of Japanese computers: states of sectors, tables that lie. Reading is judged by test/conformance/media.test.ts. */
import { describe, expect, it } from 'vitest';
import { absentSectors, changed, codes, fixture, open } from './floppy/fixture.ts';

const plain = fixture('d88/plain.d88');
const offset = (n: number): number[] => [n & 255, (n >> 8) & 255, (n >> 16) & 255, n >>> 24];

describe('a D88 image', () => {
  it('tells its label, and bad, deleted and missing sectors', async () => {
    await using media = await open(fixture('d88/errors.d88'));
    expect(media.facts).toMatchObject({
      label: 'ゲーム',
      subformat: '2DD',
      writeProtected: 'yes',
      badSectorList: ['C20 H0: 3'],
      deletedSectorList: ['C20 H0: 5'],
      missingSectorList: ['C20 H1: 7', 'C25 H0: 1–9'],
    });
    expect(await absentSectors(media)).toEqual([
      [362, 1],
      [375, 1],
      [450, 9],
    ]);
  });

  it.each([
    ['d88/track-offset', 'begins in the header', [0x24, offset(100)], [9, 9]],
    ['d88/sector-count', 'has more sectors than a track can have', [0x2b0 + 4, [0, 1]], [0, 9]],
  ] as const)('tells %s of a track that %s, and has the others', async (code, _what, piece, absent) => {
    await using media = await open(changed(plain, piece));
    expect(codes(media)).toEqual([code, 'floppy/missing-sectors']);
    expect(await absentSectors(media)).toEqual([absent]);
  });

  it('says that a track lies past the end, and has the others', async () => {
    await using media = await open(changed(plain, [0x24, offset(0x7fff_ffff)]));
    expect(codes(media)).toContain('floppy/cut');
    expect(await absentSectors(media)).toEqual([[9, 9]]);
  });

  it('survives tracks that all lie at one place, and sectors without data', async () => {
    const table = Array.from({ length: 164 }, () => offset(0x2b0)).flat();
    await using same = await open(changed(plain, [0x20, table]));
    expect(same.facts['sectorsPerTrack']).toBe(9);
    await using none = await open(changed(plain, [0x2b0 + 14, [0, 0]]));
    expect(none.size).toBeGreaterThan(0);
  });

  it('of several disks says how many there are, and reads the first', async () => {
    await using alone = await open(plain);
    await using media = await open(Buffer.concat([plain, fixture('d88/errors.d88'), plain]));
    expect(media.facts).toMatchObject({ disks: 3, diskLabels: expect.arrayContaining(['ゲーム']) });
    expect(media.warnings).toMatchObject([{ kind: 'unsupported', code: 'd88/more-disks', facts: { disks: 3 } }]);
    expect((await media.read(0, media.size)).equals(await alone.read(0, alone.size))).toBe(true);
    expect(alone.facts).not.toHaveProperty('disks');
  });

  it('with a second disk that is cut counts it all the same', async () => {
    await using media = await open(Buffer.concat([plain, plain.subarray(0, 5000)]));
    expect(media.facts).toMatchObject({ disks: 2 });
  });

  it('says that its size is not what its header says', async () => {
    await using longer = await open(Buffer.concat([plain, Buffer.alloc(9000, 0xe5)]), 'd88');
    expect(longer.warnings[0]).toMatchObject({ kind: 'unsupported', code: 'd88/size' });
    await using cut = await open(plain.subarray(0, 300_000), 'd88');
    expect(cut.warnings[0]).toMatchObject({ kind: 'truncated', code: 'd88/size' });
    await expect(open(changed(plain, [0x1b, [0x77]]), 'd88')).rejects.toMatchObject({ code: 'd88/kind' });
  });
});

describe('a DIM image', () => {
  it('keeps the places of the tracks that are not stored', async () => {
    await using media = await open(fixture('dim/part.dim'));
    expect(media.facts).toMatchObject({ subformat: '2HD', cylinders: 77, notes: ['ゲーム 1990'], missingSectors: 48 });
    expect(await absentSectors(media)).toEqual([
      [24, 8],
      [800, 8],
      [1200, 32],
    ]);
  });

  it('says that it is cut, and refuses an unknown kind', async () => {
    const whole = fixture('dim/whole.dim');
    await using media = await open(whole.subarray(0, 500_000));
    expect(codes(media)).toContain('dim/cut');
    await expect(open(changed(whole, [0, [77]]))).rejects.toMatchObject({ kind: 'unsupported', code: 'dim/kind' });
  });
});
