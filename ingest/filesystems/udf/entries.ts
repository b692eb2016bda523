/** Entries: a name of a directory with what its file entry says. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import { type DataStream, type Entry, EntryKind, StreamKind } from '../filesystems.ts';
import { pathIn } from '../walk.ts';
import { readRuns, runsOf } from './allocation.ts';
import { attributesOf } from './attributes.ts';
import { type Identifier, identifiersOf } from './directory.ts';
import { FileType, type Icb, readIcb } from './icb.ts';
import { targetOf } from './links.ts';
import type { Address, Space } from './space.ts';

/** A target of a link is not longer; a forged one is cut. */
const MOST_TARGET = 16 * 1024;
const MOST_STREAMS = 4096;
/** UDF 2.60 §3.3.8.3 */
const RESOURCE_FORK = '*UDF Macintosh Resource Fork';

/** UDF 1.50 §2.3.13: what could not be written to. */
const NON_ALLOCATABLE = 'Non-Allocatable Space';

/** Of an entry, and of the directory that it is. */
export function idOf({ partition, block }: Address): number {
  return partition * 0x1_0000_0000 + block;
}

export interface Made {
  readonly entry: Entry;
  readonly icb: Icb | undefined;
}

export async function entryOf(
  space: Space,
  identifier: Identifier,
  parentId: number,
  path: string,
  isInDeleted: boolean,
): Promise<Made> {
  const { name, address } = identifier;
  const faults: Fault[] = identifier.fault === undefined ? [] : [identifier.fault];
  const isDeleted = identifier.isDeleted || isInDeleted;
  const icb = await icbOf(space, identifier, faults);
  const kind = icb === undefined ? (identifier.isDirectory ? EntryKind.Directory : EntryKind.Unknown) : kindOf(icb);
  const { created, facts } = attributesOf(icb?.extendedAttributes);
  const named = icb?.streams === undefined ? [] : ((await orFault(() => namedStreams(space, icb), faults)) ?? []);
  const data = icb !== undefined && kind === EntryKind.File ? [dataStream(space, icb, StreamKind.Data, '', isDeleted)] : [];
  // Field by field: spreading a dozen objects for each of a million entries takes longer than reading them.
  const entry: { -readonly [K in keyof Entry]: Entry[K] } = {
    kind,
    path: pathIn(path, { name }),
    name,
    id: address === undefined ? 0 : idOf(address),
    parentId,
    isDeleted,
    streams: named.length === 0 ? data : [...data, ...named],
    times: icb?.times ?? {},
    attributes: wordsOf(identifier, icb),
  };
  if (created !== undefined) entry.times = { created, ...entry.times };
  if (icb !== undefined) Object.assign(entry, { mode: modeOf(icb), linkCount: icb.linkCount });
  if (icb?.ownerId !== undefined) entry.ownerId = icb.ownerId;
  if (icb?.groupId !== undefined) entry.groupId = icb.groupId;
  if (kind === EntryKind.Link && icb !== undefined) {
    const target = await orFault(() => linkTarget(space, icb), faults);
    if (target !== undefined) entry.target = target;
  }
  if (Object.keys(facts).length > 0) entry.facts = facts;
  if (faults.length > 0) entry.faults = faults;
  return { entry, icb: kind === EntryKind.Directory ? icb : undefined };
}

/** A deleted entry's place may have been used again: then nothing is known, and that is no fault. */
async function icbOf(space: Space, { address, isDeleted, isDirectory }: Identifier, faults: Fault[]): Promise<Icb | undefined> {
  if (address === undefined) return undefined;
  const own: Fault[] = [];
  const icb = await orFault(() => readIcb(space, address), own);
  if (isDeleted) return icb !== undefined && icb.faults.length === 0 && isDirectoryIcb(icb) === isDirectory ? icb : undefined;
  faults.push(...own, ...(icb?.faults ?? []));
  return icb;
}

export function isDirectoryIcb({ fileType }: Icb): boolean {
  return fileType === FileType.Directory;
}

async function orFault<T>(act: () => Promise<T>, faults: Fault[]): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Fault) || error.kind === FaultKind.Unreadable) throw error;
    faults.push(error);
    return undefined;
  }
}

/** The entry is read again when its bytes are wanted: listing a million files holds none of them. */
function dataStream(
  space: Space,
  { address, size }: Icb,
  kind: DataStream['kind'],
  name: string,
  isDeleted: boolean,
): DataStream {
  return {
    kind,
    name,
    size,
    runs: async () => runsOf(space, await readIcb(space, address)),
    ...(isDeleted && size > 0 ? { doubt: 'a deleted file: its blocks may belong to others now' } : {}),
  };
}

/** UDF 2.00 §3.3.5: a directory of streams, flat. */
async function namedStreams(space: Space, { streams }: Icb): Promise<DataStream[]> {
  if (streams === undefined) return [];
  const directory = await readIcb(space, streams);
  const found: DataStream[] = [];
  for await (const part of identifiersOf(space, await runsOf(space, directory), directory.size))
    for (const { address, name, isDeleted } of part.found) {
      if (address === undefined || isDeleted || found.length >= MOST_STREAMS) continue;
      const icb = await readIcb(space, address);
      const isFork = name.text === RESOURCE_FORK;
      found.push(dataStream(space, icb, isFork ? StreamKind.Resource : StreamKind.Alternate, isFork ? '' : name.text, false));
    }
  return found;
}

async function linkTarget(space: Space, icb: Icb): Promise<string> {
  return targetOf(await readRuns(space, await runsOf(space, icb), 0, Math.min(icb.size, MOST_TARGET)));
}

const KINDS: ReadonlyMap<number, readonly [kind: EntryKind, type: number]> = new Map([
  [FileType.Directory, [EntryKind.Directory, 0o040000]],
  [FileType.Block, [EntryKind.Block, 0o060000]],
  [FileType.Character, [EntryKind.Character, 0o020000]],
  [FileType.Pipe, [EntryKind.Pipe, 0o010000]],
  [FileType.Socket, [EntryKind.Socket, 0o140000]],
  [FileType.Link, [EntryKind.Link, 0o120000]],
]);
const FILE: readonly [kind: EntryKind, type: number] = [EntryKind.File, 0o100000];

function kindOf({ fileType }: Icb): EntryKind {
  return (KINDS.get(fileType) ?? FILE)[0];
}

/** ECMA-167 4/14.9.5: five bits for others, group and owner: execute, write, read, and two that POSIX lacks; set-id bits stand in the flags. */
function modeOf({ fileType, permissions, flags }: Icb): number {
  const three = (shift: number): number => (permissions >> shift) & 7;
  return (
    (KINDS.get(fileType) ?? FILE)[1] |
    (((flags >> 6) & 1) << 11) |
    (((flags >> 7) & 1) << 10) |
    (((flags >> 8) & 1) << 9) |
    (three(10) << 6) |
    (three(5) << 3) |
    three(0)
  );
}

function wordsOf({ isHidden, name }: Identifier, icb: Icb | undefined): string[] {
  const flags = icb?.flags ?? 0;
  const words: string[] = [];
  if (isHidden) words.push('hidden');
  if (isHidden && name.text === NON_ALLOCATABLE) words.push('metadata');
  if ((flags & 0x20) !== 0) words.push('archive');
  if ((flags & 0x400) !== 0) words.push('system');
  return words;
}
