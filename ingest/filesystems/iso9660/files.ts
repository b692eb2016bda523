/** Directories as their records, and records as files: several make one where a file has pieces, or a resource fork. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { Blocks } from './blocks.ts';
import { type DirectoryRecord, Flag, isDots, recordLayout, recordOf, type Section, SECTOR } from './record.ts';

/** Read at once; a directory of a million files has a hundred of them. */
const PIECE = 1024 * 1024;
/** Sectors without a record that is one, one after the other, that end a directory: real ones have none. */
const MOST_USELESS = 16;

/** A directory: where its records lie. */
export interface Directory {
  /** Of its entry: where its record lies, in bytes of the volume. */
  readonly id: number;
  readonly block: number;
  /** In bytes; 0 when only its own first record knows. */
  readonly size: number;
}

/** Some of a directory's records, `.` and `..` left out, and what was wrong among them. */
export interface Records {
  readonly records: readonly DirectoryRecord[];
  readonly faults: readonly Fault[];
}

/** @throws Fault when it does not begin as a directory does. */
export async function* recordsOf(blocks: Blocks, directory: Directory, isHighSierra: boolean): AsyncGenerator<Records> {
  const start = blocks.placeOf(directory.block);
  const size = directory.size > 0 ? directory.size : await sizeBySelf(blocks, start, isHighSierra);
  let uselessCount = 0;
  for (let at = 0; at < size; at += PIECE) {
    const wanted = Math.min(PIECE, size - at);
    const bytes = await blocks.read(start + at, wanted);
    if (at === 0 && bytes.length > 0 && !beginsDirectory(bytes, start, isHighSierra)) throw noDirectory(directory.block);
    const records: DirectoryRecord[] = [];
    const faults: Fault[] = [];
    for (let sector = 0; sector < bytes.length && uselessCount <= MOST_USELESS; sector += SECTOR) {
      const before = records.length;
      const end = Math.min(sector + SECTOR, bytes.length);
      const fault = takeRecords(bytes.subarray(sector, end), start + at + sector, isHighSierra, records);
      if (fault !== undefined) faults.push(fault);
      // Where another directory begins, this one has ended.
      const isOther = at + sector > 0 && isSelf(bytes.subarray(sector, end));
      if (isOther) records.length = before;
      uselessCount = isOther ? MOST_USELESS + 1 : records.length > before ? 0 : uselessCount + 1;
      if (uselessCount > MOST_USELESS) faults.push(runsOut(directory.block, at + sector, size));
    }
    const isCut = bytes.length < wanted;
    if (isCut && uselessCount <= MOST_USELESS) faults.push(cutDirectory(directory.block, at + bytes.length, size));
    yield { records, faults };
    if (isCut || uselessCount > MOST_USELESS) return;
  }
}

/** Whether a directory stands there: its first record is its own. @param bytes from its first. */
export function beginsDirectory(bytes: Buffer, at: number, isHighSierra: boolean): boolean {
  const own = recordOf(bytes.subarray(0, bytes[0] ?? 0), at, isHighSierra);
  return own !== undefined && (own.flags & Flag.Directory) !== 0;
}

/** Whether a sector begins with the record that only the first of a directory has: one byte of 0 for a name. */
function isSelf(sector: Buffer): boolean {
  const { nameLength } = recordLayout.field;
  return (
    sector.length > recordLayout.size &&
    (sector[0] ?? 0) > recordLayout.size &&
    nameLength(sector, 0) === 1 &&
    sector[recordLayout.size] === 0
  );
}

async function sizeBySelf(blocks: Blocks, start: number, isHighSierra: boolean): Promise<number> {
  const bytes = await blocks.read(start, 256);
  const own = recordOf(bytes.subarray(0, bytes[0] ?? 0), start, isHighSierra);
  return own === undefined ? SECTOR : Math.max(SECTOR, own.section.size);
}

/** Records never cross a sector; behind the last of it are zeros. */
function takeRecords(sector: Buffer, at: number, isHighSierra: boolean, into: DirectoryRecord[]): Fault | undefined {
  for (let position = 0; position < sector.length; ) {
    const length = sector[position] ?? 0;
    if (length === 0) return undefined;
    const isInside = position + length <= sector.length;
    const record = isInside ? recordOf(sector.subarray(position, position + length), at + position, isHighSierra) : undefined;
    if (record === undefined) return badRecord(at + position, length);
    if (!isDots(record)) into.push(record);
    position += length;
  }
  return undefined;
}

/** A file, from all of its records. */
export interface FileRecords {
  readonly first: DirectoryRecord;
  readonly sections: readonly Section[];
  /** Another piece was announced and did not come. */
  readonly isUnfinished: boolean;
  /** Its associated file: on discs of the Macintosh its resource fork. */
  readonly associated: FileRecords | undefined;
}

/** Joins records that follow each other. One step behind, since a file and its associated one come in either order. */
export class Joining {
  #open: { first: DirectoryRecord; sections: Section[]; isMore: boolean } | undefined;
  #held: FileRecords | undefined;

  /** Files that are complete with these records. */
  *take(records: Iterable<DirectoryRecord>): Generator<FileRecords> {
    for (const record of records) {
      const isMore = (record.flags & Flag.More) !== 0;
      if (this.#open?.isMore === true && isSameFile(this.#open.first, record)) {
        this.#open.sections.push(record.section);
        this.#open.isMore = isMore;
        continue;
      }
      yield* this.#close();
      this.#open = { first: record, sections: [record.section], isMore };
    }
  }

  *end(): Generator<FileRecords> {
    yield* this.#close();
    if (this.#held !== undefined) yield this.#held;
    this.#held = undefined;
  }

  *#close(): Generator<FileRecords> {
    if (this.#open === undefined) return;
    const { first, sections, isMore } = this.#open;
    const file: FileRecords = { first, sections, isUnfinished: isMore, associated: undefined };
    this.#open = undefined;
    const held = this.#held;
    if (held === undefined) {
      this.#held = file;
      return;
    }
    const isFork = isAssociated(file);
    if (isFork !== isAssociated(held) && file.first.identifier.equals(held.first.identifier)) {
      this.#held = undefined;
      yield isFork ? { ...held, associated: file } : { ...file, associated: held };
      return;
    }
    this.#held = file;
    yield held;
  }
}

export function isAssociated({ first }: FileRecords): boolean {
  return (first.flags & (Flag.Associated | Flag.Directory)) === Flag.Associated;
}

function isSameFile(one: DirectoryRecord, other: DirectoryRecord): boolean {
  return one.identifier.equals(other.identifier) && isAssociatedFlag(one) === isAssociatedFlag(other);
}

function isAssociatedFlag({ flags }: DirectoryRecord): boolean {
  return (flags & Flag.Associated) !== 0;
}

function noDirectory(block: number): Fault {
  const message = `block ${block} should begin a folder and does not: the image lacks it, or it is damaged; its files are not listed`;
  return new Fault(FaultKind.Corrupt, 'iso9660/directory', message, { block });
}

function badRecord(at: number, length: number): Fault {
  const message = `the record of ${length} bytes at byte ${at} can't be one of a folder; the rest of its sector is left out`;
  return new Fault(FaultKind.Corrupt, 'iso9660/record', message, { at, length });
}

function runsOut(block: number, at: number, size: number): Fault {
  const message = `the folder at block ${block} says it has ${size} bytes, and has no more records from byte ${at} on: part of it could not be read, or its size is wrong`;
  return new Fault(FaultKind.Corrupt, 'iso9660/directory-blank', message, { block, at, size });
}

function cutDirectory(block: number, got: number, size: number): Fault {
  const message = `the folder at block ${block} has ${size} bytes and the image ${got} of them: it is cut; what is there is listed`;
  return new Fault(FaultKind.Truncated, 'iso9660/directory-cut', message, { block, got, size });
}
