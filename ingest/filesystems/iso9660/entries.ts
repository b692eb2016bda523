/** Entries: what the records of a file say, by Rock Ridge where the tree has it, else by themselves. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import { type Entry, EntryKind, type Name, type Stamps, StreamKind } from '../filesystems.ts';
import { decodedName, namedAs } from '../names.ts';
import { pathIn } from '../walk.ts';
import { appleFacts } from './apple.ts';
import type { Blocks } from './blocks.ts';
import { dataStream, storedStream } from './content.ts';
import { type Directory, type FileRecords, isAssociated } from './files.ts';
import { type DirectoryRecord, Flag, recordOf } from './record.ts';
import { type RockRidge, rockRidgeOf } from './rock-ridge.ts';
import { stampOfRecord } from './stamps.ts';
import { suspFields, xaOf } from './susp.ts';

/** How the names and fields of a tree are to be read. */
export interface Reading {
  readonly blocks: Blocks;
  readonly isHighSierra: boolean;
  readonly isJoliet: boolean;
  /** Bytes to skip in system use areas that hold Rock Ridge; undefined without it. */
  readonly suspSkip: number | undefined;
  /** Of names that are no UTF-8. */
  readonly codePage: string;
  /** As in `Entry.tree`; undefined in the main one. */
  readonly tree: string | undefined;
}

export interface Made {
  readonly entry: Entry;
  /** What a directory's entry leads to. */
  readonly directory: Directory | undefined;
  readonly isRelocated: boolean;
}

const NOTHING: { fields: readonly never[]; fault: undefined } = { fields: [], fault: undefined };

export async function entryOf(file: FileRecords, parent: Directory, path: string, reading: Reading): Promise<Made> {
  const { first, associated } = file;
  const { blocks, suspSkip } = reading;
  const shared = suspSkip === undefined ? NOTHING : suspFields(first.systemUse, suspSkip, blocks);
  const { fields, fault } = shared instanceof Promise ? await shared : shared;
  const own = rockRidgeOf(fields);
  const ridge = own.childBlock === undefined ? own : await withChild(own, own.childBlock, reading);
  const name = ridge.name === undefined ? plainName(first, reading) : decodedName(ridge.name, 'utf-8');
  const kind = kindOf(first, ridge);
  const directory: Directory | undefined = kind === EntryKind.Directory ? directoryOf(first, ridge) : undefined;
  const isFork = isAssociated(file);
  const data =
    kind !== EntryKind.File ? [] : isFork ? [storedStream(StreamKind.Resource, file, blocks)] : [dataStream(file, ridge, blocks)];
  const fork = associated === undefined ? [] : [storedStream(StreamKind.Resource, associated, blocks)];
  const faults = faultsOf(file, fault);
  const facts = appleFacts(first.systemUse, suspSkip, fields);
  const { target, device } = ridge;
  // Field by field: spreading a dozen objects for each of a million entries takes longer than reading them.
  const entry: { -readonly [K in keyof Entry]: Entry[K] } = {
    kind,
    path: pathIn(path, { name }),
    name,
    id: first.at,
    parentId: parent.id,
    isDeleted: false,
    streams: fork.length === 0 ? data : [...data, ...fork],
    times: timesOf(first, ridge),
    attributes: attributesOf(first),
  };
  copyPosix(ridge, entry);
  if (kind === EntryKind.Link && target !== undefined) entry.target = target;
  if (facts !== undefined) entry.facts = facts;
  if (device !== undefined) entry.facts = { ...facts, deviceMajor: device.major, deviceMinor: device.minor };
  if (reading.tree !== undefined) entry.tree = reading.tree;
  if (faults.length > 0) entry.faults = faults;
  return { entry, directory, isRelocated: ridge.isRelocated === true };
}

/** What a relocated directory says of itself: the record that stands in its place is a mere pointer. */
async function withChild(ridge: RockRidge, childBlock: number, { blocks, isHighSierra, suspSkip }: Reading): Promise<RockRidge> {
  const at = blocks.placeOf(childBlock);
  const bytes = await blocks.read(at, 256);
  const own = recordOf(bytes.subarray(0, bytes[0] ?? 0), at, isHighSierra);
  if (own === undefined || suspSkip === undefined) return ridge;
  const { fields } = await suspFields(own.systemUse, suspSkip, blocks);
  const child = rockRidgeOf(fields);
  const merged: { -readonly [K in keyof RockRidge]: RockRidge[K] } = { ...ridge };
  copyPosix(child, merged);
  if (child.times !== undefined) merged.times = child.times;
  return merged;
}

type Posix = Pick<RockRidge, 'mode' | 'linkCount' | 'ownerId' | 'groupId'>;

function copyPosix({ mode, linkCount, ownerId, groupId }: Posix, into: { -readonly [K in keyof Posix]: Posix[K] }): void {
  if (mode !== undefined) into.mode = mode;
  if (linkCount !== undefined) into.linkCount = linkCount;
  if (ownerId !== undefined) into.ownerId = ownerId;
  if (groupId !== undefined) into.groupId = groupId;
}

/** POSIX file types, as the mode has them. */
const KINDS: ReadonlyMap<number, EntryKind> = new Map([
  [0o010000, EntryKind.Pipe],
  [0o020000, EntryKind.Character],
  [0o060000, EntryKind.Block],
  [0o120000, EntryKind.Link],
  [0o140000, EntryKind.Socket],
]);

/** Whether it is a directory, the record says: its fields may be forged. */
function kindOf({ flags }: DirectoryRecord, { mode = 0, childBlock }: RockRidge): EntryKind {
  if ((flags & Flag.Directory) !== 0 || childBlock !== undefined) return EntryKind.Directory;
  return KINDS.get(mode & 0o170000) ?? EntryKind.File;
}

function directoryOf({ at, section }: DirectoryRecord, { childBlock }: RockRidge): Directory {
  return childBlock === undefined ? { id: at, block: section.block, size: section.size } : { id: at, block: childBlock, size: 0 };
}

/** The identifier without version 1 and the dot of an empty extension, as every system shows it. */
function plainName({ identifier }: DirectoryRecord, { isJoliet, codePage }: Reading): Name {
  const name = isJoliet ? decodedName(identifier, 'utf-16be') : plainDecoded(identifier, codePage);
  return namedAs(name.text.replace(/;1$/, '').replace(/\.$/, ''), identifier, name.encoding);
}

function plainDecoded(identifier: Buffer, codePage: string): Name {
  const name = decodedName(identifier, 'utf-8');
  return name.encoding === 'utf-8' ? name : decodedName(identifier, codePage);
}

function timesOf({ time }: DirectoryRecord, { times }: RockRidge): Stamps {
  if (times?.modified !== undefined) return times;
  const modified = stampOfRecord(time);
  return { ...times, ...(modified && { modified }) };
}

/** CD-ROM XA, System Description §II.2.7: what the sectors of a file are, big-endian. */
const XA_WORDS: readonly (readonly [bit: number, word: string])[] = [
  [0x1000, 'xa-form-2'],
  [0x2000, 'xa-interleaved'],
  [0x4000, 'cd-audio'],
];

function attributesOf({ flags, systemUse }: DirectoryRecord): string[] {
  const words: string[] = [];
  if ((flags & Flag.Hidden) !== 0) words.push('hidden');
  const xa = xaOf(systemUse)?.readUInt16BE(4) ?? 0;
  for (const [bit, word] of XA_WORDS) if ((xa & bit) !== 0) words.push(word);
  return words;
}

function faultsOf({ first, isUnfinished }: FileRecords, fault: Fault | undefined): Fault[] {
  const found: Fault[] = fault === undefined ? [] : [fault];
  if (first.differs) {
    const message = 'its place or size is written twice and does not agree; the little-endian number is used';
    found.push(new Fault(FaultKind.Corrupt, 'iso9660/pair', message));
  }
  if (isUnfinished) {
    const message = 'a further piece of the file is announced and does not follow: its end is missing';
    found.push(new Fault(FaultKind.Corrupt, 'iso9660/piece-missing', message));
  }
  return found;
}
