/** Discs made to mislead: folders in circles, fields that lead nowhere, sizes beyond the disc; and sessions by themselves. */
import { describe, expect, it } from 'vitest';
import { codesOf, DiscVolume, SECTOR } from './disc-volume.ts';

class Disc extends DiscVolume {
  constructor(name: string) {
    super('iso9660', name);
  }

  /** Numbers are written twice. */
  put32(at: number, value: number): void {
    this.bytes.writeUInt32LE(value, at);
    this.bytes.writeUInt32BE(value, at + 4);
  }

  /** The id of an entry is where its record lies. */
  async record(path: string): Promise<number> {
    return (await this.entry(path)).id;
  }

  get rootBlock(): number {
    return this.bytes.readUInt32LE(16 * SECTOR + 158);
  }
}

describe('folders', () => {
  it('are listed once when one is in itself', async () => {
    const disc = new Disc('level1');
    disc.put32((await disc.record('LETTERS')) + 2, disc.rootBlock);
    const { entries, damages } = await disc.listed();
    expect(damages).toEqual([['LETTERS', 'filesystem/loop']]);
    expect(entries.map(({ path }) => path)).toContain('README');
  });

  it('are listed up to a record that is none, and from the next sector on', async () => {
    const disc = new Disc('many');
    const at = await disc.record('file number 7');
    disc.bytes[at] = 255;
    disc.bytes[at + 32] = 255;
    const { entries, damages } = await disc.listed();
    expect(damages).toEqual([['', 'iso9660/record']]);
    expect(entries.length).toBeGreaterThan(1480);
    expect(entries.length).toBeLessThan(1500);
  });

  it('that say they are as large as the disc end where nothing is in them', async () => {
    const disc = new Disc('level1');
    disc.put32((await disc.record('LETTERS')) + 10, 0xffff_f800);
    const { entries, damages } = await disc.listed();
    expect(damages.length).toBeLessThan(20);
    expect(damages.at(-1)).toEqual(['LETTERS', 'iso9660/directory-blank']);
    expect(entries.map(({ path }) => path)).toContain('LETTERS/ANNA.TXT');
  });

  it('that lie past the end are damage of their branch', async () => {
    const disc = new Disc('level1');
    disc.put32((await disc.record('LETTERS')) + 2, 0x7fff_ffff);
    const { entries, damages } = await disc.listed();
    expect(damages).toEqual([['LETTERS', 'iso9660/directory-cut']]);
    expect(entries.map(({ path }) => path)).toContain('README');
  });

  it('where something else lies are damage of their branch', async () => {
    const disc = new Disc('level1');
    disc.put32((await disc.record('LETTERS')) + 2, 1);
    expect((await disc.listed()).damages).toEqual([['LETTERS', 'iso9660/directory']]);
  });

  it('that were relocated to one above them are not followed', async () => {
    const disc = new Disc('rock-ridge');
    const cl = disc.bytes.indexOf(Buffer.from([0x43, 0x4c, 12, 1]));
    disc.put32(cl + 4, disc.rootBlock);
    const { damages } = await disc.listed();
    expect(damages.map(([, code]) => code)).toEqual(['filesystem/loop']);
  });

  it('that were relocated and belong nowhere are listed where they lie', async () => {
    const disc = new Disc('rock-ridge');
    const cl = disc.bytes.indexOf(Buffer.from([0x43, 0x4c, 12, 1]));
    disc.bytes.write('XX', cl, 'latin1');
    const lost = (await disc.paths()).filter((path) => path.startsWith('rr_moved/'));
    expect(lost.some((path) => path.endsWith('/12/file.txt'))).toBe(true);
  });
});

describe('fields', () => {
  it('that go on in themselves are read once, and the entry says so', async () => {
    const disc = new Disc('rock-ridge');
    const at = await disc.record('posix/long-target');
    const ce = disc.bytes.indexOf(Buffer.from([0x43, 0x45, 28, 1]), at);
    const area = disc.bytes.readUInt32LE(ce + 4) * SECTOR + disc.bytes.readUInt32LE(ce + 12);
    disc.bytes.copy(disc.bytes, area, ce, ce + 28);
    expect(codesOf(await disc.entry('posix/long-target'))).toEqual(['iso9660/continuation']);
  });

  it('never make a path of a name', async () => {
    const disc = new Disc('rock-ridge');
    const at = disc.bytes.indexOf('mine', await disc.record('posix/mine'), 'latin1');
    disc.bytes.write('../m', at, 'latin1');
    expect(await disc.paths()).toContain('posix/..:m');
  });

  it('of two numbers that do not agree are told, and the little-endian one counts', async () => {
    const disc = new Disc('level1');
    disc.bytes.writeUInt32BE(7, (await disc.record('README')) + 14);
    disc.bytes.writeUInt32BE(7, 16 * SECTOR + 84);
    expect(codesOf(await disc.entry('README'))).toEqual(['iso9660/pair']);
    expect(await disc.text('README')).toBe('no extension\n');
    expect(await disc.warnings()).toEqual(['iso9660/pair']);
  });
});

describe('files', () => {
  it('past the end of the image are absent there, not zeros', async () => {
    const disc = new Disc('level1');
    const at = await disc.record('README');
    disc.put32(at + 10, 0xffff_ffff);
    const lengths = await disc.lengths('README');
    expect(lengths['absent']).toBe(0xffff_ffff - (lengths['stored'] ?? 0));
  });

  it('of several pieces tell when one is missing', async () => {
    const disc = new Disc('pieces');
    const at = disc.bytes.indexOf('MULTI.DAT', 0, 'latin1') - 33;
    const last = disc.bytes.lastIndexOf('MULTI.DAT', undefined, 'latin1') - 33;
    disc.bytes[last + 25] = 0x80;
    expect(at).toBeLessThan(last);
    expect(codesOf(await disc.entry('MULTI.DAT'))).toEqual(['iso9660/piece-missing']);
  });

  it('packed by zisofs whose table leads out of the file end in a Fault', async () => {
    const disc = new Disc('zisofs');
    const table = disc.bytes.indexOf(Buffer.from('37e45396c9dbd607', 'hex')) + 16;
    disc.bytes.writeUInt32LE(0xffff_fff0, table + 4);
    const { entries } = await disc.listed();
    const packed = entries.filter(({ streams }) => streams[0]?.packing === 'zisofs');
    const runs = packed.flatMap(({ streams }) => streams.map(async (stream) => stream.runs()));
    const codes = (await Promise.allSettled(runs)).map((each) => (each.status === 'rejected' ? each.reason.code : 'read'));
    expect(codes).toContain('iso9660/zisofs');
  });

  it('packed by zisofs that say they are larger than their table are refused', async () => {
    const disc = new Disc('zisofs');
    const at = disc.bytes.indexOf(Buffer.from('37e45396c9dbd607', 'hex'));
    const size = disc.bytes.subarray(at + 8, at + 12);
    const field = disc.bytes.indexOf(Buffer.concat([Buffer.from('pz'), Buffer.from([4, 15]), size]));
    disc.put32(field + 4, 0xffff_ffff);
    disc.bytes.writeUInt32LE(0xffff_ffff, at + 8);
    const { entries } = await disc.listed();
    const [large] = entries.filter(({ streams }) => streams[0]?.size === 0xffff_ffff);
    await expect(large?.streams[0]?.runs()).rejects.toMatchObject({ code: 'iso9660/zisofs' });
  });
});

describe('discs', () => {
  it('that are cut say so, and list what is there', async () => {
    const disc = new Disc('level1');
    disc.bytes = disc.bytes.subarray(0, disc.bytes.length - 160 * SECTOR);
    expect(await disc.warnings()).toEqual(['iso9660/cut']);
    expect((await disc.paths()).length).toBeGreaterThan(5);
  });

  it('without their primary descriptor are listed by Joliet', async () => {
    const disc = new Disc('joliet');
    disc.bytes.fill(0x77, 16 * SECTOR, 16 * SECTOR + 1);
    expect(await disc.warnings()).toEqual(['iso9660/no-primary']);
    expect(await disc.paths()).toContain('Grüße aus Wien – Ελλάδα.txt');
  });

  it('with a boot catalogue that is none are listed with a warning', async () => {
    const disc = new Disc('boot');
    disc.bytes.writeUInt32LE(3, 17 * SECTOR + 71);
    expect(await disc.warnings()).toEqual(['iso9660/boot-catalog']);
    expect(await disc.paths()).toEqual(['boot.cat', 'floppy.img']);
  });

  it('of which only a later session is there list all files, with the bytes of that session', async () => {
    const disc = new Disc('sessions');
    const sectors = disc.bytes.length / SECTOR;
    const start = Array.from({ length: sectors }, (_, sector) => sector).findLast(
      (sector) => disc.bytes.toString('latin1', sector * SECTOR, sector * SECTOR + 6) === '\x01CD001',
    );
    disc.bytes = disc.bytes.subarray(((start ?? 0) - 16) * SECTOR);
    expect(await disc.warnings()).toEqual(['iso9660/earlier-sessions']);
    expect(await disc.text('third.txt')).toBe('third\n');
    expect(await disc.lengths('same.txt')).toEqual({ absent: 10 });
  });

  it('tell their sessions, and what only an earlier one has', async () => {
    const disc = new Disc('sessions');
    expect((await disc.open()).facts).toMatchObject({ sessionCount: 3 });
    expect(await disc.entry('[session 1]/report.txt')).toMatchObject({ tree: 'session 1' });
    expect(await disc.text('report.txt')).toBe('second version, longer\n');
  });
});
