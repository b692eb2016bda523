/**
 * Teledisk image (TD0), plain and with "advanced compression" of Teledisk 2.
 *
 * On disk: a header of 12 bytes; packed as a whole when it begins with small letters; a comment with the date; then each track
 * with its sectors, each packed by itself. Not read: the older compression of Teledisk 1, and sets of several files.
 */
import { Fault, FaultKind, ascii, escaped, layout, u16le, u8 } from '../../kernel/index.ts';
import { Cursor, MOST_WARNINGS, readWhole, tooMany, untilDamage } from '../floppy/bytes.ts';
import { crcTeledisk } from '../floppy/crc16.ts';
import { lzhuf } from '../floppy/lzhuf.ts';
import { sectorMedia } from '../floppy/sector-media.ts';
import { type Sector, type Track, addTrack } from '../floppy/sectors.ts';
import { unpackSector } from '../floppy/teledisk-sector.ts';
import { Confidence, type MediaFacts, type MediaFormat } from '../media.ts';

const header = layout('Teledisk header', 12, {
  signature: [0, ascii(2)],
  sequence: [2, u8],
  checkSequence: [3, u8],
  version: [4, u8],
  dataRate: [5, u8],
  driveType: [6, u8],
  stepping: [7, u8],
  dosAllocation: [8, u8],
  sides: [9, u8],
  crc: [10, u16le],
});

/** Before the text of the comment; the CRC is of everything after it. */
const commentHeader = layout('Teledisk comment', 10, {
  crc: [0, u16le],
  length: [2, u16le],
  year: [4, u8], // since 1900
  month: [5, u8], // from 0
  day: [6, u8],
  hour: [7, u8],
  minute: [8, u8],
  second: [9, u8],
});

type Header = ReturnType<typeof header.decode>;

const NEW_COMPRESSION = 20; // version 2.0
const HAS_COMMENT = 0x80;
const IS_FM = 0x80;
const LARGEST_BODY = 8 * 1024 * 1024; // sectors of 2.88 MB that do not pack at all, twice over
const TRACKS_END = 255;
const RATES: Readonly<Record<number, string>> = { 0: '250k', 1: '300k', 2: '500k' };
const DRIVES: Readonly<Record<number, string>> = {
  1: '5.25" 360K',
  2: '5.25" 1.2M',
  3: '3.5" 720K',
  4: '3.5" 1.44M',
  5: '8"',
  6: '3.5"',
};

/** Sector flags. */
const IS_BAD = 0x02;
const IS_DELETED = 0x04;
const NO_DATA = 0x30; // skipped as unused by DOS (10), or an ID without data (20)
const NO_ID = 0x40;

export const format: MediaFormat = {
  id: 'td0',
  title: 'Teledisk image',
  sources: ['Teledisk image file format notes (Dave Dunfield, 2007)', 'wteledsk (Will Kranz)', 'LZHUF.C (H. Yoshizaki, 1988)'],

  async probe(container) {
    if (container.size < header.size) return Confidence.No;
    return isTeledisk(header.decode(await container.read(0, header.size))) ? Confidence.Certain : Confidence.No;
  },

  async open(container) {
    const file = await readWhole(container, 'td0');
    const h = header.decode(file);
    check(h);
    const warnings: Fault[] = [];
    if (crcTeledisk(file.subarray(0, 10)) !== h.crc)
      warnings.push(crcFault('the header', h.crc, crcTeledisk(file.subarray(0, 10))));
    const cursor = new Cursor(bodyOf(file, h), 'td0');
    const facts = { ...headerFacts(h) };
    const tracks: Track[] = [];
    untilDamage(warnings, () => {
      if ((h.stepping & HAS_COMMENT) !== 0) Object.assign(facts, readComment(cursor, warnings));
      while (readTrack(cursor, h, tracks, warnings));
    });
    return sectorMedia({ format: 'td0', tracks, facts, warnings });
  },
};

function isTeledisk({ signature, sequence, version, sides }: Header): boolean {
  const isVersion = version >= 10 && version <= 21;
  return (signature === 'TD' || signature === 'td') && sequence === 0 && isVersion && (sides === 1 || sides === 2);
}

function check(h: Header): void {
  const facts = { version: h.version, sides: h.sides, sequence: h.sequence };
  if (!isTeledisk(h)) {
    const message = `the Teledisk header says version ${h.version}, ${h.sides} sides, file ${h.sequence} of its set; the first file of versions 1.0 to 2.1 is read`;
    throw new Fault(FaultKind.Unsupported, 'td0/header', message, facts);
  }
  if (h.signature === 'td' && h.version < NEW_COMPRESSION) {
    const message = `the image has the old "advanced compression" of Teledisk ${h.version / 10}, which is not read; unpack a copy with Teledisk 2`;
    throw new Fault(FaultKind.Unsupported, 'td0/old-compression', message, facts);
  }
}

function bodyOf(file: Buffer, h: Header): Buffer {
  const body = file.subarray(header.size);
  if (h.signature === 'TD') return body;
  const unpacked = lzhuf(body, LARGEST_BODY + 1);
  if (unpacked.length > LARGEST_BODY) throw tooMany('td0', LARGEST_BODY);
  return unpacked;
}

function headerFacts(h: Header): Record<string, string | number | readonly string[]> {
  return {
    toolVersion: (h.version / 10).toFixed(1),
    compression: h.signature === 'td' ? 'LZHUF' : 'none',
    dataRate: RATES[h.dataRate & 3] ?? 'unknown',
    drive: DRIVES[h.driveType] ?? 'unknown',
    ...(h.dosAllocation === 0 ? {} : { usedSectorsOnly: 'yes' }),
  };
}

function readComment(cursor: Cursor, warnings: Fault[]): MediaFacts {
  const start = cursor.take(commentHeader.size, 'the head of the comment');
  const c = commentHeader.decode(start);
  const text = cursor.take(c.length, 'the comment');
  const crc = crcTeledisk(text, crcTeledisk(start.subarray(2)));
  if (crc !== c.crc) warnings.push(crcFault('the comment', c.crc, crc));
  const lines = text.toString('latin1').split(/\0|\r\n|\r|\n/);
  const notes = lines.map((line) => escaped(Buffer.from(line.trimEnd(), 'latin1'))).filter((line) => line !== '');
  const two = (n: number): string => String(n).padStart(2, '0');
  const isDate = c.month <= 11 && c.day >= 1 && c.day <= 31 && c.hour <= 23 && c.minute <= 59 && c.second <= 59;
  const date = `${1900 + c.year}-${two(c.month + 1)}-${two(c.day)}T${two(c.hour)}:${two(c.minute)}:${two(c.second)}`;
  return { ...(isDate ? { createdAt: date } : {}), ...(notes.length > 0 ? { notes } : {}) };
}

/** Adds the track to `tracks` before its sectors are read, so that those before a cut are not lost. */
function readTrack(cursor: Cursor, h: Header, tracks: Track[], warnings: Fault[]): boolean {
  const at = cursor.at;
  const sectorCount = cursor.u8('a track header');
  if (sectorCount === TRACKS_END) return false;
  const [cylinder = 0, side = 0, crc = 0] = cursor.take(3, 'a track header');
  const where = `cylinder ${cylinder}, head ${side & 0x7f}`;
  const real = crcTeledisk([sectorCount, cylinder, side]) & 0xff;
  if (real !== crc) {
    const message = `the track header at byte ${at} (${where}) has the CRC ${crc}, its bytes make ${real}; the image is damaged there, and what follows is not read`;
    throw new Fault(FaultKind.Corrupt, 'td0/track-header', message, { at, stored: crc, computed: real });
  }
  const sectors: Sector[] = [];
  const isFm = ((h.dataRate | side) & IS_FM) !== 0;
  addTrack(tracks, { cylinder, head: side & 1, encoding: isFm ? 'FM' : 'MFM', sectors }, 'td0');
  for (let index = 0; index < sectorCount; index++) {
    const sector = readSector(cursor, where, warnings);
    if (sector !== undefined) sectors.push(sector);
  }
  return true;
}

/** None for data without an ID field, which has no place: Teledisk makes up the numbers of such sectors. */
function readSector(cursor: Cursor, where: string, warnings: Fault[]): Sector | undefined {
  const [, , id = 0, sizeCode = 0, flags = 0, crc = 0] = cursor.take(6, `a sector header of ${where}`);
  const what = `sector ${id} of ${where}`;
  const hasData = (flags & NO_DATA) === 0;
  if (sizeCode > 7 && hasData) {
    const message = `${what} has the size code ${sizeCode}; 0 to 7 exist; the image is damaged there, and what follows is not read`;
    throw new Fault(FaultKind.Corrupt, 'td0/size-code', message, { sizeCode });
  }
  const size = 128 << (sizeCode & 7);
  const isDeleted = (flags & IS_DELETED) !== 0;
  if (!hasData) return (flags & NO_ID) === 0 ? { id, size, isDeleted } : undefined;
  const packed = cursor.take(cursor.u16le(what), what);
  if ((flags & NO_ID) !== 0) {
    const message = `data without an ID field lies on ${where}; its place is not known, and it is left out of the medium`;
    if (warnings.length < MOST_WARNINGS) warnings.push(new Fault(FaultKind.Corrupt, 'td0/no-id', message, { at: cursor.at }));
    return undefined;
  }
  const bytes = cursor.make(size);
  let isUnpacked = false;
  untilDamage(warnings, () => {
    unpackSector(packed, bytes, what);
    isUnpacked = true;
  });
  if (!isUnpacked) return { id, size, isDeleted };
  const real = crcTeledisk(bytes) & 0xff;
  const isDamaged = real !== crc;
  if (isDamaged && warnings.length < MOST_WARNINGS) warnings.push(crcFault(what, crc, real));
  return { id, size, bytes, isDeleted, isBad: isDamaged || (flags & IS_BAD) !== 0 };
}

function crcFault(what: string, stored: number, computed: number): Fault {
  const message = `the CRC of ${what} is ${computed} and the image says ${stored}; it was changed after it was made`;
  return new Fault(FaultKind.Corrupt, 'td0/crc', message, { stored, computed });
}
