/** Values of attributes: resident ones, what is said of those in clusters, the list of attributes that other records hold, file names. */
import { layout, raw, u16le } from '../../kernel/index.ts';
import { readReference, readU64, type Reference, u64 } from './numbers.ts';
import { type Attribute, type FileRecord, isInUse } from './record.ts';

/** Of those below, for what is read of every file. */
export const OutsideAt = { firstCluster: 16, lastCluster: 24, runsOffset: 32, initializedSize: 56, end: 64 } as const;

/** Attribute outside the record, from Linux-NTFS, "Attributes". */
const outside = layout('NTFS attribute in clusters', OutsideAt.end, {
  firstCluster: [OutsideAt.firstCluster, u64],
  lastCluster: [OutsideAt.lastCluster, u64],
  runsOffset: [OutsideAt.runsOffset, u16le],
  /** Logarithm of clusters in a unit of compression. */
  compressionUnit: [34, u16le],
  allocatedSize: [40, u64],
  size: [48, u64],
  /** Bytes beyond it were never written. */
  initializedSize: [OutsideAt.initializedSize, u64],
});

export const AttributeFlag = { Compressed: 0x00ff, Encrypted: 0x4000, Sparse: 0x8000 } as const;

/** A piece of an attribute in clusters; large ones have several, in several records. */
export interface Extent {
  /** In clusters of the attribute (VCN). */
  readonly firstCluster: number;
  readonly lastCluster: number;
  readonly compressionUnit: number;
  readonly size: number;
  readonly initializedSize: number;
  /** Its clusters, packed: see runlist.ts. */
  readonly runs: Buffer;
}

/** Of a resident attribute; undefined where it does not fit. */
export function valueOf({ bytes, at, length }: Attribute): Buffer | undefined {
  const place = valuePlace(bytes, at, length);
  return place < 0 ? undefined : bytes.subarray(place, place + bytes.readUInt32LE(at + 16));
}

/** Where the value begins in its bytes; -1 where it does not fit. */
export function valuePlace(bytes: Buffer, at: number, length: number): number {
  const size = bytes.readUInt32LE(at + 16);
  const offset = bytes.readUInt16LE(at + 20);
  return offset + size > length ? -1 : at + offset;
}

/** Undefined where it does not fit. */
export function extentOf({ bytes, at, length, isOutside }: Attribute): Extent | undefined {
  if (!isOutside || length < outside.size) return undefined;
  const { runsOffset, ...extent } = outside.decode(bytes.subarray(at, at + outside.size));
  if (runsOffset < outside.size || runsOffset > length) return undefined;
  return { ...extent, runs: bytes.subarray(at + runsOffset, at + length) };
}

/** In bytes; only the first piece of an attribute tells. Undefined when it can't be. */
export function sizeOf({ bytes, at, length, isOutside }: Attribute): number | undefined {
  if (!isOutside) return valuePlace(bytes, at, length) < 0 ? undefined : bytes.readUInt32LE(at + 16);
  const size = length < outside.size ? Infinity : readU64(bytes, at + 48);
  return Number.isSafeInteger(size) ? size : undefined;
}

export function isFirst({ bytes, at, length, isOutside }: Attribute): boolean {
  return !isOutside || (length >= outside.size && readU64(bytes, at + 16) === 0);
}

const listEntry = layout('NTFS attribute list entry', 26, {
  type: [0, raw(4)],
  length: [4, u16le],
  nameLength: [6, raw(1)],
  nameOffset: [7, raw(1)],
  firstCluster: [8, u64],
  record: [16, raw(8)],
  id: [24, u16le],
});

/** Which record holds which piece. */
export interface Listed {
  readonly type: number;
  readonly name: string;
  readonly firstCluster: number;
  readonly record: Reference;
}

/** @returns undefined at the first entry that does not fit: what comes after it is lost. */
export function* listedIn(list: Buffer): Generator<Listed | undefined> {
  for (let at = 0; at + listEntry.size <= list.length; ) {
    const entry = listEntry.decode(list.subarray(at, at + listEntry.size));
    const nameLength = (entry.nameLength[0] ?? 0) * 2;
    const nameAt = at + (entry.nameOffset[0] ?? 0);
    if (entry.length < listEntry.size || (nameLength > 0 && nameAt + nameLength > list.length)) {
      yield undefined;
      return;
    }
    yield {
      type: entry.type.readUInt32LE(),
      name: list.toString('utf16le', nameAt, nameAt + nameLength),
      firstCluster: entry.firstCluster,
      record: readReference(entry.record, 0),
    };
    at += entry.length;
  }
}

export const Namespace = { Posix: 0, Windows: 1, Dos: 2, Both: 3 } as const;

export interface FileName {
  readonly parent: Reference;
  readonly namespace: number;
  /** UTF-16LE. */
  readonly bytes: Buffer;
}

/** Offsets from Linux-NTFS, "$FILE_NAME". Its times and sizes are old: nobody keeps them. */
const NameAt = { parent: 0, length: 64, namespace: 65, name: 66 } as const;

/** Undefined where it does not fit. */
export function fileNameOf({ bytes, at, length, isOutside }: Attribute): FileName | undefined {
  const place = isOutside ? -1 : valuePlace(bytes, at, length);
  const size = bytes.readUInt32LE(at + 16);
  if (place < 0 || size < NameAt.name) return undefined;
  const nameLength = (bytes[place + NameAt.length] ?? 0) * 2;
  if (nameLength === 0 || NameAt.name + nameLength > size) return undefined;
  const nameAt = place + NameAt.name;
  // A copy: names outlive the large window that records were read in.
  const name = Buffer.from(bytes.subarray(nameAt, nameAt + nameLength));
  return {
    parent: readReference(bytes, place + NameAt.parent),
    namespace: bytes[place + NameAt.namespace] ?? 0,
    bytes: name,
  };
}

/** A name refers to its folder by number and sequence; the sequence goes up when a record is freed. */
export function isParent(
  folder: Pick<FileRecord, 'number' | 'sequence' | 'flags'>,
  { number, sequence }: Reference,
  isDeleted: boolean,
): boolean {
  if (folder.number !== number) return false;
  if (isInUse(folder)) return folder.sequence === sequence;
  return isDeleted && (folder.sequence === sequence || folder.sequence === (sequence % 0xffff) + 1);
}
