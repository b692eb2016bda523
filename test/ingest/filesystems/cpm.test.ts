/** What is taken for a CP/M disk, and what is not. */
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { entryAt, look, probed, volumeOf } from './small-disks.ts';

const DIRECTORY = 0;
const ENTRY = 32;

/** Index of the entry that describes a file, in the directory of the data disk. */
function placeOf(volume: Buffer, name: string): number {
  for (let at = DIRECTORY; at < DIRECTORY + 64 * ENTRY; at += ENTRY)
    if (volume.toString('latin1', at + 1, at + 9).trimEnd() === name && (volume[at] ?? 0) < 32) return at;
  throw new RangeError(name);
}

describe('a CP/M disk', () => {
  it('is nothing that could be anything: empty, erased, random, or text', async () => {
    for (const size of [102_400, 143_360, 184_320, 204_800, 256_256, 409_600, 737_280, 819_200, 4_194_304]) {
      expect(await probed('cpm', Buffer.alloc(size))).toBe(0);
      expect(await probed('cpm', Buffer.alloc(size, 0xe5))).toBe(0);
      expect(await probed('cpm', Buffer.alloc(size, 0xf6))).toBe(0);
      expect(await probed('cpm', randomBytes(size))).toBe(0);
      expect(await probed('cpm', Buffer.alloc(size, 'The quick brown fox\r\n'))).toBe(0);
    }
  });

  it('is a guess, unless the disk says how it is laid out', async () => {
    expect(await probed('cpm', volumeOf('cpm', 'pcw-720'))).toBe(40);
    expect(await probed('cpm', volumeOf('cpm', 'pcw-told'))).toBe(75);
  });

  it('is not seen in the disks of other systems', async () => {
    for (const [id, name] of [
      ['fat', 'dos1-160k'],
      ['fat', 'atari-st'],
      ['cbm', '1581'],
      ['appledos', 'dos33'],
      ['prodos', 'floppy'],
    ] as const)
      expect(await probed('cpm', volumeOf(id, name))).toBe(0);
  });

  it('has no bytes for a block that the disk does not have', async () => {
    const volume = volumeOf('cpm', 'cpc-data');
    const at = placeOf(volume, 'ANNA');
    volume.writeUInt8(0xfe, at + 16);
    const [stream] = entryAt(await look('cpm', volume), 'ANNA.TXT').streams;
    expect((await stream?.runs())?.map(({ kind }) => kind)).toEqual(['absent']);
  });

  it('tells two entries for one part of a file', async () => {
    const volume = volumeOf('cpm', 'cpc-data');
    const at = placeOf(volume, 'F1');
    volume.write('F2 ', at + 1, 'latin1');
    const looked = await look('cpm', volume);
    expect(looked.codes).toEqual(['cpm/extent']);
  });
});
