/**
 * DMK image of a TRS-80 floppy: the bytes of each track between its index holes, gaps and CRCs included.
 *
 * On disk: a header of 16 bytes, then tracks of one size, each with 64 pointers to its ID fields. Has no mark of its own: told by
 * a header that fits the size of the file, and by pointers that point to ID fields. Not read: an entry for a real drive.
 */
import { Fault, FaultKind, layout, raw, u16le, u32le, u8 } from '../../kernel/index.ts';
import { readWhole } from '../floppy/bytes.ts';
import { sectorAt } from '../floppy/dmk-track.ts';
import { sectorMedia } from '../floppy/sector-media.ts';
import type { Sector, Track } from '../floppy/sectors.ts';
import { type ByteSource, Confidence, type MediaFormat } from '../media.ts';

const POINTERS = 64;
const TABLE_SIZE = POINTERS * 2;
const LONGEST_TRACK = 0x4000;
const IS_SINGLE_SIDED = 0x10;
const FM_IS_SINGLE = 0x40;
const REAL_DRIVE = 0x12345678;
const IS_MFM = 0x8000;

const header = layout('DMK header', 16, {
  writeProtect: [0, u8],
  trackCount: [1, u8],
  trackLength: [2, u16le],
  flags: [4, u8],
  reserved: [5, raw(7)],
  realDrive: [12, u32le],
});

type Header = ReturnType<typeof header.decode>;

export const format: MediaFormat = {
  id: 'dmk',
  title: 'DMK image of a TRS-80 disk',
  sources: ['The TRS-80 DMK disk image format (David Keil)'],

  async probe(container) {
    if (container.size < header.size + TABLE_SIZE) return Confidence.No;
    const h = header.decode(await container.read(0, header.size));
    const isFitting = isSane(h) && container.size === header.size + h.trackCount * headsOf(h) * h.trackLength;
    return isFitting && (await hasIds(container, h)) ? Confidence.Certain : Confidence.No;
  },

  async open(container) {
    const bytes = await readWhole(container, 'dmk');
    const h = header.decode(bytes);
    if (!isSane(h)) {
      const what = h.realDrive === REAL_DRIVE ? 'stands for a real drive and holds no disk' : 'is damaged';
      const message = `the DMK header (${h.trackCount} tracks of ${h.trackLength} bytes) ${what}`;
      throw new Fault(FaultKind.Corrupt, 'dmk/header', message, { trackCount: h.trackCount, trackLength: h.trackLength });
    }
    const { tracks, warnings } = tracksOf(bytes, h);
    const facts = h.writeProtect === 0 ? {} : { writeProtected: 'yes' };
    return sectorMedia({ format: 'dmk', tracks, cylinderCount: h.trackCount, facts, warnings });
  },
};

function isSane(h: Header): boolean {
  const isLength = h.trackLength > TABLE_SIZE && h.trackLength <= LONGEST_TRACK;
  const isPlain = h.realDrive === 0 && h.reserved.every((byte) => byte === 0) && (h.flags & 0x2f) === 0;
  return (h.writeProtect === 0 || h.writeProtect === 0xff) && h.trackCount >= 1 && h.trackCount <= 96 && isLength && isPlain;
}

function headsOf(h: Header): number {
  return (h.flags & IS_SINGLE_SIDED) === 0 ? 2 : 1;
}

/** The first track has ID fields, all where its pointers say. */
async function hasIds(container: ByteSource, h: Header): Promise<boolean> {
  const track = await container.read(header.size, h.trackLength);
  const pointers = pointersOf(track);
  return pointers.length > 0 && pointers.every((pointer) => track[pointer & 0x3fff] === 0xfe);
}

function pointersOf(track: Buffer): number[] {
  const pointers = Array.from({ length: POINTERS }, (_, index) => track.readUInt16LE(index * 2));
  const end = pointers.indexOf(0);
  return end === -1 ? pointers : pointers.slice(0, end);
}

function tracksOf(bytes: Buffer, h: Header): { tracks: Track[]; warnings: Fault[] } {
  const tracks: Track[] = [];
  const heads = headsOf(h);
  let badIds = 0;
  for (let index = 0; index < h.trackCount * heads; index++) {
    const at = header.size + index * h.trackLength;
    const track = bytes.subarray(at, at + h.trackLength);
    if (track.length < TABLE_SIZE) break;
    const sectors: Sector[] = [];
    const encodings = new Set<string>();
    for (const pointer of pointersOf(track)) {
      const isMfm = (pointer & IS_MFM) !== 0;
      const sector = sectorAt(track, { at: pointer & 0x3fff, isMfm, isDoubled: !isMfm && (h.flags & FM_IS_SINGLE) === 0 });
      if (sector === 'bad-id') badIds++;
      else {
        sectors.push(sector);
        encodings.add(isMfm ? 'MFM' : 'FM');
      }
    }
    const encoding = [...encodings].toSorted().join(' and ');
    tracks.push({ cylinder: Math.floor(index / heads), head: index % heads, encoding, sectors });
  }
  return { tracks, warnings: warningsOf(bytes.length, h, badIds) };
}

function warningsOf(size: number, h: Header, badIds: number): Fault[] {
  const faults: Fault[] = [];
  const needed = header.size + h.trackCount * headsOf(h) * h.trackLength;
  if (size < needed) {
    const message = `the DMK image ends at byte ${size}; its ${h.trackCount} tracks need ${needed}, ask for a whole copy`;
    faults.push(new Fault(FaultKind.Truncated, 'dmk/cut', message, { size, needed }));
  }
  if (badIds > 0) {
    const message = `${badIds} ID fields have a wrong CRC or are no ID fields; the sectors behind them have no sure number and are left out`;
    faults.push(new Fault(FaultKind.Corrupt, 'dmk/bad-ids', message, { fieldCount: badIds }));
  }
  return faults;
}
