/** ImageDisk: its maps and states, and what is refused. Reading is judged by test/conformance/media.test.ts. */
import { describe, expect, it } from 'vitest';
import { absentSectors, codes, fixture, open } from './floppy/fixture.ts';

const HEADER = 'IMD 1.18: 01/02/2003  4:05:06\r\nBriefe\r\nzweite Zeile\x1a';
const image = (...bytes: readonly number[]): Buffer => Buffer.concat([Buffer.from(HEADER, 'latin1'), Buffer.from(bytes)]);

describe('an ImageDisk image', () => {
  it('tells its date, its comment and how it was recorded', async () => {
    await using media = await open(image(2, 0, 0, 2, 0, 2, 1, 2, 0xaa, 2, 0xbb));
    expect(media.facts).toMatchObject({
      tool: 'ImageDisk 1.18',
      createdAt: '2003-02-01T04:05:06',
      notes: ['Briefe', 'zweite Zeile'],
      encoding: 'FM',
      dataRate: 'FM 250k',
    });
    const bytes = await media.read(0, 256);
    expect([bytes[0], bytes[128]]).toEqual([0xbb, 0xaa]);
  });

  it('tells bad, deleted and missing sectors', async () => {
    await using media = await open(fixture('imd/errors.imd'));
    expect(media.facts).toMatchObject({
      badSectorList: ['C20 H0: 3, 6'],
      deletedSectorList: ['C20 H0: 5–6'],
      missingSectorList: ['C22 H0: 4'],
    });
    expect(await absentSectors(media)).toEqual([
      [182, 1],
      [185, 1],
      [201, 1],
    ]);
  });

  it('has sectors of other sizes with their true length', async () => {
    const mixed = image(5, 0, 0, 2, 0xff, 1, 2, 128, 0, 0, 1, 2, 0xaa, 2, 0xbb);
    await using media = await open(mixed);
    expect(media.size).toBe(384);
    expect(media.facts['sectorSizes']).toBe('128, 256');
  });

  it('has what lies before a cut, and says where it ends', async () => {
    await using media = await open(image(5, 0, 0, 3, 0, 1, 2, 3, 2, 0xaa, 1, 1, 2));
    expect((await media.read(0, 1))[0]).toBe(0xaa);
    expect(codes(media)).toEqual(['floppy/cut']);
    await expect(open(Buffer.from('IMD 1.18: 01/02/2003 04:05:06\r\n'))).rejects.toMatchObject({ code: 'imd/comment' });
  });

  it('has what lies before damage, and says where it is', async () => {
    await using media = await open(image(5, 0, 0, 1, 0, 1, 2, 0xaa, 99, 1, 0, 1, 0, 1, 2, 0xbb));
    expect(media.size).toBe(128);
    expect(codes(media)).toEqual(['imd/track-header']);
  });

  it.each([
    ['a mode that does not exist', [9, 0, 0, 1, 0, 1, 2, 0], 'imd/track-header'],
    ['a third head', [5, 0, 2, 1, 0, 1, 2, 0], 'imd/track-header'],
    ['a size code that does not exist', [5, 0, 0, 1, 7, 1, 2, 0], 'imd/track-header'],
    ['a record of an unknown type', [5, 0, 0, 1, 0, 1, 9, 0], 'imd/record'],
    ['no sector at all', [5, 0, 0, 0, 0], 'floppy/no-sectors'],
    ['no track at all', [], 'floppy/no-sectors'],
    ['sectors of no bytes', [5, 0, 0, 1, 0xff, 1, 0, 0, 2, 0], 'floppy/no-sectors'],
  ])('is refused with %s', async (_what, bytes, code) => {
    await expect(open(image(...bytes))).rejects.toMatchObject({ code });
  });

  it('makes no more than a floppy holds of many small records, and no more tracks', async () => {
    const sizes = Array.from({ length: 255 }, () => [0xff, 0xff]).flat();
    const records = Array.from({ length: 255 }, () => [2, 0xe5]).flat();
    const track = [5, 0, 0, 255, 0xff, ...Array.from({ length: 255 }, (_, id) => id), ...sizes, ...records];
    await expect(open(image(...track, ...track, ...track))).rejects.toMatchObject({ code: 'floppy/too-many' });
    const tracks = Array.from({ length: 600 }, () => [5, 0, 0, 1, 0, 1, 0]).flat();
    await expect(open(image(...tracks))).rejects.toMatchObject({ code: 'floppy/too-many-tracks' });
  });
});
