/** An entry of the Amiga from its header: name, comment, protection, times, and what it links to. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import { type DataStream, type Entry, EntryKind, type Name, type Stamp, StreamKind } from '../filesystems.ts';
import { decodedName, decodedText } from '../names.ts';
import { pathIn } from '../walk.ts';
import { BlockType, headOf, Secondary, stampOfAmiga, TABLE_AT, TAIL, wrongSum } from './block.ts';
import type { AmigaVolume, Header } from './volume.ts';

const LATIN = 'iso-8859-1';

/** Bits that are set where the right is taken away (the lower four), or the property is there. */
const FORBIDDEN: readonly (readonly [bit: number, word: string])[] = [
  [0x08, 'no-read'],
  [0x04, 'no-write'],
  [0x02, 'no-execute'],
  [0x01, 'no-delete'],
];
const PROPERTIES: readonly (readonly [bit: number, word: string])[] = [
  [0x80, 'hold'],
  [0x40, 'script'],
  [0x20, 'pure'],
  [0x10, 'archived'],
];

export function nameOf({ tail }: Header, hasLongNames: boolean): Name {
  if (!hasLongNames) return decodedName(tail.name.subarray(0, tail.nameLength), LATIN);
  const length = Math.min(tail.nameAndComment[0] ?? 0, 110);
  return decodedName(tail.nameAndComment.subarray(1, 1 + length), LATIN);
}

/** As `list` shows it, by the lower eight bits: what is allowed or set has its letter. */
const SHOWN: readonly string[] = Array.from({ length: 256 }, (_, bits) =>
  Array.from('hsparwed', (letter, index) => (((bits ^ 0x0f) & (0x80 >> index)) === 0 ? '-' : letter)).join(''),
);

async function commentOf(volume: AmigaVolume, { tail }: Header): Promise<string> {
  if (!volume.shape.hasLongNames) return decodedText(tail.comment.subarray(0, tail.commentLength), LATIN);
  if (tail.commentBlock !== 0) {
    const block = await volume.block(tail.commentBlock);
    if (headOf(block).type !== BlockType.Comment) return '';
    return decodedText(block.subarray(25, 25 + (block[24] ?? 0)), LATIN);
  }
  const at = 1 + (tail.nameAndComment[0] ?? 0);
  return decodedText(tail.nameAndComment.subarray(at + 1, at + 1 + (tail.nameAndComment[at] ?? 0)), LATIN);
}

function timeOf({ tail }: Header, hasLongNames: boolean): Stamp | undefined {
  return hasLongNames
    ? stampOfAmiga(tail.longDays, tail.longMinutes, tail.longTicks)
    : stampOfAmiga(tail.days, tail.minutes, tail.ticks);
}

/** @param directory the block of the directory that names it, and `path` that directory's. */
export async function entryOf(
  volume: AmigaVolume,
  header: Header,
  { directory, path, isDeleted }: { readonly directory: number; readonly path: string; readonly isDeleted: boolean },
): Promise<Entry> {
  const { hasLongNames } = volume.shape;
  const { tail } = header;
  const faults = header.isSumRight ? [] : [wrongSum(header.number)];
  const name = nameOf(header, hasLongNames);
  const comment = await tried(() => commentOf(volume, header), '', faults);
  const link = await tried(() => linkOf(volume, header), NO_LINK, faults);
  if (tail.parent !== directory && !isDeleted) faults.push(otherParent(tail.parent, directory));
  if (!hasLongNames && tail.nameLength > tail.name.length) faults.push(longName(tail.nameLength));
  const modified = timeOf(header, hasLongNames);
  const { kind, file, target, facts } = { ...kindOf(header), ...link };
  return {
    kind,
    path: pathIn(path, { name }),
    name,
    id: header.number,
    parentId: directory,
    isDeleted,
    streams: file === undefined ? [] : [streamOf(volume, file, isDeleted)],
    times: modified === undefined ? {} : { modified },
    ...(target === undefined ? {} : { target }),
    ...(tail.ownerId === 0 && tail.groupId === 0 ? {} : { ownerId: tail.ownerId, groupId: tail.groupId }),
    attributes: [...FORBIDDEN, ...PROPERTIES].filter(([bit]) => (tail.protection & bit) !== 0).map(([, word]) => word),
    facts: { protection: SHOWN[tail.protection & 0xff] ?? '', ...(comment === '' ? {} : { comment }), ...facts },
    ...(faults.length === 0 ? {} : { faults }),
  };
}

interface Linked {
  readonly kind?: EntryKind;
  readonly file?: Header;
  readonly target?: string;
  readonly facts?: Readonly<Record<string, string | number>>;
}

const NO_LINK: Linked = {};

function kindOf(header: Header): Linked & { kind: EntryKind } {
  const { secondary } = header.tail;
  if (secondary === Secondary.File) return { kind: EntryKind.File, file: header };
  if (secondary === Secondary.FileLink) return { kind: EntryKind.File };
  return { kind: secondary === Secondary.Directory ? EntryKind.Directory : EntryKind.Link };
}

/** A hard link is a header of its own that names another: the file's bytes are that one's. A folder's would be listed twice. */
async function linkOf(volume: AmigaVolume, { block, tail }: Header): Promise<Linked> {
  if (tail.secondary === Secondary.SoftLink) {
    const text = block.subarray(TABLE_AT, block.length - TAIL);
    return { target: decodedText(text, LATIN) };
  }
  if (tail.secondary !== Secondary.FileLink && tail.secondary !== Secondary.DirectoryLink) return NO_LINK;
  const wanted = tail.secondary === Secondary.FileLink ? Secondary.File : Secondary.Directory;
  const real = await volume.header(tail.linkedTo);
  if (real.tail.secondary !== wanted) throw badLink(tail.linkedTo);
  const path = await volume.pathOf(real.number, (each) => nameOf(each, volume.shape.hasLongNames).text);
  if (wanted === Secondary.Directory) return { target: path ?? '', facts: { linkKind: 'hard' } };
  return { file: real, facts: { hardLinkTo: path ?? real.number } };
}

function streamOf(volume: AmigaVolume, { number, tail }: Header, isDeleted: boolean): DataStream {
  const { size } = tail;
  return {
    kind: StreamKind.Data,
    name: '',
    size,
    runs: () => volume.runs(number, size),
    ...(isDeleted && size > 0 ? { doubt: 'a deleted file: its blocks may have been used again' } : {}),
  };
}

async function tried<T>(act: () => Promise<T>, otherwise: T, faults: Fault[]): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Fault) || error.kind === FaultKind.Unreadable) throw error;
    faults.push(error);
    return otherwise;
  }
}

function badLink(block: number): Fault {
  const message = `the link leads to block ${block}, which is not of the kind that it says; what it stood for is lost`;
  return new Fault(FaultKind.Corrupt, 'amiga/link', message, { block });
}

function otherParent(parent: number, directory: number): Fault {
  const message = `the entry says that it is in the folder of block ${parent}, and the folder of block ${directory} names it`;
  return new Fault(FaultKind.Corrupt, 'amiga/parent', message, { parent, directory });
}

function longName(length: number): Fault {
  const message = `the name has ${length} characters by its count, and there is room for 30; the first 30 are shown`;
  return new Fault(FaultKind.Corrupt, 'amiga/name-length', message, { length });
}
