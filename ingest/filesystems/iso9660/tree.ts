/** One tree of a disc, listed; and what one tree has that those before it do not. */
import { Fault } from '../../kernel/index.ts';
import type { Entry, Found, ListingLimits } from '../filesystems.ts';
import { type Branch, damage, type Listed, walkTree } from '../walk.ts';
import { sizeOf } from './content.ts';
import { entryOf, type Made, type Reading } from './entries.ts';
import type { Extents } from './extents.ts';
import { type Directory, Joining, type FileRecords, recordsOf } from './files.ts';
import { Flag } from './record.ts';

/** A relocated directory that stands where it lies, not where it belongs. */
export interface Relocated {
  readonly entry: Entry;
  readonly directory: Directory;
}

export class Tree {
  /** Filled while it is listed. */
  readonly relocated: Relocated[] = [];

  constructor(
    readonly reading: Reading,
    readonly root: Directory,
    /** What is listed goes in here. */
    private readonly extents: Extents,
  ) {}

  /** All of it; relocated directories where they belong. */
  entries(limits: ListingLimits, signal?: AbortSignal): AsyncGenerator<readonly Found[]> {
    const { root, extents } = this;
    extents.addDirectory(root.block);
    const list = (branch: Branch<Directory>) =>
      this.#list(
        branch,
        () => true,
        (made, file, path) => this.#take(made, file, path),
      );
    return walkTree({ node: root, path: '', identity: root.block }, list, limits, signal);
  }

  /**
   * Files that are not among the extents, and the directories that lead to them.
   * @param top the directory to look in; with its entry, when that is to come before what is in it.
   */
  async *unknown(
    top: { readonly directory: Directory; readonly entry: Entry },
    limits: ListingLimits,
    signal?: AbortSignal,
  ): AsyncGenerator<readonly Found[]> {
    const { directory, entry } = top;
    const { extents } = this;
    if (extents.hasDirectory(directory.block)) return;
    extents.addDirectory(directory.block);
    const waiting = new Map([[entry.path, entry]]);
    // Most are known, and told so by their place: nothing else of them is looked at.
    const isWorth = (file: FileRecords): boolean =>
      this.reading.suspSkip !== undefined ||
      file.associated !== undefined ||
      (file.first.flags & Flag.Directory) !== 0 ||
      !extents.hasContent(file.first.section.block, sizeOf(file));
    const list = (branch: Branch<Directory>) =>
      this.#list(branch, isWorth, (made, file, path) => {
        const inTree = path.slice(entry.path.length + 1);
        const { block } = file.first.section;
        if (made.directory !== undefined)
          return !extents.hasDirectory(made.directory.block) && this.#take(made, file, inTree, true);
        return !extents.hasFile(block, sizeOf(file), inTree) && this.#take(made, file, inTree);
      });
    for await (const batch of walkTree({ node: directory, path: entry.path, identity: directory.block }, list, limits, signal)) {
      const found: Found[] = [];
      for (const each of batch)
        if (each.kind === 'directory') waiting.set(each.path, each);
        else {
          if (each.kind !== 'damage') found.push(...ancestorsOf(each.path, waiting));
          found.push(each);
        }
      if (found.length > 0) yield found;
    }
  }

  /** @param isWorth false leaves a file out before it is made. @param isWanted false leaves the entry out, and what is in it. */
  async *#list(
    { node, path }: Branch<Directory>,
    isWorth: (file: FileRecords) => boolean,
    isWanted: (made: Made, file: FileRecords, path: string) => boolean,
  ): AsyncGenerator<Listed<Directory>> {
    const { reading } = this;
    const joining = new Joining();
    const listed = async (files: Iterable<FileRecords>, faults: readonly Fault[]): Promise<Listed<Directory>> => {
      const found: Found[] = [];
      const below: Listed<Directory>['below'][number][] = [];
      for (const file of files) {
        if (!isWorth(file)) continue;
        const made = await entryOf(file, node, path, reading);
        if (!isWanted(made, file, made.entry.path)) continue;
        found.push(made.entry);
        const { directory, entry } = made;
        if (directory !== undefined) below.push({ node: directory, path: entry.path, identity: directory.block });
      }
      return { found: [...found, ...faults.map((fault) => damage(path, fault))], below };
    };
    let failed: Fault | undefined;
    try {
      for await (const { records, faults } of recordsOf(reading.blocks, node, reading.isHighSierra))
        yield await listed(joining.take(records), faults);
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      failed = error;
    }
    yield await listed(joining.end(), []);
    if (failed !== undefined) throw failed;
  }

  /** @param isAnywhere whether it is listed where it lies, though it says that it belongs elsewhere. */
  #take({ directory, isRelocated, entry }: Made, file: FileRecords, path: string, isAnywhere = false): boolean {
    if (directory !== undefined && isRelocated && !isAnywhere) {
      this.relocated.push({ entry, directory });
      return false;
    }
    if (directory === undefined) this.extents.addFile(file.first.section.block, sizeOf(file), path);
    else this.extents.addDirectory(directory.block);
    return true;
  }
}

/** The directories above a path that did not come yet, from the root down. */
function ancestorsOf(path: string, waiting: Map<string, Entry>): Entry[] {
  const found: Entry[] = [];
  for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
    const above = path.slice(0, at);
    const entry = waiting.get(above);
    if (entry === undefined) break;
    waiting.delete(above);
    found.unshift(entry);
  }
  return found;
}
