/** What is special of GUID partition tables: damaged copies, absurd counts, and tables beside them. */
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { codesOf, fixture, listed, namesOf } from './fixtures.ts';

const ALL = ['gpt 1', 'gpt 2', 'gpt 3'];

/** Writes the checksum of a header anew. */
function sealed(medium: Buffer, at: number): void {
  medium.writeUInt32LE(0, at + 16);
  medium.writeUInt32LE(crc32(medium.subarray(at, at + 92)), at + 16);
}

describe('GUID partition tables', () => {
  it('are read from the end of the disk when the entries at its beginning are damaged', async () => {
    const medium = fixture('gpt/plain');
    medium.fill(0xaa, 1024, 1024 + 128);
    const volumes = await listed(medium);
    expect(namesOf(volumes)).toEqual(ALL);
    expect(codesOf(volumes)).toEqual(['gpt/primary']);
  });

  it('say when the copy at the end of the disk is damaged', async () => {
    const medium = fixture('gpt/plain');
    medium.fill(0, medium.length - 512);
    const volumes = await listed(medium);
    expect(namesOf(volumes)).toEqual(ALL);
    expect(codesOf(volumes)).toEqual(['gpt/backup']);
  });

  it('are listed as far as they can be when both copies are damaged', async () => {
    const medium = fixture('gpt/plain');
    medium[1024 + 128 + 56] = 0x21;
    medium[medium.length - 33 * 512 + 56] = 0x21;
    const volumes = await listed(medium);
    expect(namesOf(volumes)).toEqual(ALL);
    expect(codesOf(volumes)).toEqual(['gpt/damaged']);
  });

  it('leave out entries that end before they begin', async () => {
    const medium = fixture('gpt/plain');
    medium.writeUInt32LE(1, 1024 + 40);
    medium.writeUInt32LE(crc32(medium.subarray(1024, 1024 + 128 * 128)), 512 + 88);
    sealed(medium, 512);
    const volumes = await listed(medium);
    expect(namesOf(volumes)).toEqual(['gpt 2', 'gpt 3']);
    expect(codesOf(volumes)).toEqual(['gpt/copies-differ', 'gpt/entry']);
  });

  it.each([
    ['four thousand million entries', 80],
    ['entries of four thousand million bytes', 84],
  ])('are not read by a header that promises %s', async (_what, field) => {
    const medium = fixture('gpt/plain');
    medium.writeUInt32LE(0xffff_ffff, 512 + field);
    sealed(medium, 512);
    const volumes = await listed(medium);
    expect(namesOf(volumes)).toEqual(ALL);
    expect(codesOf(volumes)).toEqual(['gpt/primary']);
  });

  it('are told as doubtful beside a boot record that has volumes of its own', async () => {
    const medium = fixture('gpt/plain');
    medium.writeUInt8(0x83, 0x1be + 4);
    medium.writeUInt32LE(64, 0x1be + 8);
    medium.writeUInt32LE(1000, 0x1be + 12);
    const volumes = await listed(medium);
    expect(namesOf(volumes)).toEqual(['mbr 1', ...ALL]);
    expect(codesOf(volumes)).toEqual(['gpt/not-announced']);
  });
});
