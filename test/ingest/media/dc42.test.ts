/** Containers that keep the disk in one piece: Disk Copy, 2IMG, ATR, FDI, CopyQM, and Apple disks without a container. */
import { describe, expect, it } from 'vitest';
import { identify } from '#ingest/media';
import { bufferSource } from './buffer-source.ts';
import { absentSectors, changed, codes, fixture, open } from './floppy/fixture.ts';

const u32 = (n: number): number[] => [n & 255, (n >> 8) & 255, (n >> 16) & 255, n >>> 24];

describe('a Disk Copy 4.2 image', () => {
  it('is checked against its own checksums, data and tags', async () => {
    await using whole = await open(fixture('dc42/mac-800.dc42'));
    expect(whole.warnings).toEqual([]);
    expect(whole.facts).toMatchObject({ cylinders: 80, heads: 2, encoding: 'GCR', tagSize: 19_200 });
    await using data = await open(fixture('dc42/changed.dc42'));
    expect(data.warnings).toMatchObject([{ code: 'dc42/checksum', facts: { what: 'data' } }]);
    const image = fixture('dc42/mac-400.dc42');
    await using tags = await open(changed(image, [image.length - 1, [1]]));
    expect(tags.warnings).toMatchObject([{ code: 'dc42/checksum', facts: { what: 'tags' } }]);
  });

  it('is read as far as it goes when it is cut, and refused with a broken header', async () => {
    const image = fixture('dc42/mac-400.dc42');
    await using media = await open(image.subarray(0, 84 + 1000), 'dc42');
    expect(codes(media)).toEqual(['floppy/cut']);
    await expect(media.read(0, 409_600)).resolves.toHaveLength(409_600);
    await expect(open(changed(image, [64, [0xff, 0xff, 0xff, 0xff]]), 'dc42')).rejects.toMatchObject({ code: 'dc42/header' });
  });
});

describe('a 2IMG image', () => {
  const dos = fixture('2img/dos-140.2mg');

  it('tells its order, its comment and the system of the disk', async () => {
    await using media = await open(dos);
    expect(media.facts).toMatchObject({
      sectorOrder: 'DOS 3.3',
      system: 'Apple DOS 3.3',
      creator: 'STRO',
      writeProtected: 'yes',
      volumeNumber: 254,
      notes: ['Briefe', 'zweite Zeile'],
      cylinders: 35,
    });
  });

  it('is refused with tracks as nibbles, and when the disk begins in the header or past the end', async () => {
    await expect(open(changed(dos, [12, [2]]))).rejects.toMatchObject({ kind: 'unsupported', code: '2img/format' });
    await expect(open(changed(dos, [24, u32(8)]))).rejects.toMatchObject({ code: '2img/data-offset' });
    await expect(open(changed(dos, [24, u32(0x7fff_ffff)]))).rejects.toMatchObject({ code: 'floppy/no-data' });
  });

  it('tells that the end is missing, however much the header promises', async () => {
    await using media = await open(changed(dos, [28, u32(0x7fff_ffff)]));
    expect(media.size).toBe(0x7fff_ffff);
    expect(codes(media)).toEqual(['floppy/cut']);
    expect((await absentSectors(media)).length).toBe(1);
    await using comment = await open(changed(dos, [32, u32(0x7fff_ffff)]));
    expect(comment.facts['notes']).toBeUndefined();
  });
});

describe('an ATR image', () => {
  it('tells drives by the number of sectors, and the short boot sectors', async () => {
    await using double = await open(fixture('atr/double.atr'));
    expect(double.facts).toMatchObject({ cylinders: 40, sectorsPerTrack: 18, bootSectorSize: 128, sectorCount: 720 });
    await using full = await open(fixture('atr/full.atr'));
    expect(full.facts['bootSectorSize']).toBeUndefined();
  });

  it('tells what is missing or too much, and refuses an empty one', async () => {
    const single = fixture('atr/single.atr');
    await using cut = await open(single.subarray(0, 50_000));
    expect(codes(cut)).toEqual(['floppy/cut']);
    expect(cut.size).toBe(92_160);
    await using long = await open(Buffer.concat([single, Buffer.alloc(16)]));
    expect(codes(long)).toEqual(['atr/longer']);
    await expect(open(changed(single, [2, [0, 0]], [6, [0]]))).rejects.toMatchObject({ code: 'floppy/no-data' });
    await expect(open(changed(single, [4, [0, 3]]), 'atr')).rejects.toMatchObject({ code: 'atr/header' });
  });
});

describe('an FDI image', () => {
  it('of a Spectrum tells its comment, and bad, deleted and missing sectors', async () => {
    await using media = await open(fixture('fdi/spectrum.fdi'));
    expect(media.facts).toMatchObject({
      subformat: 'Spectrum',
      notes: ['Briefe', 'zweite Zeile'],
      badSectorList: ['C10 H0: 3'],
      deletedSectorList: ['C10 H0: 5'],
      missingSectorList: ['C10 H1: 7'],
    });
  });

  it('of a Spectrum survives offsets past the end', async () => {
    await using media = await open(changed(fixture('fdi/spectrum.fdi'), [14, [0xff, 0xff, 0xff, 0xff]]));
    expect(await absentSectors(media)).toEqual([
      [0, 16],
      [322, 1],
      [342, 1],
    ]);
    expect(codes(media)).toContain('floppy/cut');
  });

  it('of a PC-98 is told when its numbers fit each other and the file', async () => {
    const pc98 = fixture('fdi/pc98.fdi');
    await using media = await open(pc98);
    expect(media.facts).toMatchObject({ subformat: 'PC-98', cylinders: 77, heads: 2, sectorsPerTrack: 8, bytesPerSector: 1024 });
    expect((await identify(bufferSource(changed(pc98, [20, [9]])))).id).not.toBe('fdi');
    await using cut = await open(pc98.subarray(0, 500_000), 'fdi');
    expect(codes(cut)).toEqual(['floppy/cut']);
  });

  it('of pulses is recognised and not read', async () => {
    const pulses = Buffer.alloc(10_000);
    pulses.write('Formatted Disk Image file\r\n', 'latin1');
    await expect(open(pulses)).rejects.toMatchObject({ kind: 'unsupported', code: 'media/not-read' });
    await expect(open(pulses, 'fdi')).rejects.toMatchObject({ code: 'fdi/header' });
  });
});

describe('a CopyQM image', () => {
  const plain = fixture('cqm/pc180.cqm');
  const START = 133 + plain.readUInt16LE(0x6f);

  it('is checked: header, sectors', async () => {
    await using whole = await open(plain);
    expect(whole.warnings).toEqual([]);
    expect(whole.facts).toMatchObject({ label: 'BRIEFE', notes: ['Strongroom', 'zweite Zeile'] });
    await using header = await open(changed(plain, [0x1c, [0x41]]));
    expect(codes(header)).toEqual(['cqm/checksum']);
    await using data = await open(changed(plain, [START + 10, [0x41]]));
    expect(codes(data)).toEqual(['cqm/checksum']);
  });

  it('has what lies before a cut, and is refused when more comes out than its disk holds', async () => {
    await using media = await open(plain.subarray(0, 5000));
    expect(codes(media)).toContain('cqm/cut');
    expect(media.size).toBe(184_320);
    await expect(open(Buffer.concat([plain, Buffer.from([0, 0x80, 0])]))).rejects.toMatchObject({ code: 'cqm/too-long' });
  });

  it('is refused with a geometry that no disk has', async () => {
    await expect(open(changed(plain, [0x12, [9]]))).rejects.toMatchObject({ code: 'cqm/header' });
    await expect(open(changed(plain, [0x10, [0, 0]]))).rejects.toMatchObject({ code: 'cqm/header' });
  });
});

describe('an Apple II disk without a container', () => {
  const dos = fixture('2img/dos-140.2mg').subarray(64, 64 + 143_360);

  it('tells DOS 3.3 and the order of its sectors', async () => {
    await using media = await open(dos);
    expect(media).toMatchObject({ format: 'floppy', facts: { system: 'Apple DOS 3.3', sectorOrder: 'DOS 3.3' } });
    expect(await identify(bufferSource(dos))).toMatchObject({ id: 'floppy', basis: 'signature' });
  });

  it('tells ProDOS, in its own order and in that of DOS', async () => {
    const directory = [0, 0, 3, 0, 0xf6, ...Buffer.from('BRIEFE'), ...Array<number>(24).fill(0), 0x27];
    const at = Array<number>(0x24).fill(0);
    for (const [index, byte] of directory.entries()) at[index] = byte;
    at[0x23] = 0x27;
    await using own = await open(changed(Buffer.alloc(143_360), [0x400, at]));
    expect(own.facts).toMatchObject({ system: 'ProDOS', sectorOrder: 'ProDOS', label: 'BRIEFE' });
    await using turned = await open(changed(Buffer.alloc(143_360), [0xb00, at]));
    expect(turned.facts).toMatchObject({ system: 'ProDOS', sectorOrder: 'DOS 3.3' });
  });
});
