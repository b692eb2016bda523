/**
 * The disk as a VirtualBox image (VDI), dynamic, blocks of 1 MiB.
 *
 * Header, map of u32le, then the blocks in use in the order of the disk (VirtualBox src/VBox/Storage/VDICore.h).
 */
import { ascii, guid, roundedUp, structure, table, u32le, u64le, zeros } from '../bytes.ts';
import type { MediaWriter } from '../media-writer.ts';

const BLOCK = 1 << 20;
const HEADER = 512;
const FREE = 0xffff_ffff;
const DYNAMIC = 1;

export const writer: MediaWriter = {
  id: 'vdi',
  title: 'VirtualBox disk image',
  extension: '.vdi',
  format: 'vdi',
  sectorSize: 512,
  largest: 2 ** 46,
  blockSize: BLOCK,
  async *write(disk) {
    const { count, usedCount } = disk.used;
    const dataOffset = roundedUp(HEADER + count * 4, BLOCK);
    yield structure(HEADER, [
      [0x000, ascii('<<< Oracle VM VirtualBox Disk Image >>>\n')],
      [0x040, u32le(0xbeda107f)],
      [0x044, u32le(0x0001_0001)],
      [0x048, u32le(400)], // of the header
      [0x04c, u32le(DYNAMIC)],
      [0x154, u32le(HEADER)], // where the map begins
      [0x158, u32le(dataOffset)],
      [0x168, u32le(512)], // a sector
      [0x170, u64le(disk.size)],
      [0x178, u32le(BLOCK)],
      [0x180, u32le(count)],
      [0x184, u32le(usedCount)],
      [0x188, guid(disk.uuid('image').toString('hex'))],
      [0x198, guid(disk.uuid('snapshot').toString('hex'))],
    ]);
    let next = 0;
    yield* table(count, 4, (bytes, at, index) => bytes.writeUInt32LE(disk.used.has(index) ? next++ : FREE, at));
    yield* zeros(HEADER + count * 4, dataOffset);
    yield* disk.blocks();
  },
};
