/**
 * CopyQM image (CQM).
 *
 * On disk: a header of 133 bytes with the disk's parameter block, a comment, then all sectors packed as one: runs and literals.
 * Cylinders beyond those that hold files are often left out: they are absent.
 */
import { Fault, FaultKind, ascii, escaped, i32le, layout, raw, u16le, u8 } from '../../kernel/index.ts';
import { LARGEST_MEDIUM, readWhole, tooMany } from '../floppy/bytes.ts';
import { crcOf, unpackRuns } from '../floppy/copyqm.ts';
import { sectorMedia } from '../floppy/sector-media.ts';
import type { Track } from '../floppy/sectors.ts';
import { Confidence, type MediaFacts, type MediaFormat } from '../media.ts';

const header = layout('CopyQM header', 133, {
  signature: [0x00, ascii(3)],
  sectorSize: [0x03, u16le],
  sectorsPerTrack: [0x10, u16le],
  heads: [0x12, u16le],
  description: [0x1c, raw(60)],
  blind: [0x58, u8],
  density: [0x59, u8],
  usedCylinders: [0x5a, u8],
  cylinders: [0x5b, u8],
  crc: [0x5c, i32le], // of the unpacked sectors; 0 in old images
  label: [0x60, raw(11)],
  time: [0x6b, u16le],
  date: [0x6d, u16le],
  commentSize: [0x6f, u16le],
  firstSector: [0x71, u8], // less one
  checksum: [0x84, u8],
});

type Header = ReturnType<typeof header.decode>;

const SIGNATURE = 'CQ\x14';

export const format: MediaFormat = {
  id: 'cqm',
  title: 'CopyQM image',
  sources: ['CopyQM file format (R.-P. Nerlich)', 'LibDsk notes on CopyQM'],

  async probe(container) {
    if (container.size < header.size) return Confidence.No;
    const { signature, sectorSize } = header.decode(await container.read(0, header.size));
    return signature === SIGNATURE && [128, 256, 512, 1024].includes(sectorSize) ? Confidence.Certain : Confidence.No;
  },

  async open(container) {
    const bytes = await readWhole(container, 'cqm');
    const h = header.decode(bytes);
    check(h);
    const warnings: Fault[] = [];
    if (bytes.subarray(0, header.size).reduce((sum, byte) => (sum + byte) & 0xff, 0) !== 0)
      warnings.push(wrong('the header', 'its bytes do not add up to 0'));
    const size = h.cylinders * h.heads * h.sectorsPerTrack * h.sectorSize;
    if (size > LARGEST_MEDIUM) throw tooMany('cqm');
    const data = unpackRuns(bytes.subarray(header.size + h.commentSize), size, warnings);
    const computed = crcOf(data);
    if (h.crc !== 0 && computed !== h.crc >>> 0)
      warnings.push(wrong('the sectors', `${hex(computed)} instead of ${hex(h.crc >>> 0)}`));
    const comment = bytes.subarray(header.size, header.size + h.commentSize);
    return sectorMedia({
      format: 'cqm',
      tracks: tracksOf(data, h),
      cylinderCount: h.cylinders,
      facts: factsOf(h, comment),
      warnings,
    });
  },
};

function check(h: Header): void {
  const { sectorSize, sectorsPerTrack, heads, cylinders } = h;
  const isSize = [128, 256, 512, 1024].includes(sectorSize);
  const isGeometry = sectorsPerTrack >= 1 && sectorsPerTrack <= 64 && (heads === 1 || heads === 2) && cylinders >= 1;
  if (h.signature === SIGNATURE && isSize && isGeometry) return;
  const message = `the CopyQM header says ${cylinders} cylinders, ${heads} heads, ${sectorsPerTrack} sectors of ${sectorSize} bytes; it is damaged`;
  throw new Fault(FaultKind.Corrupt, 'cqm/header', message, { sectorSize, sectorsPerTrack, heads, cylinders });
}

function tracksOf(data: Buffer, h: Header): Track[] {
  const tracks: Track[] = [];
  const trackSize = h.sectorsPerTrack * h.sectorSize;
  for (let index = 0; index < h.cylinders * h.heads && index * trackSize < data.length; index++) {
    const sectors = Array.from({ length: h.sectorsPerTrack }, (_, place) => {
      const at = index * trackSize + place * h.sectorSize;
      const bytes = data.subarray(at, at + h.sectorSize);
      const id = ((h.firstSector + 1) & 0xff) + place;
      return { id, size: h.sectorSize, ...(bytes.length === h.sectorSize ? { bytes } : {}) };
    });
    tracks.push({ cylinder: Math.floor(index / h.heads), head: index % h.heads, encoding: 'MFM', sectors });
  }
  return tracks;
}

function factsOf(h: Header, comment: Buffer): MediaFacts {
  const plain = (bytes: Buffer): string => escaped(Buffer.from(bytes.toString('latin1').replace(/\0[^]*$/, ''), 'latin1')).trim();
  const notes = comment.toString('latin1').split(/\0|\r\n|\r|\n/);
  const lines = notes.map((line) => escaped(Buffer.from(line.trimEnd(), 'latin1'))).filter((line) => line !== '');
  const label = plain(h.label);
  const description = plain(h.description);
  return {
    ...(label === '' ? {} : { label }),
    ...(description === '' ? {} : { description }),
    ...(lines.length === 0 ? {} : { notes: lines }),
    ...dosDate(h.date, h.time),
    usedCylinders: h.usedCylinders,
  };
}

/** DOS: local, zone unknown. */
function dosDate(date: number, time: number): MediaFacts {
  const [year, month, day] = [1980 + (date >> 9), (date >> 5) & 15, date & 31];
  const [hour, minute, second] = [time >> 11, (time >> 5) & 63, (time & 31) * 2];
  if (month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59) return {};
  const two = (n: number): string => String(n).padStart(2, '0');
  return { createdAt: `${year}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}` };
}

function wrong(what: string, how: string): Fault {
  const message = `the checksum of ${what} is wrong (${how}); the image was changed after it was made`;
  return new Fault(FaultKind.Corrupt, 'cqm/checksum', message, { what });
}

function hex(n: number): string {
  return n.toString(16).padStart(8, '0');
}
