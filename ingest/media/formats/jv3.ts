/**
 * JV3 image of a TRS-80 disk.
 *
 * On disk: 2901 entries of three bytes (track, sector, flags) and a byte against writing, then the sectors in the order of the
 * entries; the same once more for a large disk. Has no mark of its own: told by entries whose sizes make the file.
 */
import { Fault, FaultKind } from '../../kernel/index.ts';
import { Cursor, LARGEST_MEDIUM, readWhole, untilDamage } from '../floppy/bytes.ts';
import { sectorMedia } from '../floppy/sector-media.ts';
import { type Sector, type Track, addTrack } from '../floppy/sectors.ts';
import { Confidence, type MediaFormat } from '../media.ts';

const ENTRIES = 2901;
const HEADER_SIZE = ENTRIES * 3 + 1;
const MOST_HEADERS = 3; // 2.88 MB need two
const LAST_CYLINDER = 95;

/** Flags of an entry. */
const IS_MFM = 0x80;
const DATA_MARK = 0x60;
const SIDE = 0x10;
const IS_BAD = 0x08;
const SIZE = 0x03;
const FREE = 0xff; // as track and as sector
/** By the two bits of the size, which free entries number otherwise. */
const SIZES = [256, 128, 1024, 512];
const FREE_SIZES = [512, 1024, 128, 256];

interface Entry {
  readonly cylinder: number;
  readonly id: number;
  readonly flags: number;
  readonly isFree: boolean;
  readonly size: number;
}

export const format: MediaFormat = {
  id: 'jv3',
  title: 'JV3 image of a TRS-80 disk',
  sources: ['Common file formats for emulated TRS-80 floppy disks (Tim Mann)'],

  async probe(container) {
    if (container.size <= HEADER_SIZE || container.size > LARGEST_MEDIUM) return Confidence.No;
    const [cylinder = FREE] = await container.read(0, 3);
    if (cylinder > LAST_CYLINDER) return Confidence.No;
    return isJv3(await container.read(0, HEADER_SIZE), container.size) ? Confidence.Certain : Confidence.No;
  },

  async open(container) {
    const bytes = await readWhole(container, 'jv3');
    const warnings: Fault[] = [];
    const tracks = new Map<string, Track & { readonly sectors: Sector[] }>();
    const list: Track[] = [];
    const cursor = new Cursor(bytes, 'jv3');
    const writeProtect = bytes[HEADER_SIZE - 1];
    untilDamage(warnings, () => {
      for (let part = 0; part < MOST_HEADERS && !cursor.isAtEnd; part++) readPart(cursor, tracks, list);
    });
    const facts = writeProtect === 0 ? { writeProtected: 'yes' } : {};
    return sectorMedia({ format: 'jv3', tracks: list, facts, warnings });
  },
};

function entriesOf(header: Buffer): Entry[] {
  return Array.from({ length: ENTRIES }, (_, index) => {
    const [cylinder = 0, id = 0, flags = 0] = header.subarray(index * 3, index * 3 + 3);
    const isFree = cylinder === FREE && id === FREE;
    return { cylinder, id, flags, isFree, size: (isFree ? FREE_SIZES : SIZES)[flags & SIZE] ?? 0 };
  });
}

/** The sectors of all entries in use make the file, with free ones between them or none; a second header may follow. */
function isJv3(header: Buffer, size: number): boolean {
  const writeProtect = header[HEADER_SIZE - 1];
  const entries = entriesOf(header);
  const last = entries.findLastIndex(({ isFree }) => !isFree);
  const [first] = entries;
  if (last < 0 || first === undefined || first.isFree || (writeProtect !== 0 && writeProtect !== 0xff)) return false;
  const used = entries.slice(0, last + 1);
  const places = new Set(
    used.filter(({ isFree }) => !isFree).map(({ cylinder, id, flags }) => `${cylinder}/${id}/${flags & SIDE}`),
  );
  const usedCount = used.reduce((count, { isFree }) => count + (isFree ? 0 : 1), 0);
  const end = HEADER_SIZE + used.reduce((sum, entry) => sum + entry.size, 0);
  const isDisk = used.every(({ isFree, cylinder }) => isFree || cylinder <= LAST_CYLINDER) && places.size * 2 > usedCount;
  return isDisk && (end === size || (end < size && last === ENTRIES - 1) || isFreeBehind(entries.slice(last + 1), end, size));
}

function isFreeBehind(rest: readonly Entry[], end: number, size: number): boolean {
  let at = end;
  for (const entry of rest) {
    if (at >= size) break;
    at += entry.size;
  }
  return at === size;
}

function readPart(cursor: Cursor, tracks: Map<string, Track & { readonly sectors: Sector[] }>, list: Track[]): void {
  for (const entry of entriesOf(cursor.take(HEADER_SIZE, 'the table of sectors'))) {
    const { cylinder, id, flags, size } = entry;
    if (cursor.isAtEnd) return;
    const head = (flags & SIDE) === 0 ? 0 : 1;
    const what = `sector ${id} of cylinder ${cylinder}, head ${head}`;
    const bytes = cursor.take(size, entry.isFree ? 'a free sector' : what);
    if (entry.isFree) continue;
    if (cylinder > LAST_CYLINDER) {
      const message = `the table of sectors names cylinder ${cylinder}; no floppy has as many; the image is damaged there, and what follows is not read`;
      throw new Fault(FaultKind.Corrupt, 'jv3/cylinder', message, { cylinder });
    }
    const key = `${cylinder}/${head}`;
    let track = tracks.get(key);
    if (track === undefined) {
      track = { cylinder, head, encoding: (flags & IS_MFM) === 0 ? 'FM' : 'MFM', sectors: [] };
      tracks.set(key, track);
      addTrack(list, track, 'jv3');
    }
    track.sectors.push({ id, size, bytes, isBad: (flags & IS_BAD) !== 0, isDeleted: isDeleted(flags) });
  }
}

/** Data mark F8: code 1 of MFM, code 3 of FM. */
function isDeleted(flags: number): boolean {
  return (flags & DATA_MARK) === ((flags & IS_MFM) === 0 ? 0x60 : 0x20);
}
