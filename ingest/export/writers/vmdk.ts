/**
 * The disk as a VMware image (VMDK), streamOptimized: grains of 64 KiB, packed on all cores, those of zeros left out.
 *
 * In this order: header, descriptor, grains with a table after each 512 of them, directory, a second header that says where
 * the directory is, end (VMware Virtual Disk Format 5.0).
 */
import { isZero } from '../../digest/index.ts';
import { inParallel } from '../../kernel/index.ts';
import { ascii, roundedUp, structure, u16le, u32le, u64le, u8 } from '../bytes.ts';
import type { Disk, MediaWriter } from '../media-writer.ts';
import { packed } from '../packed.ts';

const SECTOR = 512;
const GRAIN = 1 << 16;
const GRAIN_SECTORS = GRAIN / SECTOR;
const PER_TABLE = 512;
const DESCRIPTOR_AT = 1;
const DESCRIPTOR_SECTORS = 20;
const GRAINS_AT = 128;
const AT_END = 0xffff_ffff_ffff_ffffn;
const MARKER = { End: 0, Table: 1, Directory: 2, Footer: 3 } as const;

export const writer: MediaWriter = {
  id: 'vmdk',
  title: 'VMware disk image, stream-optimised',
  extension: '.vmdk',
  format: 'vmdk',
  sectorSize: SECTOR,
  // Places in the file are told in 32 bits of sectors, and grains that can't be packed grow a little.
  largest: 2000 * 2 ** 30,
  isCompressed: true,
  async *write(disk) {
    yield headerOf(disk, AT_END);
    yield structure((GRAINS_AT - DESCRIPTOR_AT) * SECTOR, [[0, ascii(descriptorOf(disk))]]);
    const tables = new Uint32Array(Math.ceil(disk.size / GRAIN / PER_TABLE));
    let at = GRAINS_AT;
    let table = Buffer.alloc(PER_TABLE * 4);
    let index = 0;
    const grains = inParallel(disk.chunks(GRAIN), (bytes) => (isZero(bytes) ? ZEROS : packed(full(bytes))));
    for await (const bytes of grains) {
      if (bytes !== undefined) {
        const grain = structure(roundedUp(12 + bytes.length, SECTOR), [
          [0, u64le(index * GRAIN_SECTORS)],
          [8, u32le(bytes.length)],
          [12, bytes],
        ]);
        table.writeUInt32LE(at, (index % PER_TABLE) * 4);
        at += grain.length / SECTOR;
        yield grain;
      }
      index++;
      const isLast = index * GRAIN >= disk.size;
      if ((index % PER_TABLE !== 0 && !isLast) || isZero(table)) continue;
      yield marker(MARKER.Table, table.length);
      yield table;
      tables[Math.ceil(index / PER_TABLE) - 1] = at + 1;
      at += 1 + table.length / SECTOR;
      table = Buffer.alloc(table.length);
    }
    const directory = Buffer.alloc(roundedUp(tables.length * 4, SECTOR));
    for (const [entry, sector] of tables.entries()) directory.writeUInt32LE(sector, entry * 4);
    yield marker(MARKER.Directory, directory.length);
    yield directory;
    yield marker(MARKER.Footer, SECTOR);
    yield headerOf(disk, at + 1);
    yield marker(MARKER.End, 0);
  },
};

const ZEROS = Promise.resolve(undefined);

function full(bytes: Buffer): Buffer {
  return bytes.length === GRAIN ? bytes : Buffer.concat([bytes], GRAIN);
}

/** SparseExtentHeader. @param directory its sector. */
function headerOf(disk: Disk, directory: number | bigint): Buffer {
  return structure(SECTOR, [
    [0, ascii('KDMV')],
    [4, u32le(3)], // version
    [8, u32le(0x3_0001)], // newline check, compressed grains, markers
    [12, u64le(disk.size / SECTOR)],
    [20, u64le(GRAIN_SECTORS)],
    [28, u64le(DESCRIPTOR_AT)],
    [36, u64le(DESCRIPTOR_SECTORS)],
    [44, u32le(PER_TABLE)],
    [56, u64le(directory)],
    [64, u64le(GRAINS_AT)],
    [72, u8(0)], // closed properly
    [73, ascii('\n \r\n')],
    [77, u16le(1)], // deflate
  ]);
}

function marker(type: number, size: number): Buffer {
  return structure(SECTOR, [
    [0, u64le(size / SECTOR)],
    [12, u32le(type)],
  ]);
}

function descriptorOf(disk: Disk): string {
  const sectorCount = disk.size / SECTOR;
  return [
    '# Disk DescriptorFile',
    'version=1',
    `CID=${disk.uuid('content').toString('hex', 0, 4)}`,
    'parentCID=ffffffff',
    'createType="streamOptimized"',
    '',
    '# Extent description',
    `RW ${sectorCount} SPARSE "${disk.id}.vmdk"`,
    '',
    '# The Disk Data Base',
    '#DDB',
    '',
    'ddb.adapterType = "ide"',
    `ddb.geometry.cylinders = "${Math.min(16_383, Math.max(1, Math.floor(sectorCount / 16 / 63)))}"`,
    'ddb.geometry.heads = "16"',
    'ddb.geometry.sectors = "63"',
    'ddb.virtualHWVersion = "4"',
    '',
  ].join('\n');
}
