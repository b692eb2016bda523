/** Commodore disks with damage: chains in a circle, places that are none, directories that lead astray. */
import { describe, expect, it } from 'vitest';
import { entryAt, look, probed, volumeOf } from './small-disks.ts';

const BLOCK = 256;
const BEFORE_18 = 17 * 21;
const HEADER = BEFORE_18 * BLOCK;
const DIRECTORY = HEADER + BLOCK;

describe('a Commodore disk', () => {
  it('tells a file whose chain goes round, with the size of one round', async () => {
    const volume = volumeOf('cbm', '1541');
    const [track = 0, sector = 0] = volume.subarray(DIRECTORY + 3, DIRECTORY + 5);
    const at = ((track - 1) * 21 + sector) * BLOCK;
    volume[at] = track;
    volume[at + 1] = sector;
    const hello = entryAt(await look('cbm', volume), 'hello');
    expect(hello.faults?.map(({ code }) => code)).toEqual(['cbm/loop']);
    expect(hello.streams[0]?.size).toBe(254);
  });

  it('lists a directory that leads back to itself once', async () => {
    const volume = volumeOf('cbm', '1541');
    const before = (await look('cbm', volume)).entries.length;
    volume[DIRECTORY] = 18;
    volume[DIRECTORY + 1] = 1;
    const { entries, codes } = await look('cbm', volume);
    expect(entries).toHaveLength(before);
    expect(codes).toEqual(['cbm/loop']);
  });

  it('gives what it has of a file that leads off the disk', async () => {
    const volume = volumeOf('cbm', '1541');
    volume[DIRECTORY + 3 + 32] = 77;
    volume[DIRECTORY + 2 + 32] = 0x81;
    const looked = await look('cbm', volume);
    expect(entryAt(looked, 'notes').streams[0]?.size).toBe(0);
    expect(looked.codes).toEqual(['cbm/place']);
  });

  it('is listed where copy protection altered the mark of its header', async () => {
    const volume = volumeOf('cbm', '1541');
    volume[HEADER + 2] = 0;
    expect(await probed('cbm', volume)).toBe(75);
    expect((await look('cbm', volume)).entries.length).toBeGreaterThan(3);
  });

  it('does not take an empty or a random disk of its size for its own', async () => {
    expect(await probed('cbm', Buffer.alloc(174_848))).toBe(0);
    expect(await probed('cbm', Buffer.alloc(819_200, 0xe5))).toBe(0);
    expect(await probed('cbm', Buffer.from(Array.from({ length: 174_848 }, (_, at) => (at * at) & 0xff)))).toBe(0);
  });

  it('reads the disk of an image that carries error codes', async () => {
    const volume = Buffer.concat([volumeOf('cbm', '1541'), Buffer.alloc(683, 1)]);
    expect((await look('cbm', volume)).codes).toEqual([]);
  });

  it('says that an image is cut, and which files with it', async () => {
    const volume = volumeOf('cbm', '1541').subarray(0, (BEFORE_18 + 19) * BLOCK);
    expect((await look('cbm', volume)).codes).toContain('cbm/size');
  });

  it('takes two records at one place for one, so that no disk grows without bounds', async () => {
    const volume = volumeOf('cbm', 'geos');
    const index = (4 * 21 + 1) * BLOCK;
    for (let at = 2; at < BLOCK; at += 2) volume.set([6, 0], index + at);
    const letter = entryAt(await look('cbm', volume), 'Letter to Anna');
    expect(letter.streams[0]?.size).toBe(300);
  });
});
