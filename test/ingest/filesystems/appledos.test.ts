/** Apple DOS disks with damage, and other disks of their size. */
import { describe, expect, it } from 'vitest';
import { entryAt, look, probed, volumeOf } from './small-disks.ts';

const SECTOR = 256;
const at = (track: number, sector: number): number => (track * 16 + sector) * SECTOR;

describe('an Apple DOS disk', () => {
  it('lists a catalogue that leads back to itself once', async () => {
    const volume = volumeOf('appledos', 'dos33');
    const before = (await look('appledos', volume)).entries.length;
    volume[at(17, 11) + 2] = 15;
    const { entries, codes } = await look('appledos', volume);
    expect(entries).toHaveLength(before);
    expect(codes).toEqual(['appledos/loop']);
  });

  it('gives a file whose list goes round once around', async () => {
    const volume = volumeOf('appledos', 'dos33');
    const [track = 0, sector = 0] = volume.subarray(at(17, 15) + 11, at(17, 15) + 13);
    volume.set([track, sector], at(track, sector) + 1);
    const hello = entryAt(await look('appledos', volume), 'HELLO');
    expect(hello.faults?.map(({ code }) => code)).toEqual(['appledos/loop']);
    expect(hello.streams[0]?.size).toBe(SECTOR);
  });

  it('has no bytes for a sector that the disk does not have', async () => {
    const volume = volumeOf('appledos', 'dos33');
    const [track = 0, sector = 0] = volume.subarray(at(17, 15) + 11, at(17, 15) + 13);
    volume.set([200, 3], at(track, sector) + 12);
    const hello = entryAt(await look('appledos', volume), 'HELLO');
    expect(hello.faults?.map(({ code }) => code)).toEqual(['appledos/sector']);
    expect((await hello.streams[0]?.runs())?.map(({ kind }) => kind)).toEqual(['absent']);
  });

  it('says that an image is cut', async () => {
    const volume = volumeOf('appledos', 'dos33').subarray(0, at(20, 0));
    expect((await look('appledos', volume)).codes).toContain('appledos/size');
  });

  it('is not taken for ProDOS, nor ProDOS for it', async () => {
    expect(await probed('prodos', volumeOf('appledos', 'dos33'))).toBe(0);
    expect(await probed('appledos', volumeOf('prodos', 'floppy'))).toBe(0);
    expect(await probed('appledos', volumeOf('prodos', 'dos-order'))).toBe(0);
  });

  it('shows inverse and flashing names as letters', async () => {
    const volume = volumeOf('appledos', 'dos33');
    volume.set([0x08, 0x45, 0x0c, 0x4c, 0x0f], at(17, 15) + 14);
    expect((await look('appledos', volume)).entries[0]?.path).toBe('HELLO');
  });
});
