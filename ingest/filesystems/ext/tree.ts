/** Lists the folders of an ext file system. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import { crc32cOnward, type Run } from '../../media/index.ts';
import { type Entry, EntryKind, type Found, type ListingLimits } from '../filesystems.ts';
import type { Pages } from '../pages.ts';
import { type Branch, damage, type Listed, walkTree } from '../walk.ts';
import { CHECKSUM_TAIL, checksumOf, type DirectoryShape, isIndexBlock, type Slot, slotsOf } from './directory.ts';
import { Entries } from './entries.ts';
import { Incompatible } from './features.ts';
import type { Groups } from './groups.ts';
import { FileType, type Inode, InodeFlag, inodeSeed, MAP_OFFSET, mapOf, typeOfInode } from './inode.ts';
import { Inodes } from './inodes.ts';
import { inlinePieces, Streams } from './streams.ts';
import type { ExtShape } from './superblock.ts';

/** A folder that is to be listed. */
interface Folder {
  readonly inode: number;
  readonly isDeleted: boolean;
}

/** Names of one folder that are taken up at once: what outlives a collection of garbage costs most of the time. */
const PART = 512;
/** Of a folder, read at once. */
const PIECE = 64 * 1024;
/** Of a folder's blocks. */
const MOST_KEPT = 1024 * 1024;
/** Deleted names of one folder. */
const MOST_REMNANTS = 65_536;
/** Of them, with one and the same inode: more are forged, and would be compared with each other. */
const MOST_NAMESAKES = 1024;

export class ExtTree {
  readonly #inodes: Inodes;
  readonly #streams: Streams;
  readonly #entries: Entries;

  constructor(
    private readonly pages: Pages,
    private readonly shape: ExtShape,
    groups: Groups,
  ) {
    this.#inodes = new Inodes(pages, shape, groups);
    this.#streams = new Streams(pages, shape, groups, this.#inodes);
    this.#entries = new Entries(pages, shape, this.#streams);
  }

  entries(root: number, limits: ListingLimits, signal?: AbortSignal): AsyncIterable<readonly Found[]> {
    // No block belongs to two folders: what they have together is less than the volume. Deleted ones may lie in blocks of others.
    const listing = new Listing(this.pages, this.shape, this.#inodes, this.#streams, this.#entries, 2 * this.pages.volume.size);
    const start = { node: { inode: root, isDeleted: false }, path: '', identity: root };
    return walkTree<Folder>(start, (branch) => listing.list(branch), limits, signal);
  }
}

class Listing {
  /** Deleted folders that were listed, or will be. */
  readonly #deleted = new Set<number>();
  #bytesLeft: number;

  constructor(
    private readonly pages: Pages,
    private readonly shape: ExtShape,
    private readonly inodes: Inodes,
    private readonly streams: Streams,
    private readonly entries: Entries,
    bytesLeft: number,
  ) {
    this.#bytesLeft = bytesLeft;
  }

  async *list({ node, path }: Branch<Folder>): AsyncGenerator<Listed<Folder>> {
    const folder = await this.inodes.one(node.inode);
    if (folder instanceof Fault) throw folder;
    if (typeOfInode(folder) !== FileType.Directory) throw noFolder(node.inode);
    const place = {
      path,
      id: node.inode,
      isEncrypted: (folder.flags & InodeFlag.Encrypted) !== 0,
      isDeleted: node.isDeleted,
    };
    const faults: Fault[] = [];
    const remnants = new Remnants();
    const blocks = new Blocks(this.pages);
    for await (const slots of this.#slotsOf(folder, blocks, faults)) {
      const part: Slot[] = [];
      for (const slot of slots)
        if (!slot.isRemnant) part.push(slot);
        else remnants.add(slot);
      for (let at = 0; at < part.length; at += PART) yield await this.#listed(part.slice(at, at + PART), place);
    }
    if (remnants.count > 0) yield await this.#listed([...(await this.#gone(folder, blocks, remnants))], place);
    if (faults.length > 0) yield { found: summary(faults).map((fault) => damage(path, fault)), below: [] };
  }

  async #listed(slots: readonly Slot[], place: Parameters<Entries['entryOf']>[2]): Promise<Listed<Folder>> {
    const inodes = await this.inodes.read(slots.map(({ inode }) => inode));
    const found: Entry[] = [];
    const below: Listed<Folder>['below'][number][] = [];
    for (let i = 0; i < slots.length; i++) {
      const [slot, inode] = [slots[i], inodes[i]];
      if (slot === undefined || inode === undefined) continue;
      const beside = this.entries.needsMore(inode) ? await this.entries.more(inode) : undefined;
      const entry = this.entries.entryOf(slot, inode, place, beside);
      found.push(entry);
      if (entry.kind === EntryKind.Directory && this.#isToBeListed(entry, inode))
        below.push({
          node: { inode: slot.inode, isDeleted: entry.isDeleted },
          path: entry.path,
          identity: entry.isDeleted ? `deleted ${slot.inode}` : slot.inode,
        });
    }
    return { found, below };
  }

  /** A deleted folder only where its inode is still its own and leads somewhere; and once. */
  #isToBeListed(entry: Entry, inode: Inode | Fault): boolean {
    if (inode instanceof Fault || entry.mode === undefined) return false;
    if (!entry.isDeleted) return true;
    if (this.#deleted.has(inode.number) || inode.size === 0 || mapOf(inode).every((byte) => byte === 0)) return false;
    this.#deleted.add(inode.number);
    return true;
  }

  /** Remnants without those that are copies of names in use: an index moves entries, and leaves the old ones. */
  async #gone(folder: Inode, blocks: Blocks, remnants: Remnants): Promise<Iterable<Slot>> {
    for await (const slots of this.#slotsOf(folder, blocks, []))
      for (const slot of slots) if (!slot.isRemnant) remnants.drop(slot);
    return remnants.all();
  }

  /** What the blocks of a folder hold, some of them at a time. @param faults those that are met. */
  async *#slotsOf(folder: Inode, blocks: Blocks, faults: Fault[]): AsyncGenerator<readonly Slot[]> {
    const shape: DirectoryShape = {
      hasTypes: (this.shape.features.incompatible & Incompatible.EntryTypes) !== 0,
      inodeCount: this.shape.inodeCount,
      isIndexed: (folder.flags & InodeFlag.Indexed) !== 0,
    };
    if ((folder.flags & InodeFlag.InlineData) !== 0) {
      yield await this.#inlineSlots(folder, shape, faults);
      return;
    }
    const { blockSize } = this.shape;
    const seed = inodeSeed(this.shape, folder.number, folder.page, folder.at);
    const runs = await this.#runsOf(folder);
    for (const run of runs) {
      if (run.kind !== 'stored') {
        faults.push(missing(run));
        continue;
      }
      for (let at = run.at; at + blockSize <= run.at + run.length; ) {
        const length = Math.min(run.at + run.length - at, PIECE);
        this.#bytesLeft -= length;
        if (this.#bytesLeft < 0) throw tooManyBytes(folder.number);
        const bytes = await blocks.read(at, length, runs.length > 1);
        const slots: Slot[] = [];
        for (let start = 0; start + blockSize <= length; start += blockSize) {
          const block = bytes.subarray(start, start + blockSize);
          const isIndex = shape.isIndexed && (run.offset + at - run.at + start === 0 || isIndexBlock(block));
          const fault = slotsOf(block, shape, slots) ?? (isIndex ? undefined : checksumFault(block, seed));
          if (fault !== undefined) faults.push(fault);
        }
        yield slots;
        at += length;
      }
    }
  }

  /** A small folder inside its inode: the number of the folder it is in, and then entries. */
  async #inlineSlots(folder: Inode, shape: DirectoryShape, faults: Fault[]): Promise<Slot[]> {
    const slots: Slot[] = [];
    for (const [i, { offset, length }] of inlinePieces(folder, this.shape).entries()) {
      const skip = i === 0 && offset === folder.offset + MAP_OFFSET ? 4 : 0;
      const fault = slotsOf(await this.pages.read(offset + skip, length - skip), shape, slots);
      if (fault !== undefined) faults.push(fault);
    }
    return slots;
  }

  async #runsOf(folder: Inode): Promise<readonly Run[]> {
    const { blockSize } = this.shape;
    const size = Math.min(folder.size, this.pages.volume.size);
    return this.streams.runs(folder, Math.ceil(size / blockSize) * blockSize);
  }
}

/** The blocks of one folder: kept while they are few, since they may be asked for twice. */
class Blocks {
  readonly #kept = new Map<number, Buffer>();
  #keptSize = 0;

  constructor(private readonly pages: Pages) {}

  /** @param isScattered its other blocks lie near, and not beside it: then one read serves many. */
  async read(at: number, length: number, isScattered: boolean): Promise<Buffer> {
    const kept = this.#kept.get(at);
    if (kept !== undefined) return kept;
    const bytes = await (isScattered ? this.pages : this.pages.volume).read(at, length);
    this.#keptSize += length;
    if (this.#keptSize <= MOST_KEPT) this.#kept.set(at, bytes);
    return bytes;
  }
}

/** Deleted names of one folder, each once; by their inodes, which tell most names from each other without looking at them. */
class Remnants {
  readonly #slots = new Map<number | string, Slot[]>();
  count = 0;

  add(slot: Slot): void {
    const key = keyOf(slot);
    const known = this.#slots.get(key);
    if (this.count >= MOST_REMNANTS || known?.some((each) => isSameName(each, slot)) === true) return;
    if (known === undefined) this.#slots.set(key, [held(slot)]);
    else if (known.length < MOST_NAMESAKES) known.push(held(slot));
    else return;
    this.count += 1;
  }

  drop(slot: Slot): void {
    const known = this.#slots.get(keyOf(slot));
    const at = known?.findIndex((each) => isSameName(each, slot)) ?? -1;
    if (known === undefined || at < 0) return;
    known.splice(at, 1);
    this.count -= 1;
  }

  *all(): Generator<Slot> {
    for (const slots of this.#slots.values()) yield* slots;
  }
}

/** Many have lost their inode. */
function keyOf({ inode, block, nameAt, nameLength }: Slot): number | string {
  return inode === 0 ? block.toString('latin1', nameAt, nameAt + nameLength) : inode;
}

function isSameName(one: Slot, other: Slot): boolean {
  const end = other.nameAt + other.nameLength;
  return (
    one.nameLength === other.nameLength &&
    one.block.compare(other.block, other.nameAt, end, one.nameAt, one.nameAt + one.nameLength) === 0
  );
}

/** Kept for longer than its block. */
function held(slot: Slot): Slot {
  const { block, nameAt, nameLength } = slot;
  return { ...slot, block: Buffer.from(block.subarray(nameAt, nameAt + nameLength)), nameAt: 0 };
}

function checksumFault(block: Buffer, seed: number | undefined): Fault | undefined {
  if (seed === undefined) return undefined;
  const checksum = checksumOf(block);
  if (checksum === undefined || crc32cOnward(seed, block, 0, block.length - CHECKSUM_TAIL) >>> 0 === checksum) return undefined;
  const message = 'the checksum of a block of this folder does not hold: names in it may be wrong';
  return new Fault(FaultKind.Corrupt, 'ext/directory-checksum', message);
}

/** One of a kind: thousands of blocks may be damaged alike. */
function summary(faults: readonly Fault[]): Fault[] {
  const first = new Map<string, Fault>();
  for (const fault of faults) if (!first.has(fault.code)) first.set(fault.code, fault);
  return [...first.values()];
}

function missing({ offset, length }: Run): Fault {
  const message = `bytes ${offset} to ${offset + length - 1} of this folder can't be found on the disk: names are missing`;
  return new Fault(FaultKind.Corrupt, 'ext/directory-missing', message, { offset, length });
}

function noFolder(inode: number): Fault {
  const message = `inode ${inode} should be a folder, and is something else: its names can't be listed`;
  return new Fault(FaultKind.Corrupt, 'ext/no-folder', message, { inode });
}

function tooManyBytes(inode: number): Fault {
  const message =
    'folders together claim more blocks than the volume has: they lie in each other; the rest of this one is not listed';
  return new Fault(FaultKind.Refused, 'ext/folder-size', message, { inode });
}
