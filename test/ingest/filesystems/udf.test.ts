/** UDF volumes made to mislead: entries and extents in circles, names that are damaged, tables that are missing. */
import { describe, expect, it } from 'vitest';
import { codesOf, DiscVolume, SECTOR } from './disc-volume.ts';

/** Partition of the volumes written by special.py, in sectors. */
const START = 260;

class Volume extends DiscVolume {
  constructor(name: string) {
    super('udf', name);
  }

  /** Where a block of the partition begins. */
  block(number: number): number {
    return (START + number) * SECTOR;
  }

  /** Makes the first sixteen bytes of a descriptor whole again; its CRC stays wrong. */
  seal(at: number): void {
    this.bytes[at + 4] = 0;
    this.bytes[at + 4] = this.bytes.subarray(at, at + 16).reduce((sum, byte) => sum + byte, 0) & 255;
  }

  /** Where a name begins in the root of `kinds201`. */
  name(text: string): number {
    return this.bytes.indexOf(`\x08${text}`, this.block(60), 'latin1');
  }
}

describe('folders', () => {
  it('are listed once when one is in itself', async () => {
    const volume = new Volume('metadata250');
    // The folder's name leads to the entry of the root.
    const at = volume.bytes.indexOf(Buffer.from('Unterlagen', 'utf16le').swap16());
    volume.bytes.writeUInt32LE(1, at - 1 - 38 + 24);
    const { entries, damages } = await volume.listed();
    expect(damages).toEqual([['Unterlagen – Ω', 'filesystem/loop']]);
    expect(entries.map(({ path }) => path)).toContain('plain.bin');
  });

  it('go on behind a name that is damaged', async () => {
    const volume = new Volume('kinds201');
    const at = volume.name('goes on') - 38;
    volume.bytes.fill(0xff, at, at + 40);
    const { entries, damages } = await volume.listed();
    expect(damages).toEqual([['', 'udf/directory']]);
    expect(entries.map(({ path }) => path)).toEqual(expect.arrayContaining(['extended', 'sparse', 'link', 'finder']));
    expect(entries.map(({ path }) => path)).not.toContain('goes on');
  });

  it('never make a path of a name', async () => {
    const volume = new Volume('kinds201');
    volume.bytes.write('../x', volume.name('link') + 1, 'latin1');
    expect(codesOf(await volume.entry('..:x'))).toEqual(['udf/crc']);
  });
});

describe('entries', () => {
  it('that lead from one to the next without end are told', async () => {
    const volume = new Volume('kinds201');
    volume.bytes.writeUInt32LE(6, volume.block(7) + 40);
    expect(await volume.entry('rewritten')).toMatchObject({ kind: 'unknown' });
    expect(codesOf(await volume.entry('rewritten'))).toEqual(['udf/entry-loop']);
  });

  it('that are none are told, and the others go on', async () => {
    const volume = new Volume('kinds201');
    volume.bytes.fill(0, volume.block(2), volume.block(3));
    expect(codesOf(await volume.entry('extended'))).toEqual(['udf/entry']);
    expect(await volume.text('rewritten')).toBe('second version');
  });

  it('of another block are told', async () => {
    const volume = new Volume('kinds201');
    volume.bytes.writeUInt32LE(99, volume.block(13) + 12);
    volume.seal(volume.block(13));
    expect(codesOf(await volume.entry('finder'))).toEqual(['udf/location']);
  });

  it('whose extents go on in themselves have a rest that is absent', async () => {
    const volume = new Volume('kinds201');
    volume.bytes.writeUInt32LE((SECTOR | (3 << 30)) >>> 0, volume.block(90) + 24);
    volume.bytes.writeUInt32LE(90, volume.block(90) + 28);
    expect(await volume.lengths('goes on')).toEqual({ stored: 2 * SECTOR, absent: 3000 });
  });

  it('of sizes beyond belief cost no time', async () => {
    const volume = new Volume('kinds201');
    volume.bytes.writeUInt32LE(0x1000, volume.block(3) + 60);
    const { absent = 0 } = await volume.lengths('goes on');
    expect(absent).toBeGreaterThan(2 ** 43);
    volume.bytes.writeUInt32LE(0xffff_ffff, volume.block(3) + 60);
    expect(codesOf(await volume.entry('goes on'))).toEqual(['layout/number-too-large']);
  });
});

describe('volumes', () => {
  it('with a damaged main sequence are read by the reserve', async () => {
    const volume = new Volume('kinds201');
    volume.bytes.fill(0xaa, 34 * SECTOR + 100, 34 * SECTOR + 200);
    expect(await volume.warnings()).toEqual(['udf/main-sequence']);
    expect(await volume.text('rewritten')).toBe('second version');
  });

  it('without an anchor are no file system, and say why', async () => {
    const volume = new Volume('kinds201');
    volume.bytes.fill(0, 256 * SECTOR, 257 * SECTOR);
    await expect(volume.open()).rejects.toMatchObject({ code: 'udf/anchor' });
    const { found, warnings } = await volume.openAll();
    expect(found).toEqual([]);
    expect(warnings.map(({ code }) => code)).toEqual(['udf/anchor']);
  });

  it('that are written once need their table, which is the last thing on them', async () => {
    const volume = new Volume('vat201');
    volume.bytes = volume.bytes.subarray(0, volume.bytes.length - SECTOR);
    await expect(volume.open()).rejects.toMatchObject({ kind: 'truncated', code: 'udf/virtual-table' });
  });

  it('whose file of metadata is damaged are read by its mirror', async () => {
    const volume = new Volume('metadata250');
    volume.bytes.fill(0, volume.block(0), volume.block(1));
    expect(await volume.warnings()).toEqual(['udf/metadata-mirror']);
    expect(await volume.text('with streams')).toBe('main');
  });

  it('that were not closed in order say so', async () => {
    const volume = new Volume('kinds201');
    volume.bytes.writeUInt32LE(0, 64 * SECTOR + 28);
    expect(await volume.warnings()).toEqual(['udf/open']);
  });

  it('that are cut say so', async () => {
    const volume = new Volume('dvd102');
    volume.bytes = volume.bytes.subarray(0, volume.bytes.length - 100 * SECTOR);
    expect(await volume.warnings()).toEqual(['udf/cut']);
  });

  it('stand beside ISO 9660 on a bridge, both with all files', async () => {
    const { found, warnings } = await new Volume('bridge').openAll();
    expect(found.map(({ type }) => type).toSorted()).toEqual(['ISO 9660 with Rock Ridge and Joliet', 'UDF 1.02']);
    expect(warnings).toEqual([]);
  });
});
