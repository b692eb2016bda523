/** Entries of ext: a name in a folder and the inode behind it. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import { RunList } from '../content.ts';
import { type DataStream, type Entry, EntryKind, StreamKind } from '../filesystems.ts';
import { decodedTarget } from '../names.ts';
import type { Pages } from '../pages.ts';
import { type Attribute, type Attributes, attributesBeside, attributesInside, INLINE_DATA, NO_ATTRIBUTES } from './attributes.ts';
import type { Slot } from './directory.ts';
import { FileType, type Inode, InodeFlag, isInUse, mapOf, typeOfInode } from './inode.ts';
import { deviceOf, hasTargetBlock, nameOf, timesOf, wordsOf } from './metadata.ts';
import type { Streams } from './streams.ts';
import type { ExtShape } from './superblock.ts';

/** By the number that folders use. */
const KINDS: readonly EntryKind[] = [
  EntryKind.Unknown,
  EntryKind.File,
  EntryKind.Directory,
  EntryKind.Character,
  EntryKind.Block,
  EntryKind.Pipe,
  EntryKind.Socket,
  EntryKind.Link,
];

const KIND_OF_TYPE: ReadonlyMap<number, EntryKind> = new Map([
  [FileType.File, EntryKind.File],
  [FileType.Directory, EntryKind.Directory],
  [FileType.Character, EntryKind.Character],
  [FileType.Block, EntryKind.Block],
  [FileType.Pipe, EntryKind.Pipe],
  [FileType.Socket, EntryKind.Socket],
  [FileType.Link, EntryKind.Link],
]);

const NO_STREAMS: readonly DataStream[] = [];
/** Linux reads no longer ones. */
const MOST_TARGET = 4096;
/** Shorter targets stand in the inode. */
const FAST_TARGET = 60;

/** What had to be read beside the inode. */
interface More {
  readonly attributes: Attributes;
  readonly target: string | Fault | undefined;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** The directory that an entry is in. */
export interface Place {
  readonly path: string;
  readonly id: number;
  readonly isEncrypted: boolean;
  readonly isDeleted: boolean;
}

export class Entries {
  constructor(
    private readonly pages: Pages,
    private readonly shape: ExtShape,
    private readonly streams: Streams,
  ) {}

  /** Some tell more than the inode holds: their attributes, or where a link points, are to be read. */
  needsMore(inode: Inode | Fault): inode is Inode {
    return !(inode instanceof Fault) && (inode.attributeBlock !== 0 || typeOfInode(inode) === FileType.Link);
  }

  async more(inode: Inode): Promise<More> {
    // What is not in use any more leads to what others wrote.
    const isFree = !isInUse(inode);
    return {
      attributes: isFree || inode.attributeBlock === 0 ? NO_ATTRIBUTES : await attributesBeside(inode, this.shape, this.pages),
      target: typeOfInode(inode) === FileType.Link ? await this.#target(inode, isFree) : undefined,
    };
  }

  /** @param inode why it could not be read, else the inode. */
  entryOf(slot: Slot, inode: Inode | Fault, place: Place, more: More | undefined): Entry {
    const name = nameOf(slot, place.isEncrypted);
    const path = place.path === '' ? name.text : `${place.path}/${name.text}`;
    const isDeleted = slot.isRemnant || place.isDeleted;
    const isRead = !(inode instanceof Fault);
    const kind = (isRead ? KIND_OF_TYPE.get(typeOfInode(inode)) : undefined) ?? EntryKind.Unknown;
    const isOfKind = slot.type === 0 || KINDS[slot.type] === kind;
    // The inode of a deleted name may be another's by now.
    if (!isRead || (isDeleted && (isInUse(inode) || !isOfKind || kind === EntryKind.Unknown))) {
      const nothing = { kind: KINDS[slot.type] ?? EntryKind.Unknown, streams: [], times: {}, attributes: [] };
      const entry: Entry = { ...nothing, path, name, id: slot.inode, parentId: place.id, isDeleted };
      if (isRead) return { ...entry, facts: { inode: isInUse(inode) ? 'in use by another name' : 'used again' } };
      return isDeleted ? entry : { ...entry, faults: [inode] };
    }
    const faults: Fault[] = inode.faults.length === 0 ? [] : [...inode.faults];
    if (!isOfKind) faults.push(otherKind(slot, kind));
    if (!isDeleted && !isInUse(inode)) faults.push(unused(inode.number));
    const target = more?.target;
    if (target instanceof Fault) faults.push(target);
    const entry: Writable<Entry> = {
      kind,
      path,
      name,
      id: slot.inode,
      parentId: place.id,
      isDeleted,
      streams: this.#streamsOf(inode, kind, isDeleted, more, faults),
      times: timesOf(inode, isDeleted),
      mode: inode.mode,
      ownerId: inode.ownerId,
      groupId: inode.groupId,
      linkCount: inode.linkCount,
      attributes: wordsOf(inode.flags),
    };
    if (typeof target === 'string') entry.target = target;
    if (kind === EntryKind.Character || kind === EntryKind.Block) entry.facts = { device: deviceOf(mapOf(inode)) };
    if (faults.length > 0) entry.faults = faults;
    return entry;
  }

  #streamsOf(inode: Inode, kind: EntryKind, isDeleted: boolean, more: More | undefined, faults: Fault[]): readonly DataStream[] {
    const data = kind === EntryKind.File ? this.#data(inode, isDeleted, faults) : undefined;
    const inside = attributesInside(inode, this.shape);
    const beside = more?.attributes ?? NO_ATTRIBUTES;
    if (inside === NO_ATTRIBUTES && beside === NO_ATTRIBUTES) return data === undefined ? NO_STREAMS : [data];
    faults.push(...inside.faults, ...beside.faults);
    const attributes = [...inside.found, ...beside.found].filter(({ name }) => name !== INLINE_DATA);
    return [...(data === undefined ? [] : [data]), ...attributes.map((each) => this.#attribute(each))];
  }

  #data(inode: Inode, isDeleted: boolean, faults: Fault[]): DataStream | undefined {
    const { size, number, flags } = inode;
    // Blocks of files are numbered with 32 bits.
    if (size > 2 ** 32 * this.shape.blockSize) {
      if (!isDeleted) faults.push(tooLarge(inode, this.shape.blockSize));
      return undefined;
    }
    // ext3 and ext4 take size and map from what they delete.
    if (isDeleted && (size === 0 || mapOf(inode).every((byte) => byte === 0))) return undefined;
    const data = {
      kind: StreamKind.Data,
      name: '',
      size,
      runs: (isDeleted ? undefined : this.streams.runsInInode(inode, size)) ?? this.#runsLater(number, size, isDeleted),
    };
    const isPacked = (flags & InodeFlag.CompressedBlocks) !== 0;
    const packing = (flags & InodeFlag.Encrypted) !== 0 ? 'encrypted' : isPacked ? 'e2compr' : undefined;
    if (packing === undefined && !isDeleted) return data;
    const doubt = 'a deleted file: its blocks are free, and may have been used in between';
    return { ...data, ...(packing === undefined ? {} : { packing }), ...(isDeleted ? { doubt } : {}) };
  }

  /** Keeps hold of numbers, and not of the page that the inode is in. */
  #runsLater(number: number, size: number, isDeleted: boolean): DataStream['runs'] {
    return () => this.streams.runsOfInode(number, size, isDeleted);
  }

  #attribute({ name, size, offset, inode }: Attribute): DataStream {
    return {
      kind: StreamKind.Attribute,
      name,
      size,
      runs: () => {
        if (inode !== 0) return this.streams.runsOfInode(inode, size, false);
        const list = new RunList(this.pages.volume, size);
        list.stored(offset, size);
        return Promise.resolve(list.done());
      },
    };
  }

  /** Undefined where nothing is told: encrypted, or deleted. */
  async #target(inode: Inode, isDeleted: boolean): Promise<string | Fault | undefined> {
    const { size, flags } = inode;
    if ((flags & InodeFlag.Encrypted) !== 0) return undefined;
    if (size === 0 || size > MOST_TARGET) return isDeleted ? undefined : badTarget(inode, 'impossible');
    const isMapped = (flags & (InodeFlag.Extents | InodeFlag.InlineData)) !== 0;
    if (size < FAST_TARGET && !isMapped && !hasTargetBlock(inode)) return decodedTarget(mapOf(inode).subarray(0, size));
    if (isDeleted) return undefined;
    const pieces: Buffer[] = [];
    for (const run of await this.#runsOrNone(inode, size))
      if (run.kind === 'stored') pieces.push(await this.pages.read(run.at, run.length));
    const text = Buffer.concat(pieces);
    return text.length === size ? decodedTarget(text) : badTarget(inode, 'not all on the disk');
  }

  async #runsOrNone(inode: Inode, size: number): ReturnType<Streams['runs']> {
    try {
      return await this.streams.runs(inode, size);
    } catch (error) {
      if (!(error instanceof Fault) || error.kind === FaultKind.Unreadable) throw error;
      return [];
    }
  }
}

function otherKind({ inode }: Slot, kind: EntryKind): Fault {
  const message = `the folder says that inode ${inode} is of another kind than it is: shown as what it is (${kind})`;
  return new Fault(FaultKind.Corrupt, 'ext/kind', message, { inode, kind });
}

function unused(inode: number): Fault {
  const message = `the name points to inode ${inode}, which is not in use: the file was deleted, or its record is lost`;
  return new Fault(FaultKind.Corrupt, 'ext/inode-unused', message, { inode });
}

function tooLarge({ number, size }: Inode, blockSize: number): Fault {
  const message = `inode ${number} says its file has ${size} bytes; with blocks of ${blockSize} none can have more than ${2 ** 32 * blockSize}`;
  return new Fault(FaultKind.Corrupt, 'ext/size', message, { inode: number });
}

function badTarget({ number, size }: Inode, what: string): Fault {
  const message = `where the symbolic link of inode ${number} points can't be read: its ${size} bytes are ${what}`;
  return new Fault(FaultKind.Corrupt, 'ext/target', message, { inode: number, size });
}
