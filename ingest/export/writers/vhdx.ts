/**
 * The disk as a Hyper-V image (VHDX), dynamic, blocks of 2 MiB, sectors of 512 bytes.
 *
 * In this order, each at whole MiB: headers and region tables, an empty log, metadata, block table, the blocks in use in the
 * order of the disk ([MS-VHDX]).
 */
import { crc32c } from '../../media/index.ts';
import { ascii, guid, roundedUp, structure, type Row, table, u16le, u32le, u64le, utf16, zeros } from '../bytes.ts';
import type { Disk, MediaWriter } from '../media-writer.ts';

const MIB = 1 << 20;
const KIB = 1 << 10;
const BLOCK = 2 * MIB;
const SECTOR = 512;
/** Blocks of which one sector bitmap tells: after each so many entries of the table comes one for a bitmap. */
const PER_BITMAP = (2 ** 23 * SECTOR) / BLOCK;
const LOG_AT = MIB;
const METADATA_AT = 2 * MIB;
const TABLE_AT = 3 * MIB;
/** State of a block that lies in the file; 0 is "not there", which reads as zeros. */
const PRESENT = 6n;
const REQUIRED = 4;
const OF_DISK = 2;

export const writer: MediaWriter = {
  id: 'vhdx',
  title: 'Hyper-V disk image, dynamic',
  extension: '.vhdx',
  format: 'vhdx',
  sectorSize: SECTOR,
  largest: 2 ** 46,
  blockSize: BLOCK,
  async *write(disk) {
    const { used } = disk;
    const entryCount = used.count + Math.floor((used.count - 1) / PER_BITMAP);
    const dataAt = TABLE_AT + Math.max(MIB, roundedUp(entryCount * 8, MIB));
    const regions = regionsOf(dataAt - TABLE_AT);
    yield structure(MIB, [
      [0, ascii('vhdxfile')],
      [8, utf16('Strongroom')],
      [64 * KIB, headerOf(disk, 1)],
      [128 * KIB, headerOf(disk, 2)],
      [192 * KIB, regions],
      [256 * KIB, regions],
    ]);
    yield* zeros(LOG_AT, METADATA_AT);
    yield metadataOf(disk);
    let next = dataAt / MIB;
    yield* table(entryCount, 8, (bytes, at, entry) => {
      if (entry % (PER_BITMAP + 1) === PER_BITMAP || !used.has(entry - Math.floor(entry / (PER_BITMAP + 1)))) return;
      bytes.writeBigUInt64LE(PRESENT | (BigInt(next) << 20n), at);
      next += BLOCK / MIB;
    });
    yield* zeros(TABLE_AT + entryCount * 8, dataAt);
    yield* disk.blocks();
  },
};

/** "Header": no log GUID, so nothing is to be replayed. */
function headerOf(disk: Disk, sequence: number): Buffer {
  return summed(4 * KIB, [
    [0, ascii('head')],
    [8, u64le(sequence)],
    [16, guid(disk.uuid('file').toString('hex'))],
    [32, guid(disk.uuid('data').toString('hex'))],
    [66, u16le(1)], // version
    [68, u32le(METADATA_AT - LOG_AT)],
    [72, u64le(LOG_AT)],
  ]);
}

function regionsOf(tableLength: number): Buffer {
  const region = (id: string, offset: number, length: number): Buffer =>
    structure(32, [
      [0, guid(id)],
      [16, u64le(offset)],
      [24, u32le(length)],
      [28, u32le(1)],
    ]); // prettier-ignore
  return summed(64 * KIB, [
    [0, ascii('regi')],
    [8, u32le(2)],
    [16, region('2dc27766-f623-4200-9d64-115e9bfd4a08', TABLE_AT, tableLength)],
    [48, region('8b7ca206-4790-4b9a-b8fe-575f050f886e', METADATA_AT, MIB)],
  ]);
}

function metadataOf(disk: Disk): Buffer {
  const items: readonly (readonly [id: string, flags: number, value: Buffer])[] = [
    ['caa16737-fa36-4d43-b3b6-33f0aa44e76b', REQUIRED, Buffer.concat([u32le(BLOCK), u32le(0)])], // file parameters
    ['2fa54224-cd1b-4876-b211-5dbed83bf4b8', REQUIRED | OF_DISK, u64le(disk.size)],
    ['beca12ab-b2e6-4523-93ef-c309e000c746', REQUIRED | OF_DISK, guid(disk.uuid('disk').toString('hex'))],
    ['8141bf1d-a96f-4709-ba47-f233a8faab5f', REQUIRED | OF_DISK, u32le(SECTOR)], // logical
    ['cda348c7-445d-4471-9cc9-e9885251c556', REQUIRED | OF_DISK, u32le(SECTOR)], // physical
  ];
  const rows: Row[] = [
    [0, ascii('metadata')],
    [10, u16le(items.length)],
  ];
  let offset = 64 * KIB;
  for (const [index, [id, flags, value]] of items.entries()) {
    const entry = structure(32, [
      [0, guid(id)],
      [16, u32le(offset)],
      [20, u32le(value.length)],
      [24, u32le(flags)],
    ]); // prettier-ignore
    rows.push([32 + index * 32, entry], [offset, value]);
    offset += value.length;
  }
  return structure(MIB, rows);
}

/** With its CRC-32C, at byte 4. */
function summed(size: number, rows: readonly Row[]): Buffer {
  const bytes = structure(size, rows);
  bytes.writeUInt32LE(crc32c(bytes, 4), 4);
  return bytes;
}
