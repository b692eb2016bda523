/** Magic Shadow Archiver: partial images, runs that lie, cuts. Reading is judged by test/conformance/media.test.ts. */
import { describe, expect, it } from 'vitest';
import { absentSectors, changed, codes, fixture, open } from './floppy/fixture.ts';

const plain = fixture('msa/double.msa');

describe('an MSA image', () => {
  it('keeps the place of the cylinders that it does not hold', async () => {
    await using media = await open(fixture('msa/part.msa'));
    expect(media.facts).toMatchObject({ cylinders: 80, heads: 2, sectorsPerTrack: 9, firstCylinder: 70 });
    expect(await absentSectors(media)).toEqual([[0, 70 * 18]]);
  });

  it('has the tracks before a cut, and the places of the others', async () => {
    await using media = await open(plain.subarray(0, 10_000));
    expect(media.size).toBe(737_280);
    expect(codes(media)).toEqual(['floppy/cut', 'floppy/missing-sectors']);
    const absent = await absentSectors(media);
    const first = absent[0]?.[0] ?? 0;
    const count = absent[0]?.[1] ?? 0;
    expect(first).toBeGreaterThan(0);
    expect(first + count).toBe(1440);
    expect((await media.read(0, 512)).readUInt16LE(11)).toBe(512);
  });

  it('tells a track as missing when its runs go past its end, or are too short', async () => {
    const track = (bytes: readonly number[]): Buffer =>
      Buffer.concat([Buffer.from([0x0e, 0x0f, 0, 9, 0, 0, 0, 0, 0, 0, 0, bytes.length]), Buffer.from(bytes)]);
    await using media = await open(track([0xe5, 0x41, 0x12, 0x00]));
    expect((await media.read(4607, 1))[0]).toBe(0x41);
    for (const bytes of [
      [0xe5, 0x41, 0x12, 0x01],
      [0xe5, 0x41, 0x11, 0xff],
      [0xe5, 0x41],
      [0xe5, 0x41, 0xff, 0xff],
      [1, 2],
    ]) {
      await using damaged = await open(track(bytes));
      expect(codes(damaged)).toEqual(['msa/track', 'floppy/missing-sectors']);
      expect(await absentSectors(damaged)).toEqual([[0, 9]]);
    }
  });

  it('is refused with a geometry that no disk has', async () => {
    for (const piece of [
      [2, [0, 0]],
      [2, [1, 0]],
      [4, [0, 2]],
      [6, [0, 81]],
      [8, [1, 0]],
    ] as const)
      await expect(open(changed(plain, piece), 'msa')).rejects.toMatchObject({ code: 'msa/header' });
  });
});
