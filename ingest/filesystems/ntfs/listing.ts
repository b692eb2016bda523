/** All files of a volume, record by record; a folder is shown before the first thing in it, whatever the order of their records. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import { type Entry, EntryKind, type Found, type ListingLimits } from '../filesystems.ts';
import { namedAs } from '../names.ts';
import { damage, pathIn, tooDeep, tooMany } from '../walk.ts';
import { isParent } from './attributes.ts';
import { ROOT } from './boot.ts';
import type { Describer, Description, Link } from './describe.ts';
import { type FileRecord, isBase, isFolder, isInUse } from './record.ts';
import type { Writable } from './streams.ts';
import type { MasterTable, Records } from './table.ts';

/** Records below are the file system's own. */
const FIRST_USER = 16;
/** Records below may be in use without being anything. */
const FIRST_NAMED = 24;
/** The folder of more that are its own. */
const EXTEND = 11;
/** Holds what is in no folder; not on the disk. */
const ORPHANS = '$Orphan';
/** What lives through a collection of garbage costs more than the batches do. */
const BATCH = 256;

/** A folder that was shown. */
interface Folder {
  readonly number: number;
  readonly path: string;
  readonly depth: number;
  readonly isMetadata: boolean;
  /** Lies too deep: what is in it is not shown. */
  readonly isClosed: boolean;
  /** Undefined for the root and for the place of orphans, which stand whatever their records say. */
  readonly record: Pick<FileRecord, 'number' | 'sequence' | 'flags'> | undefined;
}

/** Where a name belongs. */
interface Place {
  readonly folder: Folder;
  readonly isOrphan: boolean;
}

/** One listing; used once. */
export class Listing {
  readonly #folders = new Map<number, Folder>();
  #orphans: Folder | undefined;
  #batch: Found[] = [];
  #count = 0;
  #isFull = false;

  /** @param inUse one bit for each record, from $MFT's bitmap. */
  constructor(
    private readonly table: MasterTable,
    private readonly describer: Describer,
    private readonly inUse: Buffer | undefined,
    private readonly limits: ListingLimits,
  ) {
    this.#folders.set(ROOT, { number: ROOT, path: '', depth: 0, isMetadata: false, isClosed: false, record: undefined });
  }

  async *found(signal?: AbortSignal): AsyncGenerator<readonly Found[], void, undefined> {
    for await (const part of this.table.sweep(signal)) {
      if (part.read === undefined) this.#push(damage('', cut(part.first, part.count)));
      else yield* this.#all(part);
      if (this.#isFull) break;
    }
    if (this.#batch.length > 0) yield this.#taken();
  }

  async *#all({ first, count, read }: Records): AsyncGenerator<readonly Found[], void, undefined> {
    let isGap = false;
    for (let number = first; number < first + count && !this.#isFull; number++) {
      const record = read(number);
      if (record === undefined) this.#missing(number, isGap);
      else if (isBase(record) && number !== ROOT) await this.#show(record);
      isGap = record === undefined;
      if (this.#batch.length >= BATCH) yield this.#taken();
    }
  }

  #taken(): readonly Found[] {
    const taken = this.#batch;
    this.#batch = [];
    return taken;
  }

  #push(found: Found): void {
    if (this.#isFull) return;
    this.#isFull = ++this.#count > this.limits.entryCount;
    this.#batch.push(this.#isFull ? damage('', tooMany(this.limits.entryCount)) : found);
  }

  async #show(record: FileRecord): Promise<void> {
    if (isFolder(record)) {
      await this.#folder(record.number, record);
      return;
    }
    const description = await this.describer.describe(record);
    if (description.links.length === 0) {
      const isWorthIt = isInUse(record) ? record.number >= FIRST_NAMED : description.streams.some(({ size }) => size > 0);
      if (isWorthIt) this.#add(record, description, undefined, this.#placeIn(undefined, undefined, record));
    }
    for (const link of description.links) {
      const { number } = link.parent;
      const folder = this.#folders.get(number) ?? (await this.#folder(number));
      this.#add(record, description, link, this.#placeIn(folder, link, record));
    }
  }

  /** In its folder, where that is known and shown; else among the orphans. */
  #placeIn(folder: Folder | undefined, link: Link | undefined, record: FileRecord): Place {
    const isHere =
      folder !== undefined &&
      link !== undefined &&
      (folder.record === undefined || isParent(folder.record, link.parent, !isInUse(record)));
    return isHere ? { folder, isOrphan: false } : { folder: this.#orphanage(), isOrphan: true };
  }

  /** Shows a folder, and before it those that it is in, unless they were. Undefined where no folder is. */
  async #folder(number: number, inHand?: FileRecord): Promise<Folder | undefined> {
    const shown = this.#folders.get(number);
    if (shown !== undefined) return shown;
    // From the folder up, until one that was shown; those that lead in a circle end among the orphans.
    const way = new Set<number>();
    for (let at: number | undefined = number; at !== undefined && !this.#folders.has(at); ) {
      const record: FileRecord | undefined = at === number && inHand ? inHand : await this.table.record(at);
      if (record === undefined || !isBase(record) || !isFolder(record)) break;
      way.add(at);
      const parent: number | undefined = (await this.describer.links(record))[0]?.parent.number;
      at = parent === undefined || way.has(parent) ? undefined : parent;
    }
    for (const each of [...way].toReversed()) {
      const record = each === number && inHand ? inHand : await this.table.record(each);
      if (record !== undefined) await this.#open(record);
    }
    return this.#folders.get(number);
  }

  /** Shows a folder; the one it is in was shown, if it can be. */
  async #open(record: FileRecord): Promise<void> {
    const { number, sequence, flags } = record;
    const description = await this.describer.describe(record);
    const [link] = description.links;
    // A freed record without a name was a folder of which nothing is left.
    if (link === undefined && !isInUse(record)) return;
    const place = this.#placeIn(link === undefined ? undefined : this.#folders.get(link.parent.number), link, record);
    const path = this.#add(record, description, link, place);
    const { folder } = place;
    const depth = folder.depth + 1;
    const isTooDeep = depth > this.limits.depth;
    if (isTooDeep && !folder.isClosed) this.#push(damage(path, tooDeep(path, this.limits.depth)));
    this.#folders.set(number, {
      number,
      path,
      depth,
      isMetadata: number === EXTEND || folder.isMetadata,
      isClosed: isTooDeep,
      record: { number, sequence, flags },
    });
  }

  /** @returns its path. */
  #add(record: FileRecord, description: Description, link: Link | undefined, { folder, isOrphan }: Place): string {
    const { kind, streams, times, attributes, facts, target, faults } = description;
    const name = link?.name ?? namedAs(`#${record.number}`, Buffer.alloc(0), 'utf-16le');
    const path = pathIn(folder.path, { name });
    if (folder.isClosed) return path;
    const isDeleted = !isInUse(record);
    const isMetadata = record.number < FIRST_USER || folder.isMetadata;
    const own = isDeleted ? [] : link === undefined ? [noName(record.number)] : isOrphan ? [orphan(link)] : [];
    const all = record.fault === undefined || faults.includes(record.fault) ? faults : [record.fault, ...faults];
    const entry: Writable<Entry> = {
      kind,
      path,
      name,
      id: record.number,
      parentId: folder.number,
      isDeleted,
      streams,
      times,
      linkCount: Math.max(1, description.links.length),
      attributes: isMetadata ? ['metadata', ...attributes] : attributes,
      facts: link?.shortName === undefined ? facts : { ...facts, shortName: link.shortName },
    };
    if (target !== undefined) entry.target = target;
    if (all.length + own.length > 0) entry.faults = [...all, ...own];
    this.#push(entry);
    return path;
  }

  #orphanage(): Folder {
    if (this.#orphans !== undefined) return this.#orphans;
    const number = this.table.recordCount;
    this.#orphans = { number, path: ORPHANS, depth: 1, isMetadata: false, isClosed: false, record: undefined };
    this.#push({
      kind: EntryKind.Directory,
      path: ORPHANS,
      name: namedAs(ORPHANS, Buffer.alloc(0), 'utf-16le'),
      id: number,
      parentId: ROOT,
      // No disk has it: it must not stand among what the disk has.
      isDeleted: true,
      streams: [],
      times: {},
      attributes: ['virtual'],
    });
    return this.#orphans;
  }

  /** Told once for records in a row. */
  #missing(number: number, isTold: boolean): void {
    const isUsed = number >= FIRST_NAMED && (((this.inUse?.[number >> 3] ?? 0) >> (number & 7)) & 1) !== 0;
    if (isUsed && !isTold) this.#push(damage('', noRecord(number)));
  }
}

function orphan({ parent }: Link): Fault {
  const message = `the folder this was in is gone: record ${parent.number} of the master file table is no folder, another one, or leads in a circle`;
  return new Fault(FaultKind.Corrupt, 'ntfs/orphan', message, { folder: parent.number, sequence: parent.sequence });
}

function noName(number: number): Fault {
  const message = `record ${number} of the master file table is in use and has no name that can be read; the number stands for it`;
  return new Fault(FaultKind.Corrupt, 'ntfs/no-name', message, { record: number });
}

function noRecord(number: number): Fault {
  const message = `record ${number} of the master file table, and maybe those after it, is in use and can't be read: other bytes are there; its file is lost`;
  return new Fault(FaultKind.Corrupt, 'ntfs/no-record', message, { record: number });
}

function cut(first: number, recordCount: number): Fault {
  const message = `${recordCount} records of the master file table from record ${first} on are not in the image: their files are not listed`;
  return new Fault(FaultKind.Truncated, 'ntfs/lost-records', message, { first, recordCount });
}
