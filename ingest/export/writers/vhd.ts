/**
 * The disk as a Virtual PC image (VHD), dynamic, blocks of 2 MiB.
 *
 * In this order: copy of the footer, header, block table, the blocks in use in the order of the disk each after its sector
 * bitmap, footer (VHD specification 1.0). The creator is `win `: QEMU and others then take the disk's size from the footer,
 * exactly; of creators they do not know they take what the geometry comes to, which is less.
 */
import { ascii, roundedUp, structure, table, u16be, u32be, u64be, u8, zeros } from '../bytes.ts';
import type { Disk, MediaWriter } from '../media-writer.ts';

const BLOCK = 2 << 20;
const BITMAP = BLOCK / 512 / 8;
const SECTOR = 512;
const FOOTER = 512;
const HEADER = 1024;
const TABLE_AT = FOOTER + HEADER;
const DYNAMIC = 3;
const NONE = 0xffff_ffff;
const ALL_ONES = 0xffff_ffff_ffff_ffffn;
const SINCE_2000_MS = Date.UTC(2000, 0, 1);

export const writer: MediaWriter = {
  id: 'vhd',
  title: 'Virtual PC disk image, dynamic',
  extension: '.vhd',
  format: 'vhd',
  sectorSize: SECTOR,
  largest: 2040 * 2 ** 30,
  blockSize: BLOCK,
  async *write(disk) {
    const { count, used } = { count: disk.used.count, used: disk.used };
    const dataAt = TABLE_AT + roundedUp(count * 4, SECTOR);
    const footer = footerOf(disk);
    yield footer;
    yield summed(HEADER, 36, [
      [0, ascii('cxsparse')],
      [8, u64be(ALL_ONES)],
      [16, u64be(TABLE_AT)],
      [24, u32be(0x0001_0000)],
      [28, u32be(count)],
      [32, u32be(BLOCK)],
    ]);
    let next = dataAt / SECTOR;
    yield* table(count, 4, (bytes, at, index) => {
      bytes.writeUInt32BE(used.has(index) ? next : NONE, at);
      if (used.has(index)) next += (BITMAP + BLOCK) / SECTOR;
    });
    for (const filler of zeros(TABLE_AT + count * 4, dataAt)) yield Buffer.alloc(filler.length, 0xff);
    const bitmap = Buffer.alloc(BITMAP, 0xff);
    for await (const block of disk.blocks()) {
      yield bitmap;
      yield block;
    }
    yield footer;
  },
};

/** "Hard Disk Footer Format". */
function footerOf(disk: Disk): Buffer {
  const { cylinders, heads, sectors } = geometryOf(disk.size / SECTOR);
  const seconds = Math.floor((disk.sealedAt.getTime() - SINCE_2000_MS) / 1000);
  return summed(FOOTER, 64, [
    [0, ascii('conectix')],
    [8, u32be(2)], // features: reserved, always set
    [12, u32be(0x0001_0000)],
    [16, u64be(FOOTER)], // where the header is
    [24, u32be(Math.min(Math.max(seconds, 0), 0xffff_ffff))],
    [28, ascii('win ')],
    [32, u32be(0x0006_0001)],
    [36, ascii('Wi2k')],
    [40, u64be(disk.size)],
    [48, u64be(disk.size)],
    [56, u16be(cylinders)],
    [58, u8(heads)],
    [59, u8(sectors)],
    [60, u32be(DYNAMIC)],
    [68, disk.uuid('disk')],
  ]);
}

/** With its checksum: the complement of the sum of all bytes. */
function summed(size: number, checksumAt: number, rows: Parameters<typeof structure>[1]): Buffer {
  const bytes = structure(size, rows);
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.writeUInt32BE(~sum >>> 0, checksumAt);
  return bytes;
}

/** "Appendix: CHS Calculation". */
function geometryOf(sectorCount: number): { cylinders: number; heads: number; sectors: number } {
  const total = Math.min(sectorCount, 65_535 * 16 * 255);
  if (total >= 65_535 * 16 * 63) return { cylinders: Math.floor(total / 255 / 16), heads: 16, sectors: 255 };
  let sectors = 17;
  let tracks = Math.floor(total / sectors);
  let heads = Math.max(4, Math.floor((tracks + 1023) / 1024));
  if (tracks >= heads * 1024 || heads > 16) {
    [sectors, heads] = [31, 16];
    tracks = Math.floor(total / sectors);
  }
  if (tracks >= heads * 1024) {
    [sectors, heads] = [63, 16];
    tracks = Math.floor(total / sectors);
  }
  return { cylinders: Math.floor(tracks / heads), heads, sectors };
}
