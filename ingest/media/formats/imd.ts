/**
 * ImageDisk image (IMD).
 *
 * On disk: a line with the date, a comment up to 1A, then each track: how it was recorded, its sector numbers, its sectors.
 */
import { Fault, FaultKind, escaped } from '../../kernel/index.ts';
import { Cursor, readWhole, untilDamage } from '../floppy/bytes.ts';
import { sectorMedia } from '../floppy/sector-media.ts';
import { type Sector, type Track, addTrack } from '../floppy/sectors.ts';
import { Confidence, type MediaFacts, type MediaFormat } from '../media.ts';

/** `IMD 1.18: dd/mm/yyyy hh:mm:ss`; LibDsk writes its own name before the version. */
const START = /^IMD (?:\d\.\d+|[ -~]{1,30}: *\d\d?\/)/;
const FIRST_LINE = /^IMD ([ -~]{1,30}?): *(\d\d?)\/ *(\d\d?)\/ *(\d{4})(?: +(\d\d?:\d\d:\d\d))?/;
const COMMENT_END = 0x1a;
const MODES = ['FM 500k', 'FM 300k', 'FM 250k', 'MFM 500k', 'MFM 300k', 'MFM 250k'];
const CYLINDER_MAP = 0x80;
const HEAD_MAP = 0x40;
const SIZE_TABLE = 0xff;
const LAST_RECORD = 8;

export const format: MediaFormat = {
  id: 'imd',
  title: 'ImageDisk image',
  sources: ['ImageDisk 1.18 user manual, appendix "IMD image file format" (Dave Dunfield)'],

  async probe(container) {
    const start = await container.read(0, Math.min(64, container.size));
    return START.test(start.toString('latin1')) ? Confidence.Certain : Confidence.No;
  },

  async open(container) {
    const bytes = await readWhole(container, 'imd');
    const end = bytes.indexOf(COMMENT_END);
    if (end === -1) {
      const message = 'the comment of the ImageDisk image has no end; the image is cut or was changed by a text editor';
      throw new Fault(FaultKind.Truncated, 'imd/comment', message, { size: bytes.length });
    }
    const cursor = new Cursor(bytes, 'imd', end + 1);
    const tracks: Track[] = [];
    const rates = new Set<string>();
    const warnings: Fault[] = [];
    untilDamage(warnings, () => {
      while (!cursor.isAtEnd) readTrack(cursor, tracks, rates);
    });
    const facts = { ...headerFacts(bytes.subarray(0, end)), dataRate: [...rates].toSorted().join(', ') };
    return sectorMedia({ format: 'imd', tracks, facts, warnings });
  },
};

function headerFacts(header: Buffer): MediaFacts {
  const text = header.toString('latin1');
  const [, version, day = '', month = '', year, time] = FIRST_LINE.exec(text) ?? [];
  const lines = text.replace(/^[^\r\n]*\r?\n?/, '').split(/\r\n|\r|\n/);
  const notes = lines.map((line) => escaped(Buffer.from(line.trimEnd(), 'latin1'))).filter((line) => line !== '');
  const date = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  return {
    ...(version === undefined ? {} : { tool: /^\d/.test(version) ? `ImageDisk ${version}` : version }),
    ...(year === undefined ? {} : { createdAt: time === undefined ? date : `${date}T${time.padStart(8, '0')}` }),
    ...(notes.length > 0 ? { notes } : {}),
  };
}

/** Adds the track to `tracks` before its sectors are read, so that those before a cut are not lost. */
function readTrack(cursor: Cursor, tracks: Track[], rates: Set<string>): void {
  const start = cursor.at;
  const [mode = 0, cylinder = 0, flags = 0, sectorCount = 0, sizeCode = 0] = cursor.take(5, 'a track header');
  const head = flags & 0x3f;
  const rate = MODES[mode];
  if (rate === undefined || head > 1 || (sizeCode > 6 && sizeCode !== SIZE_TABLE)) {
    const message = `the track header at byte ${start} says mode ${mode}, head ${head}, size code ${sizeCode}; the image is damaged there, and what follows is not read`;
    throw new Fault(FaultKind.Corrupt, 'imd/track-header', message, { at: start, mode, head, sizeCode });
  }
  const where = `cylinder ${cylinder}, head ${head}`;
  const ids = cursor.take(sectorCount, `the sector numbers of ${where}`);
  if ((flags & CYLINDER_MAP) !== 0) cursor.take(sectorCount, `the cylinder map of ${where}`);
  if ((flags & HEAD_MAP) !== 0) cursor.take(sectorCount, `the head map of ${where}`);
  const sizes = sizeCode === SIZE_TABLE ? cursor.take(sectorCount * 2, `the sizes of ${where}`) : undefined;
  if (sectorCount > 0) rates.add(rate);
  const sectors: Sector[] = [];
  addTrack(tracks, { cylinder, head, encoding: rate.startsWith('FM') ? 'FM' : 'MFM', sectors }, 'imd');
  for (const [index, id] of ids.entries()) {
    const size = sizes === undefined ? 128 << sizeCode : sizes.readUInt16LE(index * 2);
    sectors.push(readSector(cursor, id, size, where));
  }
}

/** Record types 1 to 8 are a data mark and a state in three bits: packed, deleted, bad. */
function readSector(cursor: Cursor, id: number, size: number, where: string): Sector {
  const what = `sector ${id} of ${where}`;
  const at = cursor.at;
  const type = cursor.u8(what);
  if (type === 0) return { id, size };
  if (type > LAST_RECORD) {
    const message = `${what} has a record of type ${type} at byte ${at}; types 0 to ${LAST_RECORD} exist; the image is damaged there, and what follows is not read`;
    throw new Fault(FaultKind.Corrupt, 'imd/record', message, { at, type });
  }
  const bits = type - 1;
  const bytes = (bits & 1) === 0 ? cursor.take(size, what) : cursor.make(size).fill(cursor.u8(what));
  return { id, size, bytes, isDeleted: (bits & 2) !== 0, isBad: (bits & 4) !== 0 };
}
