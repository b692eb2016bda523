/**
 * The catalog of HFS and HFS+: one B-tree with all files and folders, sorted by the folder they are in.
 *
 * Its leaves are read twice: once for a list of where each folder's part stands, then folder by folder. What is in no folder that
 * can be come to is listed under `[orphans]`.
 */
import { Fault, FaultKind } from '../../kernel/index.ts';
import { type Entry, EntryKind, type Found, type ListingLimits } from '../filesystems.ts';
import { namedAs } from '../names.ts';
import { type Branch, damage, type Listed, pathIn, walkTree } from '../walk.ts';
import { type BTree, isWhole, type Leaf, recordsOf } from './btree.ts';
import { type CatalogRecord, type CatalogShape, recordAt, RecordKind, ROOT_ID, ROOT_PARENT_ID } from './record.ts';

/** An entry of the catalog, and the folder that is to be listed as what is in it. */
export interface Decoded {
  readonly entry: Entry;
  readonly folderId?: number;
  /** Its content comes after that of all others. */
  readonly isLast?: boolean;
}

/** @param path of the folder it is in. @throws Fault for a record that makes no sense. */
export type Decode = (record: CatalogRecord, path: string) => Decoded | Promise<Decoded>;

/** What one leaf holds of one folder: records from `first` up to `end`. */
interface Part {
  readonly node: number;
  readonly first: number;
  readonly end: number;
}

/** Parts of folders that are held in memory: more than any volume has. */
const MOST_PARTS = 8 * 1024 * 1024;
/** Entries of a large folder that are handed on at a time. */
const BATCH = 1024;
/** After these, what was not come to is not lost: it was not looked for. */
const CUTS: ReadonlySet<string> = new Set(['filesystem/too-many', 'filesystem/too-deep']);

export class Catalog {
  /** By folder, in order of the leaves. */
  readonly #parts = new Map<number, Part | Part[]>();

  #partCount = 0;

  private constructor(
    private readonly tree: BTree,
    private readonly shape: CatalogShape,
  ) {}

  /** Reads the leaves once. @param faults what was wrong with them is added here. */
  static async read(tree: BTree, shape: CatalogShape, faults: Fault[], signal?: AbortSignal): Promise<Catalog> {
    const catalog = new Catalog(tree, shape);
    let damagedCount = 0;
    for await (const leaf of tree.leaves(faults, signal)) {
      const records = recordsOf(leaf.bytes);
      const badCount = catalog.#add(leaf, records);
      if (badCount > 0 || !isWhole(leaf.bytes, records)) damagedCount++;
      if (catalog.#partCount > MOST_PARTS) {
        faults.push(tooManyParts(shape.format));
        break;
      }
    }
    if (damagedCount > 0) faults.push(damagedNodes(shape.format, damagedCount));
    return catalog;
  }

  /** @returns how many records make no sense. */
  #add(leaf: Leaf, records: readonly number[]): number {
    let badCount = 0;
    let first = 0;
    let parent: number | undefined;
    const close = (end: number): void => {
      if (parent !== undefined) this.#push(parent, { node: leaf.index, first, end });
    };
    for (let index = 0; index + 1 < records.length; index++) {
      const record = recordAt(this.shape, leaf, records, index);
      const isEntry = record?.kind === RecordKind.Folder || record?.kind === RecordKind.File;
      if (!isEntry && record?.kind !== RecordKind.FolderThread && record?.kind !== RecordKind.FileThread) badCount++;
      const next = isEntry ? record?.parentId : undefined;
      if (next === parent) continue;
      close(index);
      first = index;
      parent = next;
    }
    close(records.length - 1);
    return badCount;
  }

  #push(parent: number, part: Part): void {
    this.#partCount++;
    const known = this.#parts.get(parent);
    if (known === undefined) this.#parts.set(parent, part);
    else if (Array.isArray(known)) known.push(part);
    else this.#parts.set(parent, [known, part]);
  }

  #partsOf(parent: number): readonly Part[] {
    const known = this.#parts.get(parent);
    return known === undefined ? [] : Array.isArray(known) ? known : [known];
  }

  /** The records of files and folders in a folder. */
  async *recordsIn(parent: number): AsyncGenerator<CatalogRecord, void, undefined> {
    for (const part of this.#partsOf(parent)) yield* await this.#records(part);
  }

  async #records({ node, first, end }: Part): Promise<CatalogRecord[]> {
    const leaf = { index: node, bytes: await this.tree.node(node) };
    const offsets = recordsOf(leaf.bytes);
    const found = [];
    for (let index = first; index < end; index++) {
      const record = recordAt(this.shape, leaf, offsets, index);
      if (record !== undefined) found.push(record);
    }
    return found;
  }

  /** One that was come by before. */
  async record(node: number, index: number): Promise<CatalogRecord | undefined> {
    const [record] = await this.#records({ node, first: index, end: index + 1 });
    return record;
  }

  /** As `FileSystem.entries`. */
  async *entries(decode: Decode, limits: ListingLimits, signal?: AbortSignal): AsyncGenerator<readonly Found[]> {
    const listed = new Set<number>();
    let left = limits.entryCount;
    const walk = (id: number, path: string): AsyncGenerator<readonly Found[]> => {
      const list = (branch: Branch<number>): AsyncIterable<Listed<number>> => this.#list(branch, decode, listed);
      return walkTree<number>({ node: id, path, identity: id }, list, { ...limits, entryCount: left }, signal);
    };
    let isCut = false;
    for await (const batch of walk(ROOT_ID, '')) {
      left -= batch.length;
      isCut ||= batch.some((found) => found.kind === 'damage' && CUTS.has(found.fault.code));
      yield batch;
    }
    if (isCut) return;
    const { format } = this.shape;
    let home: Entry | undefined;
    for (const id of await this.#lost(listed, signal)) {
      // It may have been in one of the others.
      if (listed.has(id)) continue;
      if (home === undefined) yield [(home = folderOf('[orphans]', 0, undefined))];
      const folder = folderOf(String(id), id, home, orphans(format, id));
      yield [folder];
      left--;
      for await (const batch of walk(id, folder.path)) {
        left -= batch.length;
        yield batch;
      }
      if (left <= 0) return;
    }
  }

  async *#list({ node, path }: Branch<number>, decode: Decode, listed: Set<number>): AsyncGenerator<Listed<number>> {
    if (listed.has(node)) throw loop(this.shape.format, node);
    listed.add(node);
    const below: Listed<number>['below'][number][] = [];
    const last: typeof below = [];
    let found: Found[] = [];
    for (const part of this.#partsOf(node)) {
      for (const record of await this.#records(part)) {
        try {
          const decoded = decode(record, path);
          const { entry, folderId, isLast } = decoded instanceof Promise ? await decoded : decoded;
          found.push(entry);
          if (folderId !== undefined)
            (isLast === true ? last : below).push({ node: folderId, path: entry.path, identity: folderId });
        } catch (error) {
          if (!(error instanceof Fault) || error.kind === FaultKind.Unreadable) throw error;
          found.push(damage(path, error));
        }
      }
      if (found.length < BATCH) continue;
      yield { found, below: [] };
      found = [];
    }
    yield { found, below: [...below, ...last] };
  }

  /** Folders with entries that were not come to: first those that are in no other, then those that are only in each other. */
  async #lost(listed: ReadonlySet<number>, signal?: AbortSignal): Promise<number[]> {
    const lost = [...this.#parts.keys()].filter((id) => id !== ROOT_PARENT_ID && !listed.has(id)).sort((a, b) => a - b);
    const inOthers = new Set<number>();
    for (const id of lost) {
      signal?.throwIfAborted();
      for await (const { kind, bytes, dataAt, end } of this.recordsIn(id)) {
        const at = dataAt + this.shape.folderIdAt;
        if (kind === RecordKind.Folder && at + 4 <= end) inOthers.add(bytes.readUInt32BE(at));
      }
    }
    return [...lost.filter((id) => !inOthers.has(id)), ...lost.filter((id) => inOthers.has(id))];
  }
}

/** A folder that the disk does not have, for what has no other place. */
function folderOf(text: string, id: number, parent: Entry | undefined, fault?: Fault): Entry {
  const name = namedAs(text, Buffer.from(text), 'utf-8');
  return {
    kind: EntryKind.Directory,
    path: pathIn(parent?.path ?? '', { name }),
    name,
    id,
    parentId: parent === undefined ? ROOT_ID : parent.id,
    isDeleted: false,
    streams: [],
    times: {},
    attributes: ['made-up'],
    ...(fault === undefined ? {} : { faults: [fault] }),
  };
}

function orphans(format: string, id: number): Fault {
  const message = `folder ${id} is not in the catalog, or in no folder that is; what is in it was found`;
  return new Fault(FaultKind.Corrupt, `${format}/orphans`, message, { id });
}

function loop(format: string, id: number): Fault {
  const message = `folder ${id} was listed before: the catalog names it twice, or it is in itself`;
  return new Fault(FaultKind.Corrupt, `${format}/loop`, message, { id });
}

function tooManyParts(format: string): Fault {
  const message = `the catalog has more than ${MOST_PARTS} folders or parts of them; the listing leaves the others out`;
  return new Fault(FaultKind.Refused, `${format}/too-many-folders`, message, { limit: MOST_PARTS });
}

function damagedNodes(format: string, count: number): Fault {
  const message = `${count} nodes of the catalog are damaged: files and folders that stood there are missing`;
  return new Fault(FaultKind.Corrupt, `${format}/catalog-damaged`, message, { count });
}
