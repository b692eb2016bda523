/** Records of the master file table: fix-ups, header and the attributes inside. There are millions: read field by field, nothing is copied. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import { readReference, type Reference } from './numbers.ts';

/** Offsets in a record, from Linux-NTFS, "FILE record". */
const At = {
  mark: 0,
  fixUpOffset: 4,
  /** One more than there are stretches. */
  fixUpCount: 6,
  sequence: 16,
  linkCount: 18,
  firstAttribute: 20,
  flags: 22,
  usedSize: 24,
  base: 32,
} as const;
const HEADER_SIZE = 40;
/** Two bytes at the end of each stretch are replaced, so that a write that was cut short can be told. */
const STRETCH = 512;

export const Mark = { File: 0x454c4946, Bad: 0x44414142 } as const;
export const RecordFlag = { InUse: 1, Directory: 2 } as const;

/** Offsets in an attribute, from Linux-NTFS, "Attributes". */
const AttributeAt = { type: 0, length: 4, isOutside: 8, nameLength: 9, nameOffset: 10, flags: 12, id: 14 } as const;
const LAST_ATTRIBUTE = 0xffffffff;

export const Type = {
  StandardInformation: 0x10,
  AttributeList: 0x20,
  FileName: 0x30,
  ObjectId: 0x40,
  VolumeName: 0x60,
  VolumeInformation: 0x70,
  Data: 0x80,
  Bitmap: 0xb0,
  ReparsePoint: 0xc0,
  ExtendedAttributes: 0xe0,
  LoggedStream: 0x100,
} as const;

/** Those that a listing needs not are passed over. */
const KNOWN: ReadonlySet<number> = new Set(Object.values(Type));

/** Where an attribute stands; its value is read by attributes.ts. */
export interface Attribute {
  /** Of the record it stands in. */
  readonly number: number;
  /** Those of its record, maybe with others around it. */
  readonly bytes: Buffer;
  /** Of its first byte, in them. */
  readonly at: number;
  readonly length: number;
  readonly type: number;
  /** Its value lies in clusters, not in the record. */
  readonly isOutside: boolean;
  readonly flags: number;
  /** '' when it has none. */
  readonly name: string;
}

export interface FileRecord {
  readonly number: number;
  readonly mark: number;
  readonly sequence: number;
  readonly flags: number;
  /** The record that this one belongs to; number 0 when it stands for itself. */
  readonly base: Reference;
  readonly attributes: readonly Attribute[];
  readonly fault: Fault | undefined;
}

export function isInUse({ flags }: Pick<FileRecord, 'flags'>): boolean {
  return (flags & RecordFlag.InUse) !== 0;
}

export function isFolder({ flags }: Pick<FileRecord, 'flags'>): boolean {
  return (flags & RecordFlag.Directory) !== 0;
}

/** It stands for itself; other records hold what did not fit into their base. */
export function isBase({ base }: Pick<FileRecord, 'base'>): boolean {
  return base.number === 0 && base.sequence === 0;
}

/**
 * @param bytes with a record at `start`, the reader's own: fix-ups are undone in them, and the attributes stand on them.
 * @returns undefined where no record is.
 */
export function readRecord(bytes: Buffer, number: number, start = 0, size = bytes.length): FileRecord | undefined {
  const mark = bytes.readUInt32LE(start + At.mark);
  if (mark !== Mark.File && mark !== Mark.Bad) return undefined;
  const isWhole = undoFixUps(bytes, start, size);
  const attributes: Attribute[] = [];
  const isBroken = !collect(bytes, number, start, size, attributes);
  const fault = mark === Mark.Bad ? marked(number) : isWhole ? (isBroken ? broken(number) : undefined) : torn(number);
  return {
    number,
    mark,
    sequence: bytes.readUInt16LE(start + At.sequence),
    flags: bytes.readUInt16LE(start + At.flags),
    base: readReference(bytes, start + At.base),
    attributes,
    fault,
  };
}

/** @returns false when a stretch does not end as its header says: the write was cut short, or bytes were changed. */
function undoFixUps(bytes: Buffer, start: number, size: number): boolean {
  const offset = bytes.readUInt16LE(start + At.fixUpOffset);
  const count = bytes.readUInt16LE(start + At.fixUpCount) - 1;
  if (count * STRETCH !== size || offset % 2 !== 0 || offset < HEADER_SIZE || offset + 2 + count * 2 > STRETCH - 2) return false;
  const expected = bytes.readUInt16LE(start + offset);
  let isWhole = true;
  for (let index = 0; index < count; index++) {
    const at = start + (index + 1) * STRETCH - 2;
    if (bytes.readUInt16LE(at) === expected) bytes.writeUInt16LE(bytes.readUInt16LE(start + offset + 2 + index * 2), at);
    else isWhole = false;
  }
  return isWhole;
}

/** @returns false when the attributes do not fit the record. */
function collect(bytes: Buffer, number: number, start: number, size: number, into: Attribute[]): boolean {
  const used = bytes.readUInt32LE(start + At.usedSize);
  const end = start + Math.min(used, size);
  const first = bytes.readUInt16LE(start + At.firstAttribute);
  if (first < HEADER_SIZE || first % 8 !== 0) return false;
  for (let at = start + first; at + 8 <= end; ) {
    const type = bytes.readUInt32LE(at + AttributeAt.type);
    if (type === LAST_ATTRIBUTE) return used <= size;
    const length = bytes.readUInt32LE(at + AttributeAt.length);
    if (length < 24 || length % 8 !== 0 || at + length > end) return false;
    const nameLength = (bytes[at + AttributeAt.nameLength] ?? 0) * 2;
    let name = '';
    if (nameLength > 0) {
      const nameAt = bytes.readUInt16LE(at + AttributeAt.nameOffset);
      if (nameAt + nameLength > length) return false;
      name = bytes.toString('utf16le', at + nameAt, at + nameAt + nameLength);
    }
    const isOutside = bytes[at + AttributeAt.isOutside] !== 0;
    if (KNOWN.has(type))
      into.push({ number, bytes, at, length, type, isOutside, flags: bytes.readUInt16LE(at + AttributeAt.flags), name });
    at += length;
  }
  return false;
}

function marked(number: number): Fault {
  const message = `record ${number} of the master file table was marked as damaged by the system that used the volume`;
  return new Fault(FaultKind.Corrupt, 'ntfs/bad-record', message, { record: number });
}

function torn(number: number): Fault {
  const message = `record ${number} of the master file table was not written whole (a torn write): what it says may be old or mixed`;
  return new Fault(FaultKind.Corrupt, 'ntfs/torn-record', message, { record: number });
}

function broken(number: number): Fault {
  const message = `record ${number} of the master file table has attributes that do not fit into it; those after them are lost`;
  return new Fault(FaultKind.Corrupt, 'ntfs/attributes', message, { record: number });
}
