/** Files of GEOS on Commodore disks: an information block, and records where a file is made of several (VLIR). */
import { Fault, layout, raw, u8 } from '../../kernel/index.ts';
import type { Range } from '../../media/index.ts';
import type { Stamp } from '../filesystems.ts';
import { decodedText } from '../names.ts';
import { stampOfFields } from '../stamps.ts';
import { BLOCK, type CbmDisk, type Place } from './disk.ts';

/** Directory entry of 32 bytes, the fields that GEOS added (The Official GEOS Programmer's Reference Guide). */
const geosEntry = layout('GEOS directory entry', 32, {
  type: [2, u8],
  infoTrack: [21, u8],
  infoSector: [22, u8],
  structure: [23, u8],
  geosType: [24, u8],
  year: [25, u8],
  month: [26, u8],
  day: [27, u8],
  hour: [28, u8],
  minute: [29, u8],
});

const infoBlock = layout('GEOS information block', BLOCK, {
  class: [0x4d, raw(20)],
  author: [0x61, raw(20)],
  application: [0x75, raw(20)],
  description: [0xa0, raw(95)],
});

const TYPES = [
  'not GEOS',
  'BASIC',
  'assembler',
  'data',
  'system',
  'desk accessory',
  'application',
  'document',
  'font',
  'printer driver',
  'input driver',
  'disk driver',
  'start program',
  'temporary',
  'auto-executing',
];
const VLIR = 1;
const RELATIVE = 4;

export interface GeosFile {
  readonly facts: Readonly<Record<string, string | number>>;
  readonly modified: Stamp | undefined;
  readonly isVlir: boolean;
  /** Of the information block, where it is there. */
  readonly info: Range | undefined;
  readonly fault: Fault | undefined;
}

/** Undefined for a file that GEOS did not make. @param slot 32 bytes of the directory. */
export function geosOf(disk: CbmDisk, slot: Buffer): GeosFile | undefined {
  const e = geosEntry.decode(slot);
  if (e.geosType === 0 || e.geosType > 0x20 || e.structure > 1 || (e.type & 0x0f) === RELATIVE || e.month > 12) return undefined;
  const isVlir = e.structure === VLIR;
  const facts = { geosType: TYPES[e.geosType] ?? `type ${e.geosType}`, geosStructure: isVlir ? 'VLIR' : 'sequential' };
  const { year, month, day, hour, minute } = e;
  // Two digits: GEOS began in 1986.
  const fields = { year: (year < 80 ? 2000 : 1900) + year, month, day, hour, minute };
  const modified = month === 0 && day === 0 ? undefined : stampOfFields(fields, 60);
  const place = { track: e.infoTrack, sector: e.infoSector };
  if (place.track === 0) return { facts, modified, isVlir, info: undefined, fault: undefined };
  try {
    const info = infoBlock.decode(disk.block(place));
    const texts = Object.entries(info).flatMap(([name, bytes]) => {
      const text = decodedText(bytes, 'latin1');
      return text === '' ? [] : [[`geos${name.charAt(0).toUpperCase()}${name.slice(1)}`, text] as const];
    });
    const at = (disk.placeOf(place) ?? 0) + 2;
    return {
      facts: { ...facts, ...Object.fromEntries(texts) },
      modified,
      isVlir,
      info: { offset: at, length: BLOCK - 2 },
      fault: undefined,
    };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { facts, modified, isVlir, info: undefined, fault: error };
  }
}

/** The places of the records of a VLIR file in order: undefined for an empty one. @throws Fault where its index can't be read. */
export function recordsOf(disk: CbmDisk, index: Place): (Place | undefined)[] {
  const block = disk.block(index);
  const records: (Place | undefined)[] = [];
  const starts = new Set<number>();
  for (let at = 2; at < BLOCK; at += 2) {
    const place = { track: block[at] ?? 0, sector: block[at + 1] ?? 0 };
    if (place.track === 0 && place.sector === 0) break;
    const key = place.track * BLOCK + place.sector;
    // A second record at the same place would be its bytes twice.
    records.push(place.track === 0 || starts.has(key) ? undefined : place);
    starts.add(key);
  }
  return records;
}
