/** DMK and JV3 of the TRS-80: CRCs, pointers and tables that lie. Reading is judged by test/conformance/media.test.ts. */
import { describe, expect, it } from 'vitest';
import { identify } from '#ingest/media';
import { bufferSource } from './buffer-source.ts';
import { absentSectors, changed, codes, fixture, open } from './floppy/fixture.ts';

const fm = fixture('dmk/fm-errors.dmk');
const TABLE = 16; // of the first track
const FIRST_ID = TABLE + (fm.readUInt16LE(TABLE) & 0x3fff);

describe('a DMK image', () => {
  it('tells bad and deleted sectors, IDs without data, and broken IDs', async () => {
    await using media = await open(fm);
    expect(media.facts).toMatchObject({
      cylinders: 40,
      heads: 1,
      sectorsPerTrack: 10,
      firstSector: 0,
      encoding: 'FM',
      writeProtected: 'yes',
      badSectorList: ['C20 H0: 7'],
      missingSectorList: ['C20 H0: 4', 'C21 H0: 1'],
      deletedSectors: 10,
    });
    expect(codes(media)).toEqual(['dmk/bad-ids', 'floppy/bad-sectors', 'floppy/missing-sectors']);
    expect(await absentSectors(media)).toEqual([
      [204, 1],
      [207, 1],
      [211, 1],
    ]);
  });

  it('checks the CRC of each sector', async () => {
    await using data = await open(changed(fm, [FIRST_ID + 100, [1, 1]]));
    expect(data.facts['badSectorList']).toEqual(['C0 H0: 0', 'C20 H0: 7']);
    await using id = await open(changed(fm, [FIRST_ID + 2, [9, 9]]));
    expect(id.facts['missingSectorList']).toEqual(['C0 H0: 0', 'C20 H0: 4', 'C21 H0: 1']);
  });

  it('survives pointers that point into the table and past the track', async () => {
    const lies = changed(fm, [TABLE + 0x1900, [1, 0]], [TABLE + 0x1900 + 2, [0xff, 0xff]], [TABLE + 0x1900 + 4, [0xff, 0x18]]);
    await using media = await open(lies);
    expect(media.warnings[0]).toMatchObject({ code: 'dmk/bad-ids', facts: { fieldCount: 4 } });
    expect(media.size).toBe(102_400);
  });

  it('is told only when the size of the file and its pointers fit', async () => {
    expect((await identify(bufferSource(fm))).id).toBe('dmk');
    expect((await identify(bufferSource(fm.subarray(0, -1)))).id).not.toBe('dmk');
    expect((await identify(bufferSource(changed(fm, [TABLE, [0x80, 0]])))).id).not.toBe('dmk');
    expect((await identify(bufferSource(Buffer.alloc(fm.length)))).id).not.toBe('dmk');
  });

  it('is read as far as it goes when it is cut, and refused as an entry for a real drive', async () => {
    await using media = await open(fm.subarray(0, 100_000), 'dmk');
    expect(codes(media)).toContain('dmk/cut');
    expect(media.facts['cylinders']).toBe(40);
    await expect(open(changed(fm, [12, [0x78, 0x56, 0x34, 0x12]]), 'dmk')).rejects.toMatchObject({ code: 'dmk/header' });
  });
});

describe('a JV3 image', () => {
  const plain = fixture('jv3/pc180.jv3');

  it('tells bad and deleted sectors, and those that are not there', async () => {
    await using media = await open(fixture('jv3/errors.jv3'));
    expect(media.facts).toMatchObject({
      badSectorList: ['C20 H0: 3'],
      deletedSectorList: ['C20 H0: 5'],
      missingSectorList: ['C21 H0: 7'],
    });
  });

  it('is told only when its table makes the file', async () => {
    expect((await identify(bufferSource(plain))).id).toBe('jv3');
    expect((await identify(bufferSource(plain.subarray(0, -1)))).id).toBe('raw');
    expect((await identify(bufferSource(Buffer.alloc(plain.length)))).id).toBe('raw');
  });

  it('has what lies before a cut, and refuses cylinders that no floppy has', async () => {
    await using media = await open(plain.subarray(0, 100_000), 'jv3');
    expect(codes(media)).toContain('floppy/cut');
    await expect(open(changed(plain, [0, [200]]), 'jv3')).rejects.toMatchObject({ code: 'jv3/cylinder' });
  });
});
