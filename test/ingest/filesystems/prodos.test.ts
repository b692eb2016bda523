/** ProDOS volumes with damage. */
import { describe, expect, it } from 'vitest';
import { entryAt, look, probed, volumeOf } from './small-disks.ts';

const BLOCK = 512;
const FIRST_ENTRY = 2 * BLOCK + 4 + 39;

describe('a ProDOS volume', () => {
  it('tells a directory that leads back to itself', async () => {
    const volume = volumeOf('prodos', 'floppy');
    const before = (await look('prodos', volume)).entries.length;
    volume.writeUInt16LE(2, 3 * BLOCK + 2);
    const { entries, codes } = await look('prodos', volume);
    expect(entries).toHaveLength(before);
    expect(codes).toEqual(['prodos/loop']);
  });

  it('tells a folder without a header, and goes on', async () => {
    const volume = volumeOf('prodos', 'floppy');
    const key = volume.readUInt16LE(FIRST_ENTRY + 4 * 39 + 0x11);
    volume.fill(0, key * BLOCK, (key + 1) * BLOCK);
    const looked = await look('prodos', volume);
    expect(looked.codes).toEqual(['prodos/no-header']);
    expect(entryAt(looked, 'MANY/FILE19').kind).toBe('file');
  });

  it('has no bytes for blocks that the volume does not have', async () => {
    const volume = volumeOf('prodos', 'floppy');
    volume.writeUInt16LE(60_000, FIRST_ENTRY + 0x11);
    const [stream] = entryAt(await look('prodos', volume), 'README').streams;
    expect((await stream?.runs())?.map(({ kind }) => kind)).toEqual(['absent']);
  });

  it('refuses to read a file of an unknown kind of storage', async () => {
    const volume = volumeOf('prodos', 'floppy');
    volume.writeUInt8(0x96, FIRST_ENTRY);
    const looked = await look('prodos', volume);
    expect(looked.codes).toEqual(['prodos/storage']);
    const [stream] = entryAt(looked, 'README').streams;
    await expect(stream?.runs()).rejects.toMatchObject({ code: 'prodos/storage' });
  });

  it('says that an image is cut', async () => {
    const volume = volumeOf('prodos', 'floppy').subarray(0, 100 * BLOCK);
    expect((await look('prodos', volume)).codes).toContain('prodos/size');
  });

  it('is not believed without a name', async () => {
    const volume = volumeOf('prodos', 'floppy');
    volume.writeUInt8(0xf0, 2 * BLOCK + 4);
    expect(await probed('prodos', volume)).toBe(0);
  });
});
