/** HFS: damage of each of its structures, and what hostile ones must not do. */
import { describe, expect, it } from 'vitest';
import { fileSystems, LISTING_LIMITS, OPEN_OPTIONS, openFileSystems } from '#ingest/filesystems';
import { bufferSource } from '../media/buffer-source.ts';
import { bytesOf, fixture, hfsCatalogAt, listed, placeOf } from './mac-volumes.ts';

const NODE = 512;
const whole = await listed('hfs', fixture('hfs', 'floppy'));
const many = await listed('hfs', fixture('hfs', 'many'));

/** First leaf of the catalog, by its header node. */
function firstLeafAt(volume: Buffer): number {
  const catalog = hfsCatalogAt(volume);
  return catalog + volume.readUInt32BE(catalog + 24) * NODE;
}

/** The catalog record of a name: at its key. Keys in index nodes have a length of their own, and threads other keys. */
function recordAt(volume: Buffer, name: string): number {
  const key = Buffer.concat([Buffer.from([name.length]), Buffer.from(name, 'latin1')]);
  for (let at = volume.indexOf(key, firstLeafAt(volume)); at >= 0; at = volume.indexOf(key, at + 1))
    if (volume[at - 5] === 0 && ((volume[at - 6] ?? 0) & ~1) === ((6 + name.length) & ~1)) return at - 6;
  throw new RangeError(name);
}

function dataAt(volume: Buffer, name: string): number {
  const at = recordAt(volume, name);
  return at + (((volume[at] ?? 0) + 2) & ~1);
}

describe('an HFS volume', () => {
  it('is read by the copy of its master directory block when the first is damaged, and says so', async () => {
    const volume = fixture('hfs', 'floppy');
    volume.fill(0, 1024, 1024 + 512);
    const told = await listed('hfs', volume);
    expect(told.paths).toEqual(whole.paths);
    expect(told.codes).toEqual(['hfs/mdb-copy']);
    // What was formatted anew may still have the copy of before: any other file system comes first.
    expect(await fileSystems.get('hfs')?.probe(bufferSource(volume))).toBe(40);
  });

  it('warns when it was not closed in order', async () => {
    const volume = fixture('hfs', 'floppy');
    volume.writeUInt16BE(0, 1024 + 10);
    expect((await listed('hfs', volume)).codes).toEqual(['hfs/dirty']);
  });

  it('tells that it is locked', async () => {
    const volume = fixture('hfs', 'floppy');
    volume.writeUInt16BE(0x8100, 1024 + 10);
    expect((await listed('hfs', volume)).system.facts['locked']).toBe('yes');
  });

  it('is listed whole when its chain of leaves is a circle, and says so', async () => {
    const volume = fixture('hfs', 'floppy');
    const leaf = firstLeafAt(volume);
    volume.writeUInt32BE((leaf - hfsCatalogAt(volume)) / NODE, leaf);
    const told = await listed('hfs', volume);
    expect(told.paths).toEqual(whole.paths);
    expect(told.codes).toEqual(['hfs/leaf-chain']);
  });

  it('is listed whole when the chain of leaves of a large catalog ends too early', async () => {
    const volume = fixture('hfs', 'many');
    volume.writeUInt32BE(0, firstLeafAt(volume));
    const told = await listed('hfs', volume);
    expect(told.paths).toEqual(many.paths);
    expect(told.codes).toEqual(['hfs/leaf-chain']);
  });

  it.each([0, 3, 513, 65_535])('is listed whole when its catalog says that nodes have %i bytes', async (size) => {
    const volume = fixture('hfs', 'floppy');
    volume.writeUInt16BE(size, hfsCatalogAt(volume) + 32);
    const told = await listed('hfs', volume);
    expect(told.paths).toEqual(whole.paths);
    expect(told.codes).toEqual(['hfs/leaf-chain']);
  });

  it('lists what is in a folder whose record is damaged under [orphans]', async () => {
    const volume = fixture('hfs', 'floppy');
    volume[dataAt(volume, 'Works')] = 0x7f;
    const told = await listed('hfs', volume);
    const below = whole.paths.filter((path) => path.startsWith('Works/'));
    const id = whole.entries.find(({ path }) => path === 'Works')?.id;
    expect(told.paths).toEqual(
      [
        ...whole.paths.filter((path) => !path.startsWith('Works')),
        '[orphans]',
        `[orphans]/${id}`,
        ...below.map((path) => path.replace('Works', `[orphans]/${id}`)),
      ].toSorted(),
    );
    expect(told.codes).toEqual(['hfs/catalog-damaged', 'hfs/orphans']);
  });

  it('lists each folder once when one is in itself', async () => {
    const volume = fixture('hfs', 'floppy');
    const root = 2;
    volume.writeUInt32BE(root, dataAt(volume, 'Works') + 6);
    const told = await listed('hfs', volume);
    expect(told.codes).toEqual(['filesystem/loop', 'hfs/orphans']);
  });

  it('goes on behind a node whose table of records lies', async () => {
    const volume = fixture('hfs', 'many');
    const leaf = firstLeafAt(volume);
    volume.fill(0xff, leaf + NODE - 8, leaf + NODE);
    const told = await listed('hfs', volume);
    expect(told.codes).toContain('hfs/catalog-damaged');
    expect(told.entries.length).toBeGreaterThan(many.entries.length - 20);
  });

  it('gives absent bytes, not zeros, for a file that is larger than its blocks', async () => {
    const volume = fixture('hfs', 'floppy');
    volume.writeUInt32BE(100_000, dataAt(volume, 'Read Me') + 26);
    const told = await listed('hfs', volume);
    const runs = await told.entries.find(({ path }) => path === 'Read Me')?.streams[0]?.runs();
    expect(runs?.at(-1)).toMatchObject({ kind: 'absent' });
    await expect(bytesOf(told, 'Read Me')).rejects.toMatchObject({ code: 'filesystem/absent' });
  });

  it('faults a file that would be larger than the volume', async () => {
    const volume = fixture('hfs', 'floppy');
    volume.writeUInt32BE(0xffff_ffff, dataAt(volume, 'Read Me') + 26);
    const told = await listed('hfs', volume);
    expect(told.paths).toEqual(whole.paths);
    expect(told.codes).toEqual(['hfs/fork-size']);
  });

  it('says that the image is cut', async () => {
    const volume = fixture('hfs', 'floppy').subarray(0, 400 * 1024);
    expect((await listed('hfs', volume)).codes).toEqual(['hfs/size']);
  });

  it('keeps to the limits of a listing', async () => {
    const told = await listed('hfs', fixture('hfs', 'many'), OPEN_OPTIONS, { entryCount: 100, depth: 255 });
    expect(told.codes).toEqual(['filesystem/too-many']);
    expect(told.entries.length).toBe(100);
    const flat = await listed('hfs', fixture('hfs', 'floppy'), OPEN_OPTIONS, { ...LISTING_LIMITS, depth: 3 });
    expect(flat.codes).toEqual(['filesystem/too-deep']);
  });

  it('shows names in the script that was asked for, and in that which a file names itself', async () => {
    const volume = fixture('hfs', 'floppy');
    const at = recordAt(volume, 'Read Me') + 7;
    Buffer.from([0x8f, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2, 0x21]).copy(volume, at);
    const cyrillic = await listed('hfs', volume, { ...OPEN_OPTIONS, macScript: 'maccyrillic' });
    expect(cyrillic.paths).toContain('Привет!');
    const scripted = Buffer.from(volume);
    // fdScript: its highest bit says that it counts.
    scripted[at + 7 + 64] = 0x87;
    const told = await listed('hfs', scripted);
    expect(told.entries.find(({ path }) => path === 'Привет!')?.name.encoding).toBe('maccyrillic');
  });

  it('stands beside the HFS+ volume that it wraps', async () => {
    const systems = await openFileSystems(bufferSource(fixture('hfsplus', 'wrapped')));
    expect(systems.found.map(({ type, label }) => `${type} ${label}`).toSorted()).toEqual(['HFS Wrapper', 'HFS+ Odd']);
    const wrapper = await listed('hfs', fixture('hfsplus', 'wrapped'));
    expect(wrapper.paths).toEqual(['Where_have_all_my_files_gone?']);
    expect(wrapper.system.facts['wraps']).toBe('HFS+');
  });

  it('is not seen where only its mark is left', async () => {
    const volume = Buffer.alloc(800 * 1024);
    volume.write('BD', 1024);
    expect(await fileSystems.get('hfs')?.probe(bufferSource(volume))).toBe(0);
    expect(placeOf(volume, Buffer.from('BD'))).toBe(1024);
  });
});
