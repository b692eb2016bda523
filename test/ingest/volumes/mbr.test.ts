/** What is special of PC partition tables: chains that were tampered with, and what only looks like a table. */
import { describe, expect, it } from 'vitest';
import { codesOf, fixture, listed, namesOf } from './fixtures.ts';

const EXTENDED_AT = 8192 * 512;

describe('PC partition tables', () => {
  it('list logical volumes up to where the chain comes back to itself', async () => {
    const medium = fixture('mbr/logical');
    // The third record leads to the first.
    const third = EXTENDED_AT + (24_576 - 2048 - 8192) * 512;
    medium.writeUInt8(5, third + 0x1ce + 4);
    medium.writeUInt32LE(0, third + 0x1ce + 8);
    medium.writeUInt32LE(2048, third + 0x1ce + 12);
    const volumes = await listed(medium);
    expect(namesOf(volumes)).toEqual(['mbr 1', 'mbr 2', 'mbr 5', 'mbr 6', 'mbr 7']);
    expect(codesOf(volumes)).toEqual(['mbr/chain']);
  });

  it('list what comes before a record that leads out of the extended partition', async () => {
    const medium = fixture('mbr/logical');
    medium.writeUInt32LE(0xffff_0000, EXTENDED_AT + 0x1ce + 8);
    const volumes = await listed(medium);
    expect(namesOf(volumes)).toEqual(['mbr 1', 'mbr 2', 'mbr 5']);
    expect(codesOf(volumes)).toEqual(['mbr/chain']);
  });

  it('leave out what a record names outside of its extended partition', async () => {
    const medium = fixture('mbr/logical');
    medium.writeUInt8(0x83, EXTENDED_AT + 0x1de + 4);
    medium.writeUInt32LE(100_000, EXTENDED_AT + 0x1de + 8);
    medium.writeUInt32LE(5, EXTENDED_AT + 0x1de + 12);
    const volumes = await listed(medium);
    expect(namesOf(volumes)).toEqual(['mbr 1', 'mbr 2', 'mbr 5', 'mbr 6', 'mbr 7']);
    expect(codesOf(volumes)).toEqual(['mbr/garbage']);
  });

  it('tell room between logical volumes as a gap', async () => {
    const { gaps } = await listed(fixture('mbr/logical'));
    expect(gaps).toContainEqual({ offset: 14_336 * 512 + 512, length: 2048 * 512 - 512 });
  });

  it('list an entry with a doubtful status, when all else fits', async () => {
    const medium = fixture('mbr/primary');
    medium.writeUInt8(0x81, 0x1be);
    const volumes = await listed(medium);
    expect(namesOf(volumes)).toEqual(['mbr 1', 'mbr 2', 'mbr 3']);
    expect(codesOf(volumes)).toEqual(['mbr/status']);
  });

  it('are not seen in a sector of code that ends with their mark', async () => {
    const medium = Buffer.alloc(1 << 20);
    for (let at = 0; at < 510; at++) medium[at] = (at * 37 + 11) & 0xff;
    medium.writeUInt16LE(0xaa55, 510);
    expect(namesOf(await listed(medium))).toEqual(['none']);
  });

  it('are not seen in a FAT boot sector', async () => {
    const medium = fixture('mbr/primary');
    medium.write('\xeb\x3c\x90MSDOS5.0', 0, 'latin1');
    medium.set([0x00, 0x02, 0x04, 0x01, 0x00, 0x02, 0x00, 0x02, 0x00, 0x00, 0xf8], 0x0b);
    expect(namesOf(await listed(medium))).toEqual(['none']);
  });

  it('leave out the entry of FreeBSD that means nothing', async () => {
    const medium = fixture('mbr/primary');
    medium.fill(0, 0x1be, 0x1be + 64);
    medium.writeUInt8(0xa5, 0x1be + 4);
    medium.writeUInt32LE(50_000, 0x1be + 12);
    expect(namesOf(await listed(medium))).toEqual(['none']);
  });

  it('say that the table is lost which a protective record announces', async () => {
    const medium = fixture('gpt/plain');
    medium.fill(0, 512, 34 * 512);
    medium.fill(0, medium.length - 34 * 512);
    const volumes = await listed(medium);
    expect(namesOf(volumes)).toEqual(['mbr 1']);
    expect(codesOf(volumes)).toEqual(['volumes/shadow-alone']);
  });
});
