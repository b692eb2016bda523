/** Commodore images: error codes, labels, sizes. Reading is judged by test/conformance/media.test.ts. */
import { describe, expect, it } from 'vitest';
import { identify } from '#ingest/media';
import { bufferSource } from './buffer-source.ts';
import { absentSectors, codes, fixture, open } from './floppy/fixture.ts';

describe('a D64 image', () => {
  it('tells the name of the disk, and what the drive could not read', async () => {
    await using media = await open(fixture('d64/errors.d64'));
    expect(media.size).toBe(174_848);
    expect(media.facts).toMatchObject({
      cylinders: 35,
      heads: 1,
      label: 'BRIEFE 1987',
      diskId: 'SR',
      badSectors: 19,
      badSectorList: ['track 18: 5–6', 'track 35: 0–16'],
      badSectorReasons: ['data checksum: 2', 'no sync mark: 17'],
    });
    expect(codes(media)).toEqual(['floppy/commodore-errors']);
    expect(await absentSectors(media)).toEqual([
      [362, 2],
      [666, 17],
    ]);
  });

  it('is told by its size alone when the disk has no name', async () => {
    expect(await identify(bufferSource(Buffer.alloc(174_848)))).toMatchObject({ id: 'd64', basis: 'size' });
    expect(await identify(bufferSource(fixture('d64/tracks-35.d64')))).toMatchObject({ id: 'd64', basis: 'signature' });
    await using media = await open(Buffer.concat([Buffer.alloc(174_848), Buffer.alloc(683, 1)]));
    expect(media).toMatchObject({ format: 'd64', size: 174_848, warnings: [] });
    expect(media.facts['label']).toBeUndefined();
  });

  it('is not any file of its size: what stands for error codes must be such', async () => {
    const noise = Buffer.from(Array.from({ length: 196_608 + 768 }, (_, index) => (index * 167 + (index >> 8)) & 0xff));
    for (const size of [175_531, 197_376]) {
      expect((await identify(bufferSource(noise.subarray(0, size)))).id).toBe('raw');
      for (const fill of [0, 1, 10]) expect((await identify(bufferSource(Buffer.alloc(size, fill)))).id).not.toBe('d64');
    }
  });

  it('is refused at another size', async () => {
    await expect(open(Buffer.alloc(170_000), 'd64')).rejects.toMatchObject({ code: 'floppy/commodore-size' });
  });

  it('is all absent when nothing was read', async () => {
    await using media = await open(Buffer.concat([Buffer.alloc(174_848), Buffer.alloc(683, 3)]));
    expect(await absentSectors(media)).toEqual([[0, 683]]);
    expect(media.facts['badSectors']).toBe(683);
  });
});

describe('a D81 image', () => {
  it('is told by its structure, and left to others of its size without it', async () => {
    expect((await identify(bufferSource(fixture('d81/plain.d81')))).id).toBe('d81');
    expect((await identify(bufferSource(Buffer.alloc(819_200)))).id).toBe('floppy');
    expect((await identify(bufferSource(Buffer.alloc(822_400)))).id).toBe('raw');
  });
});

describe('a D71 image', () => {
  it('counts the tracks of the second side on', async () => {
    await using media = await open(fixture('d71/errors.d71'));
    expect(media.facts).toMatchObject({ cylinders: 35, heads: 2, badSectorList: ['track 70: 16'] });
    expect(await absentSectors(media)).toEqual([[1365, 1]]);
  });
});
