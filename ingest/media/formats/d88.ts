/**
 * D88 image of a floppy of a Japanese computer (PC-88, PC-98, X1, FM-7).
 *
 * On disk: a header with the offset of each track and side, then the sectors of each, every one with its own header.
 * Several disks may follow each other in one file: the first is read, the others are counted.
 */
import { Fault, FaultKind, layout, raw, u16le, u32le, u8 } from '../../kernel/index.ts';
import { Cursor, readWhole, untilDamage } from '../floppy/bytes.ts';
import { japanese } from '../floppy/japanese.ts';
import { sectorMedia } from '../floppy/sector-media.ts';
import { type Sector, type Track, addTrack } from '../floppy/sectors.ts';
import { type ByteSource, Confidence, type MediaFacts, type MediaFormat } from '../media.ts';

const TRACKS = 164;
const MOST_SECTORS = 255;
const MOST_DISKS = 1000;
const SHORT_TABLE = 672; // some programs keep 160 tracks

const header = layout('D88 header', 0x2b0, {
  name: [0x00, raw(17)],
  writeProtect: [0x1a, u8],
  kind: [0x1b, u8],
  size: [0x1c, u32le],
  trackOffsets: [0x20, raw(TRACKS * 4)],
});

const sectorHeader = layout('D88 sector header', 16, {
  cylinder: [0, u8],
  head: [1, u8],
  id: [2, u8],
  sizeCode: [3, u8],
  sectorCount: [4, u16le],
  density: [6, u8], // 40: FM
  deleted: [7, u8],
  status: [8, u8],
  dataLength: [14, u16le],
});

type Header = ReturnType<typeof header.decode>;

const KINDS: Readonly<Record<number, string>> = { 0x00: '2D', 0x10: '2DD', 0x20: '2HD', 0x30: '1D', 0x40: '1DD' };
const IS_FM = 0x40;

/** As the BIOS answers; 10 is a deleted sector that was read well. */
const GOOD = new Set([0x00, 0x10]);
const NO_ID_OR_DATA = new Set([0xe0, 0xf0]);

export const format: MediaFormat = {
  id: 'd88',
  title: 'D88 image of a Japanese PC disk',
  sources: ['D88 file format (quasi88 and M88 documentation)', 'MAME src/lib/formats/d88_dsk.cpp'],

  async probe(container) {
    if (container.size <= header.size) return Confidence.No;
    const h = header.decode(await container.read(0, header.size));
    return (await isD88(container, h)) ? Confidence.Certain : Confidence.No;
  },

  async open(container) {
    const bytes = await readWhole(container, 'd88');
    const h = header.decode(bytes);
    if (KINDS[h.kind] === undefined) {
      const message = `the D88 header says a disk of the kind ${h.kind}; ${Object.values(KINDS).join(', ')} are read`;
      throw new Fault(FaultKind.Unsupported, 'd88/kind', message, { kind: h.kind });
    }
    const warnings: Fault[] = [];
    const labels = labelsOf(bytes);
    if (labels.length > 1) warnings.push(moreDisks(labels, h.size));
    else if (h.size !== bytes.length) warnings.push(sizesDiffer(h.size, bytes.length));
    const disks = labels.length > 1 ? { disks: labels.length, diskLabels: labels.filter((label) => label !== '') } : {};
    const first = labels.length > 1 ? bytes.subarray(0, h.size) : bytes;
    return sectorMedia({ format: 'd88', tracks: tracksOf(first, h, warnings), facts: { ...factsOf(h), ...disks }, warnings });
  },
};

/** One disk that fills the file, or the first of several: then another header stands at its end. */
async function isD88(container: ByteSource, h: Header): Promise<boolean> {
  if (!isHeader(h)) return false;
  if (h.size === container.size) return true;
  if (h.size + header.size > container.size) return false;
  return isHeader(header.decode(await container.read(h.size, header.size)));
}

function isHeader(h: Header): boolean {
  const first = h.trackOffsets.readUInt32LE(0);
  return h.size > header.size && KINDS[h.kind] !== undefined && (first === header.size || first === SHORT_TABLE);
}

/** Of the disks that follow each other, each with a header of its own. What else stands behind the first is none. */
function labelsOf(bytes: Buffer): string[] {
  const labels: string[] = [];
  let at = 0;
  while (at + header.size <= bytes.length && labels.length < MOST_DISKS) {
    const h = header.decode(bytes.subarray(at, at + header.size));
    if (at > 0 && !isHeader(h)) break;
    labels.push(japanese(h.name));
    at += Math.max(h.size, header.size);
  }
  return labels;
}

function tracksOf(bytes: Buffer, h: Header, warnings: Fault[]): Track[] {
  const offsets = Array.from({ length: TRACKS }, (_, index) => h.trackOffsets.readUInt32LE(index * 4));
  const first = offsets.find((offset) => offset !== 0) ?? header.size;
  const count = first < header.size ? Math.max(0, Math.floor((first - 0x20) / 4)) : TRACKS; // the rest is no table
  const isOneSided = h.kind >= 0x30 && offsets.some((offset, index) => index % 2 === 1 && index < count && offset !== 0);
  const heads = isOneSided ? 1 : 2; // images of one side leave every second place empty, or have none for it
  const tracks: Track[] = [];
  for (const [index, offset] of offsets.entries()) {
    if (index >= count || offset === 0) continue;
    const cylinder = Math.floor(index / heads);
    untilDamage(warnings, () => readTrack(new Cursor(bytes, 'd88', offset), cylinder, index % heads, tracks));
  }
  return tracks;
}

/** Adds the track to `tracks` before its sectors are read, so that those before a cut are not lost. */
function readTrack(cursor: Cursor, cylinder: number, head: number, tracks: Track[]): void {
  const where = `cylinder ${cylinder}, head ${head}`;
  if (cursor.at < SHORT_TABLE) {
    const message = `the sectors of ${where} are said to begin at byte ${cursor.at}, within the header; it is damaged`;
    throw new Fault(FaultKind.Corrupt, 'd88/track-offset', message, { at: cursor.at });
  }
  const sectors: Sector[] = [];
  let isFm = false;
  for (let index = 0, count = 1; index < count; index++) {
    const s = sectorHeader.decode(cursor.take(sectorHeader.size, `a sector header of ${where}`));
    if (index === 0) {
      count = s.sectorCount === 0x1000 ? 0x10 : s.sectorCount; // one converter turned its bytes round
      isFm = (s.density & IS_FM) !== 0;
      if (count > MOST_SECTORS) throw tooMany(where, count);
      addTrack(tracks, { cylinder, head, encoding: isFm ? 'FM' : 'MFM', sectors }, 'd88');
      if (count === 0) return;
    }
    const nominal = s.sizeCode <= 7 ? 128 << s.sizeCode : s.dataLength;
    const sector = { id: s.id, isDeleted: s.deleted !== 0, isBad: !GOOD.has(s.status) };
    if (s.dataLength === 0) sectors.push({ ...sector, size: nominal });
    else {
      sectors.push({ ...sector, size: s.dataLength, ...dataOf(cursor, s.dataLength, `sector ${s.id} of ${where}`, s.status) });
    }
  }
}

function dataOf(cursor: Cursor, length: number, what: string, status: number): { bytes?: Buffer } {
  const bytes = cursor.take(length, what);
  return NO_ID_OR_DATA.has(status) ? {} : { bytes };
}

function factsOf(h: Header): MediaFacts {
  const label = japanese(h.name);
  return {
    subformat: KINDS[h.kind] ?? '',
    ...(label === '' ? {} : { label }),
    ...(h.writeProtect === 0 ? {} : { writeProtected: 'yes' }),
  };
}

function moreDisks(labels: readonly string[], size: number): Fault {
  const message = `the file holds ${labels.length} disks; only the first (${size} bytes) is read, all are kept. Split a copy into files of one disk each and deposit them too, to have the others read`;
  return new Fault(FaultKind.Unsupported, 'd88/more-disks', message, { disks: labels.length, labels: [...labels], size });
}

function sizesDiffer(declared: number, size: number): Fault {
  const message = `the D88 header says ${declared} bytes and the file has ${size}; ${declared > size ? 'its end is missing' : 'what follows, perhaps another disk, is not read'}`;
  const kind = declared > size ? FaultKind.Truncated : FaultKind.Unsupported;
  return new Fault(kind, 'd88/size', message, { declared, size });
}

function tooMany(where: string, count: number): Fault {
  const message = `${where} is said to have ${count} sectors; ${MOST_SECTORS} are possible, the image is damaged there`;
  return new Fault(FaultKind.Corrupt, 'd88/sector-count', message, { sectorCount: count });
}
