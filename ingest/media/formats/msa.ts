/**
 * Magic Shadow Archiver image (MSA) of an Atari ST disk.
 *
 * On disk, big-endian: a header of 10 bytes, then each track and side with its length; packed by runs where that is shorter.
 */
import { Fault, FaultKind, layout, u16be } from '../../kernel/index.ts';
import { Cursor, readWhole, untilDamage } from '../floppy/bytes.ts';
import { sectorMedia } from '../floppy/sector-media.ts';
import type { Sector, Track } from '../floppy/sectors.ts';
import { Confidence, type MediaFormat } from '../media.ts';

const SIGNATURE = 0x0e0f;
const SECTOR_SIZE = 512;
const RUN = 0xe5; // then the byte and a u16be count

const header = layout('MSA header', 10, {
  signature: [0, u16be],
  sectorsPerTrack: [2, u16be],
  lastSide: [4, u16be],
  firstTrack: [6, u16be],
  lastTrack: [8, u16be],
});

type Header = ReturnType<typeof header.decode>;

export const format: MediaFormat = {
  id: 'msa',
  title: 'Magic Shadow Archiver image',
  sources: ['The .MSA file format (Damien Burke, 1994)', 'PRONOM fmt/1472'],
  puid: 'fmt/1472',

  async probe(container) {
    if (container.size < header.size) return Confidence.No;
    return isSane(header.decode(await container.read(0, header.size))) ? Confidence.Certain : Confidence.No;
  },

  async open(container) {
    const bytes = await readWhole(container, 'msa');
    const h = header.decode(bytes);
    if (!isSane(h)) {
      const { sectorsPerTrack, lastSide, firstTrack, lastTrack } = h;
      const message = `the MSA header says ${sectorsPerTrack} sectors a track, last side ${lastSide}, tracks ${firstTrack} to ${lastTrack}; no Atari disk is so`;
      throw new Fault(FaultKind.Corrupt, 'msa/header', message, { sectorsPerTrack, lastSide, firstTrack, lastTrack });
    }
    const { tracks, warnings } = tracksOf(new Cursor(bytes, 'msa', header.size), h);
    const partial = h.firstTrack === 0 ? {} : { firstCylinder: h.firstTrack };
    return sectorMedia({
      format: 'msa',
      tracks,
      cylinderCount: h.lastTrack + 1,
      facts: { ...partial, heads: h.lastSide + 1, sectorsPerTrack: h.sectorsPerTrack },
      warnings,
    });
  },
};

/** The same limits as identification's: two bytes alone are a weak mark. */
function isSane(h: Header): boolean {
  const { signature, sectorsPerTrack, lastSide, firstTrack, lastTrack } = h;
  const isTrackRange = firstTrack <= lastTrack && lastTrack <= 90;
  return signature === SIGNATURE && sectorsPerTrack >= 1 && sectorsPerTrack <= 40 && lastSide <= 1 && isTrackRange;
}

/** A cut leaves the rest of the tracks missing, damage the track; their sectors keep their places. */
function tracksOf(cursor: Cursor, h: Header): { tracks: Track[]; warnings: Fault[] } {
  const tracks: Track[] = [];
  const size = h.sectorsPerTrack * SECTOR_SIZE;
  const warnings: Fault[] = [];
  let isCut = false;
  for (let cylinder = h.firstTrack; cylinder <= h.lastTrack; cylinder++) {
    for (let head = 0; head <= h.lastSide; head++) {
      const where = `cylinder ${cylinder}, head ${head}`;
      let packed: Buffer | undefined;
      let data: Buffer | undefined;
      if (!isCut) {
        untilDamage(warnings, () => {
          packed = cursor.take(cursor.u16be(`the length of ${where}`), where);
          data = packed.length === size ? packed : unpacked(packed, size, where);
        });
        isCut = packed === undefined;
      }
      tracks.push({ cylinder, head, encoding: 'MFM', sectors: sectorsOf(data, h.sectorsPerTrack) });
    }
  }
  return { tracks, warnings };
}

function sectorsOf(data: Buffer | undefined, count: number): Sector[] {
  return Array.from({ length: count }, (_, index) => ({
    id: index + 1,
    size: SECTOR_SIZE,
    ...(data === undefined ? {} : { bytes: data.subarray(index * SECTOR_SIZE, (index + 1) * SECTOR_SIZE) }),
  }));
}

function unpacked(packed: Buffer, size: number, where: string): Buffer {
  const refuse = (got: number): Fault => {
    const message = `${where} unpacks to ${got > size ? 'more' : 'fewer'} than ${size} bytes; the image is damaged, ask for another copy`;
    return new Fault(FaultKind.Corrupt, 'msa/track', message, { size, packed: packed.length });
  };
  const out = Buffer.alloc(size);
  let end = 0;
  for (let at = 0; at < packed.length; ) {
    const byte = packed[at] ?? 0;
    const isRun = byte === RUN;
    if (isRun && at + 4 > packed.length) throw refuse(end);
    const count = isRun ? packed.readUInt16BE(at + 2) : 1;
    if (count > size - end) throw refuse(size + 1);
    out.fill(isRun ? (packed[at + 1] ?? 0) : byte, end, end + count);
    end += count;
    at += isRun ? 4 : 1;
  }
  if (end !== size) throw refuse(end);
  return out;
}
