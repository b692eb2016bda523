/** Directory entries of FAT: short names, the long names before them, deleted ones too. */
import { layout, u16le, u32le, u8 } from '../../kernel/index.ts';
import type { Name } from '../filesystems.ts';
import { decodedName, namedAs } from '../names.ts';

export const Attribute = { ReadOnly: 0x01, Hidden: 0x02, System: 0x04, Label: 0x08, Directory: 0x10, Archive: 0x20 } as const;
const LONG_NAME = 0x0f;
const DELETED = 0xe5;
const DOTS = /^\.\.? +$/;
export const ENTRY_SIZE = 32;

/** Behind the name, which has a reader of its own. */
export const directoryEntry = layout('FAT directory entry', ENTRY_SIZE, {
  attributes: [11, u8],
  caseBits: [12, u8],
  createdHundredths: [13, u8],
  createdTime: [14, u16le],
  createdDate: [16, u16le],
  accessedDate: [18, u16le],
  clusterHigh: [20, u16le],
  modifiedTime: [22, u16le],
  modifiedDate: [24, u16le],
  clusterLow: [26, u16le],
  size: [28, u32le],
});

export interface Slot {
  readonly bytes: Buffer;
  /** Of the entry, from the first byte of the directory. */
  readonly position: number;
  readonly name: Name;
  /** The short name as text, when a long one was used. */
  readonly shortName: string | undefined;
  readonly isDeleted: boolean;
  readonly attributes: number;
  /** Long-name entries that belong to no short one stood before it. */
  readonly hasOrphanedName: boolean;
}

/** What a directory's bytes hold, `.` and `..` left out. @param codePage of short names. */
export function* slotsOf(bytes: Buffer, codePage: string): Generator<Slot> {
  let long: Buffer[] = [];
  for (let position = 0; position + ENTRY_SIZE <= bytes.length; position += ENTRY_SIZE) {
    const first = bytes[position] ?? 0;
    if (first === 0) return;
    const entry = bytes.subarray(position, position + ENTRY_SIZE);
    const attributes = entry[11] ?? 0;
    if ((attributes & 0x3f) === LONG_NAME) {
      // The last part stands first, and says so; a deleted one has lost its number.
      if ((first & 0x40) !== 0 && first !== DELETED) long = [];
      long.push(entry);
      continue;
    }
    const isDeleted = first === DELETED;
    const isDots = first === 0x2e && (attributes & Attribute.Directory) !== 0 && DOTS.test(entry.toString('latin1', 0, 11));
    // DOS 1 fills what was never used with E5, and formatting with F6.
    const isUnused = isDeleted && entry.every((byte, at) => at === 0 || byte === entry[1]);
    if (!isDots && !isUnused) yield slotOf(entry, position, attributes, isDeleted, long, codePage);
    long = [];
  }
}

function slotOf(
  bytes: Buffer,
  position: number,
  attributes: number,
  isDeleted: boolean,
  long: readonly Buffer[],
  codePage: string,
): Slot {
  const name = long.length === 0 ? undefined : longName(long, bytes, isDeleted);
  const short = shortName(bytes, isDeleted, codePage);
  return {
    bytes,
    position,
    name: name ?? short,
    shortName: name === undefined ? undefined : short.text,
    isDeleted,
    attributes,
    hasOrphanedName: long.length > 0 && name === undefined,
  };
}

/** Eight and three, padded with spaces; Windows NT notes in two bits which of them is lower case. */
function shortName(entry: Buffer, isDeleted: boolean, codePage: string): Name {
  const stored = Buffer.from(entry.subarray(0, 11));
  // The first character of a deleted name is gone.
  if (isDeleted) stored[0] = 0x5f;
  else if (stored[0] === 0x05) stored[0] = DELETED;
  const caseBits = entry[12] ?? 0;
  const baseEnd = unpadded(stored, 0, 8);
  const end = unpadded(stored, 8, 11);
  const bytes = end === 8 ? stored.subarray(0, baseEnd) : dotted(stored, baseEnd, end);
  if ((caseBits & 0x18) === 0) return decodedName(bytes, codePage);
  const [base, extension] = [decodedName(stored.subarray(0, baseEnd), codePage), decodedName(stored.subarray(8, end), codePage)];
  const first = (caseBits & 0x08) === 0 ? base.text : base.text.toLowerCase();
  const second = (caseBits & 0x10) === 0 ? extension.text : extension.text.toLowerCase();
  return namedAs(end === 8 ? first : `${first}.${second}`, bytes, codePage);
}

/** Where the spaces begin that fill a part up. */
function unpadded(name: Buffer, from: number, to: number): number {
  let end = to;
  while (end > from && name[end - 1] === 0x20) end--;
  return end;
}

function dotted(name: Buffer, baseEnd: number, end: number): Buffer {
  const bytes = Buffer.alloc(baseEnd + 1 + end - 8, 0x2e);
  name.copy(bytes, 0, 0, baseEnd);
  name.copy(bytes, baseEnd + 1, 8, end);
  return bytes;
}

/** Where the characters of a part of a long name lie in its entry. */
const PIECES = [
  [1, 11],
  [14, 26],
  [28, 32],
] as const;
const PART_SIZE = 26;

/** Undefined when the parts are not all there, or belong to another short name. */
function longName(parts: readonly Buffer[], short: Buffer, isDeleted: boolean): Name | undefined {
  if (parts.length > 20) return undefined;
  const utf16 = Buffer.allocUnsafe(parts.length * PART_SIZE);
  let sum: number | undefined;
  // The last stands first.
  for (const [index, part] of parts.entries()) {
    const number = parts.length - index;
    if (!isDeleted && ((part[0] ?? 0) & 0x3f) !== number) return undefined;
    sum ??= part[13];
    if (part[13] !== sum) return undefined;
    let at = (number - 1) * PART_SIZE;
    for (const [from, to] of PIECES) at += part.copy(utf16, at, from, to);
  }
  let end = 0;
  while (end < utf16.length && utf16.readUInt16LE(end) !== 0) end += 2;
  const name = utf16.subarray(0, end);
  if (name.length === 0 || sum !== checksum(short, isDeleted ? firstOf(name) : short[0])) return undefined;
  return decodedName(name, 'utf-16le');
}

/** What the short name of a deleted file began with, if its long name tells: most do. */
function firstOf(name: Buffer): number {
  return name.toString('utf16le', 0, 2).toUpperCase().charCodeAt(0) & 0xff;
}

function checksum(short: Buffer, first: number | undefined): number {
  let sum = 0;
  for (let i = 0; i < 11; i++) sum = (((sum & 1) << 7) + (sum >> 1) + ((i === 0 ? first : short[i]) ?? 0)) & 0xff;
  return sum;
}
