/** Walks a tree of directories: without recursion, each directory once, within limits, and damage of a branch stays in it. */
import { Fault, FaultKind } from '../kernel/index.ts';
import type { Entry, Found, ListingLimits } from './filesystems.ts';

/** A directory to be listed. */
export interface Branch<Node> {
  readonly node: Node;
  /** Of the directory; '' for the root. */
  readonly path: string;
  /** The same for the same directory, however it was come to. */
  readonly identity: number | string;
  readonly depth: number;
}

/** What a directory holds: entries, and the directories among them that are to be listed. */
export interface Listed<Node> {
  readonly found: readonly Found[];
  readonly below: readonly Omit<Branch<Node>, 'depth'>[];
}

/** Entries given at once: what lives through a collection of garbage costs more than the batches do. */
const BATCH = 512;

/**
 * @param list one directory; it may throw a Fault, which becomes a Damage of that branch. Large directories may answer in parts.
 * @throws Fault of kind 'unreadable'; `signal.reason`.
 */
export async function* walkTree<Node>(
  root: Omit<Branch<Node>, 'depth'>,
  list: (branch: Branch<Node>) => AsyncIterable<Listed<Node>> | Promise<Listed<Node>>,
  limits: ListingLimits,
  signal?: AbortSignal,
): AsyncGenerator<readonly Found[], void, undefined> {
  const seen = new Set<number | string>([root.identity]);
  const open: Branch<Node>[] = [{ ...root, depth: 0 }];
  let count = 0;
  let batch: Found[] = [];
  for (let branch = open.pop(); branch !== undefined; branch = open.pop()) {
    signal?.throwIfAborted();
    const { path, depth } = branch;
    try {
      for await (const { found, below } of inParts(list(branch))) {
        for (const each of found) {
          if (++count > limits.entryCount) {
            yield [...batch, damage(path, tooMany(limits.entryCount))];
            return;
          }
          batch.push(each);
        }
        for (const next of below.toReversed()) {
          if (seen.has(next.identity)) batch.push(damage(next.path, loop(next.path)));
          else if (depth + 1 > limits.depth) batch.push(damage(next.path, tooDeep(next.path, limits.depth)));
          else {
            seen.add(next.identity);
            open.push({ ...next, depth: depth + 1 });
          }
        }
        if (batch.length >= BATCH) {
          yield batch;
          batch = [];
        }
      }
    } catch (error) {
      if (!(error instanceof Fault) || error.kind === FaultKind.Unreadable) throw error;
      batch.push(damage(path, error));
    }
  }
  if (batch.length > 0) yield batch;
}

async function* inParts<Node>(listed: AsyncIterable<Listed<Node>> | Promise<Listed<Node>>): AsyncGenerator<Listed<Node>> {
  if (Symbol.asyncIterator in listed) yield* listed;
  else yield await listed;
}

export function damage(path: string, fault: Fault): Found {
  return { kind: 'damage', path, fault };
}

/** The path of a name in a directory. */
export function pathIn(directory: string, { name }: Pick<Entry, 'name'>): string {
  return directory === '' ? name.text : `${directory}/${name.text}`;
}

export function tooMany(limit: number): Fault {
  const message = `the file system names more than ${limit} entries; the listing ends there`;
  return new Fault(FaultKind.Refused, 'filesystem/too-many', message, { limit });
}

function loop(path: string): Fault {
  const message = 'this folder was listed before under another name: the disk names it twice, or leads in a circle';
  return new Fault(FaultKind.Corrupt, 'filesystem/loop', message, { path });
}

export function tooDeep(path: string, limit: number): Fault {
  const message = `folders lie more than ${limit} deep in each other; what is below is not listed`;
  return new Fault(FaultKind.Refused, 'filesystem/too-deep', message, { path, limit });
}
