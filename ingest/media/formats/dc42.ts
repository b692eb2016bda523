/**
 * Apple Disk Copy 4.2 image of a Macintosh, Lisa or Apple II floppy.
 *
 * On disk, big-endian: a header of 84 bytes with checksums, the sectors in order, then 12 (Macintosh) or 20 bytes (Lisa) of tags
 * for each sector. The tags are checked, and are no part of the medium.
 */
import { Fault, FaultKind, escaped, layout, raw, u16be, u32be, u8 } from '../../kernel/index.ts';
import { flatMedia } from '../floppy/flat-media.ts';
import { type ByteSource, Confidence, type MediaFacts, type MediaFormat } from '../media.ts';

const MARK = 0x0100;
const SECTOR_SIZE = 512;
const LARGEST = 32 * 1024 * 1024; // checksums are made at opening: no floppy comes near it
const UNCHECKED_TAGS = 12; // those of the first sector are not in the checksum

const header = layout('Disk Copy header', 84, {
  nameLength: [0, u8],
  name: [1, raw(63)],
  dataSize: [64, u32be],
  tagSize: [68, u32be],
  dataChecksum: [72, u32be],
  tagChecksum: [76, u32be],
  encoding: [80, u8],
  formatByte: [81, u8],
  mark: [82, u16be],
});

type Header = ReturnType<typeof header.decode>;

/** By the disk's encoding: cylinders, heads, sectors a track (0: zones), recording. */
const DISKS: Readonly<Record<number, readonly [number, number, number, string]>> = {
  0: [80, 1, 0, 'GCR'],
  1: [80, 2, 0, 'GCR'],
  2: [80, 2, 9, 'MFM'],
  3: [80, 2, 18, 'MFM'],
};
const SIZES: Readonly<Record<number, number>> = { 0: 409_600, 1: 819_200, 2: 737_280, 3: 1_474_560 };

export const format: MediaFormat = {
  id: 'dc42',
  title: 'Apple Disk Copy 4.2 image',
  sources: ['Apple II File Type Note $E0/0005: DiskCopy disk image', 'PRONOM fmt/625'],
  puid: 'fmt/625',

  async probe(container) {
    if (container.size < header.size) return Confidence.No;
    const h = header.decode(await container.read(0, header.size));
    return isSane(h) && header.size + h.dataSize + h.tagSize <= container.size ? Confidence.Certain : Confidence.No;
  },

  async open(container) {
    const h = header.decode(await container.read(0, Math.min(header.size, container.size)));
    if (!isSane(h)) {
      const message = `the Disk Copy header says ${h.dataSize} bytes of data (and ${h.tagSize} of tags); it is damaged`;
      throw new Fault(FaultKind.Corrupt, 'dc42/header', message, { dataSize: h.dataSize, tagSize: h.tagSize, mark: h.mark });
    }
    const warnings = await checksums(container, h);
    return flatMedia(container, {
      format: 'dc42',
      at: header.size,
      size: h.dataSize,
      sectorSize: SECTOR_SIZE,
      facts: factsOf(h),
      warnings,
    });
  },
};

function isSane(h: Header): boolean {
  const isSize = h.dataSize >= SECTOR_SIZE && h.dataSize % SECTOR_SIZE === 0 && h.dataSize <= LARGEST && h.tagSize <= LARGEST;
  return h.mark === MARK && h.nameLength >= 1 && h.nameLength <= 63 && isSize;
}

async function checksums(container: ByteSource, h: Header): Promise<Fault[]> {
  const faults: Fault[] = [];
  const tagsAt = header.size + h.dataSize;
  const parts = [
    { what: 'data', at: header.size, size: h.dataSize, stored: h.dataChecksum },
    { what: 'tags', at: tagsAt + UNCHECKED_TAGS, size: h.tagSize - UNCHECKED_TAGS, stored: h.tagChecksum },
  ];
  for (const { what, at, size, stored } of parts) {
    if (size <= 0 || at + size > container.size) continue;
    const computed = checksum(await container.read(at, size));
    if (computed === stored) continue;
    const message = `the checksum of the ${what} is ${hex(computed)} and the image says ${hex(stored)}; it was changed after it was made`;
    faults.push(new Fault(FaultKind.Corrupt, 'dc42/checksum', message, { what, stored: hex(stored), computed: hex(computed) }));
  }
  return faults;
}

/** Adds each big-endian word, then turns the sum right by one bit. */
function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let at = 0; at + 2 <= bytes.length; at += 2) {
    sum = (sum + bytes.readUInt16BE(at)) >>> 0;
    sum = ((sum >>> 1) | (sum << 31)) >>> 0;
  }
  return sum;
}

function factsOf(h: Header): MediaFacts {
  const disk = SIZES[h.encoding] === h.dataSize ? DISKS[h.encoding] : undefined;
  const [cylinders = 0, heads = 0, sectorsPerTrack = 0, encoding = ''] = disk ?? [];
  const label = escaped(new TextDecoder('macintosh').decode(h.name.subarray(0, h.nameLength))).trim();
  return {
    ...(disk === undefined ? {} : { cylinders, heads, encoding }),
    ...(sectorsPerTrack === 0 ? {} : { sectorsPerTrack }),
    bytesPerSector: SECTOR_SIZE,
    ...(label === '' ? {} : { label }),
    ...(h.tagSize === 0 ? {} : { tagSize: h.tagSize }),
    formatByte: `0x${h.formatByte.toString(16).padStart(2, '0')}`,
  };
}

function hex(n: number): string {
  return n.toString(16).padStart(8, '0');
}
