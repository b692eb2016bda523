/** Tables of other systems that were made to mislead: loops, absurd counts, impossible places. */
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { codesOf, fixture, listed, namesOf } from './fixtures.ts';

/** Writes the checksum of an Amiga block anew. */
function summed(medium: Buffer, at: number): void {
  medium.writeUInt32BE(0, at + 8);
  let sum = 0;
  for (let each = 0; each < medium.readUInt32BE(at + 4) * 4; each += 4) sum = (sum + medium.readInt32BE(at + each)) | 0;
  medium.writeInt32BE(-sum | 0, at + 8);
}

describe('an Apple partition map', () => {
  it('that promises four thousand million entries lists those that it has', async () => {
    const medium = fixture('apm/disk');
    medium.writeUInt32BE(0xffff_ffff, 512 + 4);
    const volumes = await listed(medium);
    expect(namesOf(volumes)).toEqual(['apm 2', 'apm 3']);
    expect(codesOf(volumes)).toEqual(['apm/count']);
  });
});

describe('an Amiga disk', () => {
  const parts = (medium: Buffer): number[] =>
    Array.from({ length: 16 }, (_each, block) => block * 512).filter((at) => medium.toString('latin1', at, at + 4) === 'PART');

  it('whose list of partitions is a circle lists each once', async () => {
    const medium = fixture('rdb/typed');
    for (const at of parts(medium))
      if (medium.readUInt32BE(at + 16) === 0xffff_ffff) {
        medium.writeUInt32BE(Math.min(...parts(medium)) / 512, at + 16);
        summed(medium, at);
      }
    const volumes = await listed(medium);
    expect(namesOf(volumes)).toEqual(['rdb 1', 'rdb 2']);
    expect(codesOf(volumes)).toEqual(['rdb/list']);
  });

  it('with a partition that ends before it begins leaves it out', async () => {
    const medium = fixture('rdb/typed');
    const [first = 0] = parts(medium);
    medium.writeUInt32BE(0xffff_fff0, first + 164);
    summed(medium, first);
    const volumes = await listed(medium);
    expect(namesOf(volumes)).toHaveLength(1);
    expect(codesOf(volumes)).toEqual(['rdb/partition']);
  });

  it('with a wrong checksum is listed as it stands', async () => {
    const medium = fixture('rdb/typed');
    const [first = 0] = parts(medium);
    medium.writeUInt32BE(7, first + 8);
    const volumes = await listed(medium);
    expect(namesOf(volumes)).toEqual(['rdb 1', 'rdb 2']);
    expect(codesOf(volumes)).toEqual(['rdb/checksum']);
  });
});

describe('an Atari disk', () => {
  it('whose extended partitions lead in a circle lists each once', async () => {
    const medium = fixture('ahdi/chain');
    // The chain's last record, which names one volume, leads to the first.
    const last = 5001 * 512;
    medium.set([1, 0x58, 0x47, 0x4d], last + 0x1c6 + 12);
    medium.writeUInt32BE(0, last + 0x1c6 + 16);
    medium.writeUInt32BE(10, last + 0x1c6 + 20);
    const volumes = await listed(medium);
    expect(namesOf(volumes)).toEqual(['ahdi 1', 'ahdi 2', 'ahdi 3', 'ahdi 4']);
    expect(codesOf(volumes)).toEqual(['ahdi/chain']);
  });
});

describe('a Linux volume group', () => {
  it('with damaged metadata is named, and its logical volumes are said to be unknown', async () => {
    const medium = fixture('lvm2/disk');
    const at = medium.lastIndexOf('archive {');
    medium.write('broken', at);
    const volumes = await listed(medium);
    expect(namesOf(volumes)).toEqual(['none']);
    expect(codesOf(volumes)).toEqual(['lvm2/metadata']);
  });

  it('says of what is to be put together how it lies, and how large it is', async () => {
    const { warnings } = await listed(fixture('lvm2/disk'));
    expect(warnings[0]?.facts['volumes']).toEqual(['scattered (linear, 1310720 bytes)']);
  });
});

describe('a BSD label', () => {
  it('that promises 65,535 partitions is none', async () => {
    const medium = fixture('bsd/slice');
    medium.writeUInt16LE(0xffff, 63 * 512 + 512 + 138);
    expect(namesOf(await listed(medium))).toEqual(['mbr 1', 'mbr 2']);
  });
});

describe('tables in volumes in volumes', () => {
  it('are not followed without end', async () => {
    // Each volume is a disk with a table whose volume begins one sector on.
    const medium = Buffer.alloc(1 << 20);
    for (let sector = 0; sector < 2048; sector++) {
      const at = sector * 512;
      medium.writeUInt8(0x83, at + 0x1be + 4);
      medium.writeUInt32LE(1, at + 0x1be + 8);
      medium.writeUInt32LE(2047 - sector, at + 0x1be + 12);
      medium.writeUInt16LE(0xaa55, at + 510);
    }
    expect(namesOf(await listed(medium))).toEqual(['mbr 1', 'mbr 1.1', 'mbr 1.1.1', 'mbr 1.1.1.1']);
  });
});

describe('a GUID partition table of thousands of volumes, each with a large table of its own', () => {
  it('is not looked into without end', async () => {
    const [count, first] = [4096, 5000];
    const medium = Buffer.alloc(16 * 1024 * 1024);
    for (let index = 0; index < count; index++) {
      const at = 1024 + index * 128;
      medium.fill(0x11, at, at + 32);
      medium.writeUInt32LE(first + index, at + 32);
      medium.writeUInt32LE(32_000, at + 40);
      header(medium, (first + index + 1) * 512, 16_384);
    }
    header(medium, 512, count);
    const volumes = await listed(medium);
    expect(volumes.volumes.filter(({ number }) => !number.includes('.'))).toHaveLength(count);
    expect(codesOf(volumes)).toContain('volumes/too-large');
  });
});

/** A header that is right where it stands; the entries of the first are right too. */
function header(medium: Buffer, at: number, count: number): void {
  medium.write('EFI PART', at, 'latin1');
  medium.writeUInt32LE(92, at + 12);
  medium.writeUInt32LE(1, at + 24);
  medium.writeUInt32LE(2, at + 72);
  medium.writeUInt32LE(count, at + 80);
  medium.writeUInt32LE(128, at + 84);
  medium.writeUInt32LE(at === 512 ? crc32(medium.subarray(1024, 1024 + count * 128)) : 0, at + 88);
  medium.writeUInt32LE(0, at + 16);
  medium.writeUInt32LE(crc32(medium.subarray(at, at + 92)), at + 16);
}
