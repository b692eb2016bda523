/** Teledisk: its CRCs, its flags, and what is refused. Reading is judged by test/conformance/media.test.ts. */
import { describe, expect, it } from 'vitest';
import { crcTeledisk } from '#built/ingest/media/floppy/crc16';
import { absentSectors, changed, codes, fixture, open } from './floppy/fixture.ts';

const plain = fixture('td0/pc180.td0');
const COMMENT_AT = 12;
const FIRST_TRACK = COMMENT_AT + 10 + plain.readUInt16LE(COMMENT_AT + 2);
const FIRST_SECTOR = FIRST_TRACK + 4;

/** The header changed, with its CRC made right again. */
function withHeader(bytes: Buffer, ...pieces: Parameters<typeof changed> extends [Buffer, ...infer P] ? P : never): Buffer {
  const copy = changed(bytes, ...pieces);
  copy.writeUInt16LE(crcTeledisk(copy.subarray(0, 10)), 10);
  return copy;
}

describe('a Teledisk image', () => {
  it('tells who made it, when, and how', async () => {
    await using media = await open(plain);
    expect(media.facts).toMatchObject({
      cylinders: 40,
      heads: 1,
      sectorsPerTrack: 9,
      encoding: 'MFM',
      toolVersion: '2.1',
      compression: 'none',
      notes: ['Strongroom', 'zweite Zeile'],
    });
    expect(media.facts['createdAt']).toMatch(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d$/);
    expect(media.warnings).toEqual([]);
  });

  it('tells bad sectors, those whose own CRC is wrong, deleted ones, and those without data', async () => {
    await using media = await open(fixture('td0/errors.td0'));
    expect(media.facts).toMatchObject({
      badSectorList: ['C20 H0: 3, 7'],
      missingSectorList: ['C21 H0: 1, 3'],
      deletedSectorList: ['C20 H0: 5'],
    });
    expect(await absentSectors(media)).toEqual([
      [182, 1],
      [186, 1],
      [189, 1],
      [191, 1],
    ]);
    expect(codes(media)).toEqual(['td0/crc', 'floppy/bad-sectors', 'floppy/missing-sectors']);
  });

  it('warns when the CRC of the header or of the comment is wrong', async () => {
    await using header = await open(changed(plain, [6, [2]]));
    expect(codes(header)).toEqual(['td0/crc']);
    await using comment = await open(changed(plain, [COMMENT_AT + 12, [0x41]]));
    expect(codes(comment)).toEqual(['td0/crc']);
  });

  it('is refused when the CRC of a track header is wrong', async () => {
    await expect(open(changed(plain, [FIRST_TRACK + 1, [7]]))).rejects.toMatchObject({ code: 'td0/track-header' });
  });

  it('is refused with the compression of Teledisk 1, and as a later file of a set', async () => {
    const old = withHeader(plain, [0, [0x74, 0x64]], [4, [15]]);
    await expect(open(old)).rejects.toMatchObject({ kind: 'unsupported', code: 'td0/old-compression' });
    await expect(open(withHeader(plain, [2, [1]]), 'td0')).rejects.toMatchObject({ code: 'td0/header' });
  });

  it.each([
    ['a pattern that makes more than the sector', [0, 0, 1, 0, 0, 0, 5, 0, 1, 255, 255, 1, 2]],
    ['a run that has no bytes', [0, 0, 1, 0, 0, 0, 4, 0, 2, 1, 255, 1]],
    ['an unknown method', [0, 0, 1, 0, 0, 0, 2, 0, 9, 1]],
    ['no method', [0, 0, 1, 0, 0, 0, 0, 0]],
    ['fewer bytes than the sector has', [0, 0, 1, 0, 0, 0, 2, 0, 0, 1]],
  ])('tells a sector with %s as missing', async (_what, bytes) => {
    await using media = await open(Buffer.concat([plain.subarray(0, FIRST_SECTOR), Buffer.from(bytes)]));
    expect(media.warnings[0]).toMatchObject({ kind: 'corrupt', code: 'td0/sector' });
    expect(await absentSectors(media)).toEqual([[0, 1]]);
  });

  it('is refused with a size code that does not exist, and leaves out data without an ID', async () => {
    const size = Buffer.concat([plain.subarray(0, FIRST_SECTOR), Buffer.from([0, 0, 1, 255, 0, 0, 2, 0, 9, 1])]);
    await expect(open(size)).rejects.toMatchObject({ code: 'td0/size-code' });
    await using media = await open(changed(plain, [FIRST_SECTOR + 4, [0x40]]));
    expect(codes(media)).toEqual(['td0/no-id', 'floppy/missing-sectors']);
    expect(await absentSectors(media)).toEqual([[0, 1]]);
  });

  it('has what lies before damage, and says where it is', async () => {
    let at = FIRST_SECTOR;
    for (let sector = 0; sector < 9; sector++) at += 8 + plain.readUInt16LE(at + 6);
    await using media = await open(changed(plain, [at + 1, [77]])); // the second track header
    expect(codes(media)).toEqual(['td0/track-header']);
    expect(media.size).toBe(9 * 512);
  });

  it('has what lies before a cut, and says where it ends', async () => {
    await using media = await open(plain.subarray(0, FIRST_SECTOR + 8 + plain.readUInt16LE(FIRST_SECTOR + 6) + 3));
    expect(media.size).toBeGreaterThanOrEqual(512);
    expect(codes(media)).toContain('floppy/cut');
  });

  it('unpacks no more than a floppy holds, within a second', async () => {
    const bomb = withHeader(Buffer.concat([plain.subarray(0, 12), Buffer.alloc(8_000_000, 0x55)]), [0, [0x74, 0x64]]);
    const start = performance.now();
    await expect(open(bomb)).rejects.toMatchObject({ kind: expect.stringMatching(/corrupt|unsupported/) as string });
    expect(performance.now() - start).toBeLessThan(10_000);
  });

  it('makes no more than a floppy holds of small patterns', async () => {
    const sector = [0, 0, 1, 6, 0, 0, 5, 0, 1, 0, 16, 0xe5, 0xe5]; // 8 KiB of one pattern
    const track = (cylinder: number): Buffer => {
      const head = [255 - 1, cylinder, 0];
      return Buffer.from([...head, crcTeledisk(head) & 0xff, ...Array.from({ length: 254 }, () => sector).flat()]);
    };
    const tracks = Array.from({ length: 200 }, (_, cylinder) => track(cylinder));
    const bomb = Buffer.concat([plain.subarray(0, FIRST_TRACK), ...tracks, Buffer.from([255])]);
    await expect(open(bomb)).rejects.toMatchObject({ code: 'floppy/too-many' });
  });
});
