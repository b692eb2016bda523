/** Lists the folders of an exFAT file system, its bitmap and table of capitals among what it names itself. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { Range } from '../../media/index.ts';
import { type Entry, EntryKind, type Found, type ListingLimits } from '../filesystems.ts';
import type { Pages } from '../pages.ts';
import { type Branch, damage, type Listed, walkTree } from '../walk.ts';
import type { ExfatShape } from './boot.ts';
import type { Clusters } from './clusters.ts';
import { ENTRY_SIZE, type EntrySet, SetReader } from './directory.ts';
import type { Entries, Told } from './entries.ts';

/** Folders may have no more. Specification, section 7.4. */
const MOST_FOLDER = 256 * 1024 * 1024;
const PIECE = 64 * 1024;
export const ROOT_ID = 0;

export interface Folder {
  readonly id: number;
  readonly ranges: readonly Range[];
  readonly isDeleted: boolean;
  readonly fault: Fault | undefined;
}

/** A folder's bytes in pieces, until its entries end. */
export async function* piecesOf(pages: Pages, { ranges }: Folder): AsyncGenerator<Buffer> {
  for (const { offset, length } of ranges)
    for (let done = 0; done < length; done += PIECE) {
      const wanted = Math.min(PIECE, length - done, pages.volume.size - offset - done);
      if (wanted < ENTRY_SIZE) return;
      yield await pages.volume.read(offset + done, wanted - (wanted % ENTRY_SIZE));
    }
}

export class ExfatTree {
  /** No cluster belongs to two folders; deleted ones may lie where others do now. */
  #bytesLeft: number;
  readonly #deleted = new Set<number>();

  constructor(
    private readonly pages: Pages,
    private readonly shape: ExfatShape,
    private readonly clusters: Clusters,
    private readonly entries: Entries,
  ) {
    this.#bytesLeft = 2 * pages.volume.size;
  }

  list(root: Folder, limits: ListingLimits, signal?: AbortSignal): AsyncGenerator<readonly Found[]> {
    const start = { node: root, path: '', identity: this.shape.rootCluster };
    return walkTree<Folder>(start, (branch) => this.#list(branch), limits, signal);
  }

  async *#list({ node, path }: Branch<Folder>): AsyncGenerator<Listed<Folder>> {
    const reader = new SetReader();
    const place = { id: node.id, path, isDeleted: node.isDeleted };
    for await (const bytes of piecesOf(this.pages, node)) {
      this.#bytesLeft -= bytes.length;
      if (this.#bytesLeft < 0) throw tooManyBytes();
      yield await this.#listed(reader.take(bytes), node, place);
      if (reader.isEnded) break;
    }
    yield await this.#listed(reader.rest(), node, place);
    const faults = [
      ...(node.fault === undefined ? [] : [node.fault]),
      ...(reader.strayCount === 0 ? [] : [stray(reader.strayCount)]),
    ];
    if (faults.length > 0 && !node.isDeleted) yield { found: faults.map((fault) => damage(path, fault)), below: [] };
  }

  async #listed(
    sets: Iterable<EntrySet>,
    folder: Folder,
    place: { id: number; path: string; isDeleted: boolean },
  ): Promise<Listed<Folder>> {
    const found: Entry[] = [];
    const below: Listed<Folder>['below'][number][] = [];
    for (const set of sets) {
      const told = this.entries.entryOf(set, idOf(folder, set.position), place);
      if (told === undefined) continue;
      found.push(told.entry);
      if (told.entry.kind !== EntryKind.Directory) continue;
      const node = await this.#folderOf(told);
      const { firstCluster } = told.allocation;
      if (node !== undefined)
        below.push({ node, path: told.entry.path, identity: node.isDeleted ? `deleted ${firstCluster}` : firstCluster });
    }
    return { found, below };
  }

  /** Undefined for one without clusters, and for a deleted one whose place was used again. */
  async #folderOf({ entry, allocation, size }: Told): Promise<Folder | undefined> {
    const { firstCluster, isContiguous } = allocation;
    if (firstCluster === 0 && size === 0) return undefined;
    if (!entry.isDeleted) {
      const { ranges, fault } = await this.clusters.chain(allocation, Math.min(size, MOST_FOLDER));
      return { id: entry.id, ranges, isDeleted: false, fault };
    }
    const isFree = this.clusters.isCluster(firstCluster) && (await this.clusters.isFree(firstCluster));
    if (!isFree || this.#deleted.has(firstCluster)) return undefined;
    this.#deleted.add(firstCluster);
    const known = isContiguous ? Math.min(size, MOST_FOLDER) : this.shape.clusterSize;
    const { ranges } = await this.clusters.chain({ firstCluster, isContiguous: true }, known);
    return { id: entry.id, ranges, isDeleted: true, fault: undefined };
  }
}

/** Where the entry lies on the volume, in entries. */
function idOf({ ranges }: Folder, position: number): number {
  let before = 0;
  for (const { offset, length } of ranges) {
    if (position < before + length) return (offset + position - before) / ENTRY_SIZE;
    before += length;
  }
  return position;
}

function stray(count: number): Fault {
  const message = `${count} entries of this folder belong to no file: the first of their set is lost`;
  return new Fault(FaultKind.Corrupt, 'exfat/stray', message, { count });
}

function tooManyBytes(): Fault {
  const message =
    'folders together claim more clusters than the volume has: they lie in each other; the rest of this one is not listed';
  return new Fault(FaultKind.Refused, 'exfat/folder-size', message);
}
