/** CPC disk images: states of sectors, tables that lie. Reading is judged by test/conformance/media.test.ts. */
import { describe, expect, it } from 'vitest';
import { absentSectors, changed, codes, fixture, open } from './floppy/fixture.ts';

const extended = fixture('edsk/pc180.edsk');
const FIRST_TRACK = 256;
const FIRST_ENTRY = FIRST_TRACK + 0x18;

describe('an extended CPC disk image', () => {
  it('tells bad, deleted, weak and missing sectors, and unformatted tracks', async () => {
    await using errors = await open(fixture('edsk/errors.edsk'));
    expect(errors.facts).toMatchObject({
      badSectorList: ['C20 H0: 3', 'C22 H0: 1', 'C23 H0: 2'],
      deletedSectorList: ['C20 H0: 5'],
    });
    await using weak = await open(fixture('edsk/weak.edsk'));
    expect(weak.facts).toMatchObject({ weakSectors: 1, weakSectorList: ['C21 H0: 7'] });
    await using missing = await open(fixture('edsk/missing.edsk'));
    expect(missing.facts).toMatchObject({ missingSectorList: ['C30 H0: 4', 'C31 H0: 1–9'] });
    expect(await absentSectors(missing)).toEqual([
      [273, 1],
      [279, 9],
    ]);
  });

  it('says that a track block is not where the table says, and goes on', async () => {
    await using media = await open(changed(extended, [FIRST_TRACK, [0]]));
    expect(codes(media)).toEqual(['floppy/cpc-track-block', 'floppy/missing-sectors']);
    expect(await absentSectors(media)).toEqual([[0, 9]]);
  });

  it('has what lies before a cut', async () => {
    await using media = await open(extended.subarray(0, 100_000));
    expect(media.size).toBe(184_320);
    expect(codes(media)).toContain('floppy/cpc-cut');
    expect((await absentSectors(media)).at(-1)?.[0]).toBeLessThan(200);
  });

  it('takes a sector with a size code out of reach by its stored length', async () => {
    await using media = await open(changed(extended, [FIRST_ENTRY + 3, [255]]));
    expect(media.size).toBe(184_320);
  });

  it.each([
    ['no tracks', [0x30, [0]]],
    ['three sides', [0x31, [3]]],
    ['more tracks than its table holds', [0x30, [255]]],
  ] as const)('is refused with %s', async (_what, piece) => {
    const twoSided = changed(extended, [0x31, [1]]);
    await expect(open(changed(twoSided, piece))).rejects.toMatchObject({ code: 'floppy/cpc-disk-block' });
  });

  it('is refused when no track is stored, or the table of tracks points nowhere', async () => {
    await expect(open(changed(extended, [0x34, Array<number>(204).fill(0)]))).rejects.toMatchObject({
      code: 'floppy/no-sectors',
    });
    await expect(open(extended.subarray(0, 256))).rejects.toMatchObject({ code: 'floppy/cpc-cut' });
    await expect(open(extended.subarray(0, 200), 'edsk')).rejects.toMatchObject({ code: 'layout/short' });
  });

  it('is refused when it is larger than any floppy', async () => {
    const huge = Buffer.concat([extended, Buffer.alloc(17 * 1024 * 1024)]);
    await expect(open(huge)).rejects.toMatchObject({ code: 'floppy/too-large' });
  });
});

describe('a standard CPC disk image', () => {
  it('tells a CPC format by its sector numbers', async () => {
    await using media = await open(fixture('dsk/cpc.dsk'));
    expect(media.facts).toMatchObject({ firstSector: 0xc1, sectorsPerTrack: 9, creator: 'LIBDSK 1.5.9' });
  });

  it('tells bad and deleted sectors', async () => {
    await using media = await open(fixture('dsk/errors.dsk'));
    expect(media.facts).toMatchObject({ badSectorList: ['C20 H0: 3'], deletedSectorList: ['C20 H0: 5'] });
  });

  it('is refused when its tracks have no size', async () => {
    const plain = fixture('dsk/pc180.dsk');
    await expect(open(changed(plain, [0x32, [0, 0]]))).rejects.toMatchObject({ code: 'floppy/cpc-disk-block' });
  });
});
