/** MFS: damage of its few structures. */
import { describe, expect, it } from 'vitest';
import { fileSystems, OPEN_OPTIONS } from '#ingest/filesystems';
import { bufferSource } from '../media/buffer-source.ts';
import { bytesOf, fixture, listed } from './mac-volumes.ts';

const whole = await listed('mfs', fixture('mfs', 'floppy'));
const DIRECTORY = 4 * 512;

describe('an MFS volume', () => {
  it('is read by the copy of its master directory block when the first is damaged', async () => {
    const volume = fixture('mfs', 'floppy');
    volume.fill(0, 1024, 1024 + 512);
    const told = await listed('mfs', volume);
    expect(told.paths).toEqual(whole.paths);
    expect(told.codes).toEqual(['mfs/mdb-copy']);
    expect(await fileSystems.get('mfs')?.probe(bufferSource(volume))).toBe(40);
  });

  it('says how many files a damaged directory has lost', async () => {
    const volume = fixture('mfs', 'floppy');
    volume.fill(0, DIRECTORY, DIRECTORY + 512);
    const told = await listed('mfs', volume);
    expect(told.codes).toEqual(['mfs/files-missing']);
    expect(told.entries.length).toBeGreaterThan(20);
  });

  it('ends a chain of blocks that is a circle', async () => {
    const volume = fixture('mfs', 'floppy');
    const start = volume.readUInt16BE(volume.indexOf('letter to the editor') - 51 + 22);
    // Its entry in the map, of 12 bits, made to say that it follows itself.
    const at = 1024 + 64 + Math.floor(((start - 2) * 3) / 2);
    const isEven = start % 2 === 0;
    volume[at] = isEven ? start >> 4 : ((volume[at] ?? 0) & 0xf0) | (start >> 8);
    volume[at + 1] = isEven ? ((volume[at + 1] ?? 0) & 0x0f) | ((start & 15) << 4) : start & 0xff;
    const told = await listed('mfs', volume);
    await expect(bytesOf(told, 'letter to the editor')).rejects.toMatchObject({ code: 'filesystem/absent' });
    const runs = await told.entries.find(({ path }) => path === 'letter to the editor')?.streams[0]?.runs();
    expect(runs?.map(({ kind, length }) => [kind, length])).toEqual([
      ['stored', 1024],
      ['absent', 9001 - 1024],
    ]);
  });

  it('faults a file that begins at no block', async () => {
    const volume = fixture('mfs', 'floppy');
    volume.writeUInt16BE(4000, volume.indexOf('letter to the editor') - 51 + 22);
    await expect(bytesOf(await listed('mfs', volume), 'letter to the editor')).rejects.toMatchObject({ code: 'mfs/chain' });
  });

  it('tells where the Finder showed a file', () => {
    const folders = whole.entries.map(({ facts }) => facts?.['finderFolder']);
    expect(folders.filter((folder) => folder !== undefined)).toEqual([5, -2]);
  });

  it('keeps to the limits of a listing', async () => {
    const told = await listed('mfs', fixture('mfs', 'floppy'), OPEN_OPTIONS, { entryCount: 3, depth: 255 });
    expect(told.entries.length).toBe(3);
    expect(told.codes).toEqual(['filesystem/too-many']);
  });
});
