/**
 * Apple II universal disk image (2IMG): a floppy, or a hard disk of ProDOS blocks.
 *
 * On disk: a header of 64 bytes, the disk in DOS or ProDOS order, then a comment and the creator's own data. The order of the
 * sectors is kept as it is and told. Not read: tracks as nibbles (format 2).
 */
import { Fault, FaultKind, ascii, escaped, layout, u16le, u32le } from '../../kernel/index.ts';
import { APPLE_DISK_SIZE, appleSystem } from '../floppy/apple2.ts';
import { flatMedia } from '../floppy/flat-media.ts';
import { type ByteSource, Confidence, type MediaFacts, type MediaFormat } from '../media.ts';

const BLOCK_SIZE = 512;
const SMALLEST_HEADER = 52;
const LONGEST_COMMENT = 65_536;
const IS_LOCKED = 0x8000_0000;
const HAS_VOLUME = 0x100;
const ORDERS: Readonly<Record<number, string>> = { 0: 'DOS 3.3', 1: 'ProDOS' };

const header = layout('2IMG header', 48, {
  signature: [0, ascii(4)],
  creator: [4, ascii(4)],
  headerSize: [8, u16le],
  version: [10, u16le],
  format: [12, u32le],
  flags: [16, u32le],
  blockCount: [20, u32le],
  dataOffset: [24, u32le],
  dataSize: [28, u32le],
  commentOffset: [32, u32le],
  commentSize: [36, u32le],
  creatorOffset: [40, u32le],
  creatorSize: [44, u32le],
});

type Header = ReturnType<typeof header.decode>;

export const format: MediaFormat = {
  id: '2img',
  title: 'Apple II universal disk image',
  sources: ['apple2.org.za: 2IMG universal format', 'CiderPress notes on 2IMG'],

  async probe(container) {
    if (container.size < SMALLEST_HEADER) return Confidence.No;
    return (await container.read(0, 4)).toString('latin1') === '2IMG' ? Confidence.Certain : Confidence.No;
  },

  async open(container) {
    const h = header.decode(await container.read(0, Math.min(header.size, container.size)));
    const order = ORDERS[h.format];
    if (order === undefined) {
      const what = h.format === 2 ? 'tracks as nibbles' : `a disk in the unknown format ${h.format}`;
      const message = `the 2IMG image holds ${what}, which is not read; convert a copy to sectors`;
      throw new Fault(FaultKind.Unsupported, '2img/format', message, { format: h.format });
    }
    const size = h.dataSize === 0 ? h.blockCount * BLOCK_SIZE : h.dataSize;
    if (h.dataOffset < SMALLEST_HEADER) {
      const message = `the 2IMG header says that the disk begins at byte ${h.dataOffset}, within the header; it is damaged`;
      throw new Fault(FaultKind.Corrupt, '2img/data-offset', message, { dataOffset: h.dataOffset });
    }
    const warnings: Fault[] = [];
    if (h.format === 1 && h.blockCount !== 0 && h.blockCount * BLOCK_SIZE !== size) {
      const message = `the 2IMG header says ${h.blockCount} blocks and ${size} bytes, which are not the same; the bytes are read`;
      warnings.push(new Fault(FaultKind.Corrupt, '2img/sizes-differ', message, { blockCount: h.blockCount, size }));
    }
    const facts = { ...factsOf(h, order, size), ...(await found(container, h, size)) };
    const sectorSize = h.format === 0 ? 256 : BLOCK_SIZE;
    return flatMedia(container, { format: '2img', at: h.dataOffset, size, sectorSize, facts, warnings });
  },
};

function factsOf(h: Header, sectorOrder: string, size: number): MediaFacts {
  const creator = escaped(Buffer.from(h.creator.trim(), 'latin1'));
  const floppy = { cylinders: 35, heads: 1, sectorsPerTrack: 16, bytesPerSector: 256, encoding: 'GCR' };
  return {
    ...(size === APPLE_DISK_SIZE ? floppy : { bytesPerSector: h.format === 0 ? 256 : BLOCK_SIZE }),
    ...(creator === '' ? {} : { creator }),
    sectorOrder,
    ...((h.flags & IS_LOCKED) === 0 ? {} : { writeProtected: 'yes' }),
    ...((h.flags & HAS_VOLUME) === 0 ? {} : { volumeNumber: h.flags & 0xff }),
  };
}

/** The comment, and what the disk itself says; the header's own word on the order stands. */
async function found(container: ByteSource, h: Header, size: number): Promise<MediaFacts> {
  const { sectorOrder, ...system } = (await appleSystem(container, h.dataOffset, size)) ?? {};
  const order = sectorOrder === undefined || sectorOrder === ORDERS[h.format] ? {} : { orderOfItsSystem: sectorOrder };
  const length = Math.min(h.commentSize, LONGEST_COMMENT, container.size - h.commentOffset);
  if (h.commentOffset < SMALLEST_HEADER || length <= 0) return { ...system, ...order };
  const lines = (await container.read(h.commentOffset, length)).toString('latin1').split(/\r\n|\r|\n|\0/);
  const notes = lines.map((line) => escaped(Buffer.from(line.trimEnd(), 'latin1'))).filter((line) => line !== '');
  return { ...system, ...order, ...(notes.length === 0 ? {} : { notes }) };
}
