/** Directories of ProDOS: their headers and entries, names with small letters, dates. */
import { layout, raw, u16le, u8 } from '../../kernel/index.ts';
import type { Name, Stamp } from '../filesystems.ts';
import { namedAs } from '../names.ts';
import { stampOfFields } from '../stamps.ts';

export const Storage = {
  Deleted: 0,
  Seedling: 1,
  Sapling: 2,
  Tree: 3,
  PascalArea: 4,
  Extended: 5,
  Directory: 13,
  SubdirectoryHeader: 14,
  VolumeHeader: 15,
} as const;

export const VOLUME_BLOCK = 2;
export const ENTRY_SIZE = 39;
export const ENTRIES_PER_BLOCK = 13;
/** Behind the places of the block before and the one after. */
export const ENTRIES_AT = 4;

/** First block of a directory: the places of its neighbours and its header (ProDOS Technical Reference Manual, B.2.1). */
export const keyBlock = layout('ProDOS directory header', 0x2b, {
  previous: [0x00, u16le],
  next: [0x02, u16le],
  storageAndLength: [0x04, u8],
  name: [0x05, raw(15)],
  modifiedDate: [0x16, u16le],
  modifiedTime: [0x18, u16le],
  /** Of GS/OS, on volumes. */
  caseBits: [0x1a, u16le],
  createdDate: [0x1c, u16le],
  createdTime: [0x1e, u16le],
  version: [0x20, u8],
  entryLength: [0x23, u8],
  entriesPerBlock: [0x24, u8],
  fileCount: [0x25, u16le],
  bitmapBlock: [0x27, u16le],
  blockCount: [0x29, u16le],
});

/** Directory entry (B.2.4); the versions of ProDOS became the case bits of GS/OS. */
export const directoryEntry = layout('ProDOS directory entry', ENTRY_SIZE, {
  storageAndLength: [0x00, u8],
  name: [0x01, raw(15)],
  type: [0x10, u8],
  keyBlock: [0x11, u16le],
  blocksUsed: [0x13, u16le],
  sizeLow: [0x15, u16le],
  sizeHigh: [0x17, u8],
  createdDate: [0x18, u16le],
  createdTime: [0x1a, u16le],
  caseBits: [0x1c, u16le],
  access: [0x1e, u8],
  auxiliary: [0x1f, u16le],
  modifiedDate: [0x21, u16le],
  modifiedTime: [0x23, u16le],
  headerBlock: [0x25, u16le],
});

export type DirectoryEntry = ReturnType<typeof directoryEntry.decode>;

/** Bit 15 says that the others stand for letters, from the first: those that are set are small (GS/OS Technical Note 8). */
export function nameOf(bytes: Buffer, length: number, caseBits: number): Name {
  const stored = bytes.subarray(0, length);
  const text = stored.toString('latin1');
  if ((caseBits & 0x8000) === 0) return namedAs(text, stored, 'ascii');
  const cased = Array.from(text, (c, index) => ((caseBits & (0x4000 >> index)) === 0 ? c : c.toLowerCase()));
  return namedAs(cased.join(''), stored, 'ascii');
}

/** The length of a deleted name is gone: as far as there are characters that a name can have. */
export function deletedLength(name: Buffer): number {
  return /^[A-Z][A-Z0-9.]*/.exec(name.toString('latin1'))?.[0].length ?? 0;
}

/** Undefined where nothing is recorded. Years 0 to 39 are of this century (ProDOS Technical Note 28). */
export function stampOfProdos(date: number, time: number): Stamp | undefined {
  if (date === 0) return undefined;
  const year = date >> 9;
  const fields = {
    year: year < 40 ? 2000 + year : 1900 + year,
    month: (date >> 5) & 15,
    day: date & 31,
    hour: time >> 8,
    minute: time & 0xff,
  };
  return stampOfFields(fields, 60);
}

const TYPES: Readonly<Record<number, string>> = {
  0x00: 'UNK',
  0x01: 'BAD',
  0x02: 'PCD',
  0x03: 'PTX',
  0x04: 'TXT',
  0x05: 'PDA',
  0x06: 'BIN',
  0x07: 'FNT',
  0x08: 'FOT',
  0x09: 'BA3',
  0x0a: 'DA3',
  0x0b: 'WPF',
  0x0c: 'SOS',
  0x0f: 'DIR',
  0x10: 'RPD',
  0x11: 'RPI',
  0x19: 'ADB',
  0x1a: 'AWP',
  0x1b: 'ASP',
  0x50: 'GWP',
  0xb0: 'SRC',
  0xb1: 'OBJ',
  0xb2: 'LIB',
  0xb3: 'S16',
  0xb5: 'EXE',
  0xb8: 'NDA',
  0xb9: 'CDA',
  0xbb: 'DVR',
  0xbc: 'LDF',
  0xbf: 'DOC',
  0xc0: 'PNT',
  0xc1: 'PIC',
  0xc7: 'CDV',
  0xc8: 'FON',
  0xc9: 'FND',
  0xca: 'ICN',
  0xd5: 'MUS',
  0xd6: 'INS',
  0xd7: 'MDI',
  0xd8: 'SND',
  0xe0: 'LBR',
  0xef: 'PAS',
  0xf0: 'CMD',
  0xf9: 'OS',
  0xfa: 'INT',
  0xfb: 'IVR',
  0xfc: 'BAS',
  0xfd: 'VAR',
  0xfe: 'REL',
  0xff: 'SYS',
};

/** As a catalogue shows it. */
export function typeOf(code: number): string {
  return TYPES[code] ?? `$${code.toString(16).toUpperCase().padStart(2, '0')}`;
}

const READ = 0x01;
const WRITE = 0x02;
const INVISIBLE = 0x04;
const BACKUP = 0x20;
const RENAME = 0x40;
const DESTROY = 0x80;

export function attributesOf(access: number): string[] {
  const words: string[] = [];
  if ((access & (WRITE | RENAME | DESTROY)) === 0) words.push('locked');
  else
    for (const [bit, word] of [
      [WRITE, 'no-write'],
      [RENAME, 'no-rename'],
      [DESTROY, 'no-delete'],
    ] as const)
      if ((access & bit) === 0) words.push(word);
  if ((access & READ) === 0) words.push('no-read');
  if ((access & INVISIBLE) !== 0) words.push('hidden');
  if ((access & BACKUP) !== 0) words.push('archive');
  return words;
}
