/** The frame of all containers of sectors: where each sector lies on the medium, and what is told of those that are not well. */
import { describe, expect, it } from 'vitest';
import { sectorMedia } from '#built/ingest/media/floppy/sector-media';
import type { Sector, Track } from '#built/ingest/media/floppy/sectors';
import { absentSectors, codes } from './fixture.ts';

const good = (id: number, size = 128, byte = id): Sector => ({ id, size, bytes: Buffer.alloc(size, byte) });
const track = (cylinder: number, sectors: readonly Sector[], head = 0): Track => ({ cylinder, head, encoding: 'MFM', sectors });
const three = (cylinder: number, head = 0): Track => track(cylinder, [good(3), good(1), good(2)], head);
const firstBytes = async (tracks: readonly Track[], at: readonly number[]): Promise<(number | undefined)[]> => {
  await using media = sectorMedia({ format: 'test', tracks });
  const bytes = await media.read(0, media.size);
  return at.map((offset) => bytes[offset]);
};

describe('the medium of sectors', () => {
  it('has them by cylinder, head and number, whatever their order in the container', async () => {
    const side = track(0, [good(1, 128, 11), good(2, 128, 12), good(3, 128, 13)], 1);
    const bytes = await firstBytes([three(1), side, three(0), three(1, 1)], [0, 128, 256, 384, 512, 640, 768]);
    expect(bytes).toEqual([1, 2, 3, 11, 12, 13, 1]);
  });

  it('keeps the place of a sector and of a track that are not there', async () => {
    const tracks = [three(0), track(1, [good(1), good(3)]), three(3)];
    await using media = sectorMedia({ format: 'test', tracks, cylinderCount: 5 });
    expect(media.size).toBe(5 * 3 * 128);
    expect(await absentSectors(media)).toEqual([
      [4, 1],
      [6, 3],
      [12, 3],
    ]);
    expect(media.facts).toMatchObject({ cylinders: 5, heads: 1, sectorsPerTrack: 3, bytesPerSector: 128, missingSectors: 7 });
    expect(media.facts['missingSectorList']).toEqual(['C1 H0: 2', 'C2 H0: 1–3', 'C4 H0: 1–3']);
    expect(codes(media)).toEqual(['floppy/missing-sectors']);
  });

  it('tells bad, deleted and weak sectors; the bad are absent and keep their bytes', async () => {
    const sectors = [good(1), { ...good(2), isBad: true, copyCount: 3 }, { ...good(3), isDeleted: true }];
    await using media = sectorMedia({ format: 'test', tracks: [three(0), track(1, sectors)] });
    expect(await absentSectors(media)).toEqual([[4, 1]]);
    expect((await media.read(4 * 128, 1))[0]).toBe(2);
    expect(media.facts).toMatchObject({ badSectors: 1, deletedSectors: 1, weakSectors: 1 });
    expect(codes(media)).toEqual(['floppy/bad-sectors']);
  });

  it('keeps a first track of other sectors with its true length, and says so', async () => {
    const fm = track(0, [good(1, 128), good(2, 128)]);
    const mfm = [1, 2, 3].map((cylinder) => track(cylinder, [good(1, 256), good(2, 256)]));
    await using media = sectorMedia({ format: 'test', tracks: [fm, ...mfm] });
    expect(media.size).toBe(2 * 128 + 3 * 512);
    expect(media.sectorSize).toBe(256);
    expect(media.facts).toMatchObject({ sectorSizes: '128, 256', irregularTracks: 1 });
    expect(codes(media)).toEqual(['floppy/irregular-tracks']);
  });

  it('takes the best of several sectors of one number', async () => {
    const bad = { ...good(2, 128, 99), isBad: true };
    const bytes = await firstBytes([three(0), track(1, [good(1), bad, { id: 2, size: 128 }, good(2), good(3)])], [4 * 128]);
    expect(bytes).toEqual([2]);
    await using media = sectorMedia({ format: 'test', tracks: [three(0), track(1, [good(1), bad, good(2), good(3)])] });
    expect(codes(media)).toEqual(['floppy/sectors-twice']);
    expect(await absentSectors(media)).toEqual([]);
  });

  it('leaves out a side on which nothing was recorded', async () => {
    await using media = sectorMedia({ format: 'test', tracks: [three(0), track(0, [], 1), three(1), track(1, [], 1)] });
    expect(media.facts).toMatchObject({ heads: 1, cylinders: 2 });
    expect(media.size).toBe(2 * 3 * 128);
  });

  it('is refused when there is no sector, or more than a floppy can hold', () => {
    expect(() => sectorMedia({ format: 'test', tracks: [track(0, [])] })).toThrow(/no sector at all/);
    expect(() => sectorMedia({ format: 'test', tracks: [track(0, [{ id: 1, size: 0 }])] })).toThrow(/no sector at all/);
    const huge = track(255, [{ id: 1, size: 32_768 }, ...Array.from({ length: 20 }, (_, id) => ({ id, size: 32_768 }))]);
    expect(() => sectorMedia({ format: 'test', tracks: [huge] })).toThrow(/more than 33554432 bytes/);
  });
});
