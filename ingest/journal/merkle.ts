/** The Merkle tree over the journal's entries (RFC 9162 §2.1, SHA-256): its hashes, its proofs, and their verification. */
import { createHash } from 'node:crypto';

export const HASH_SIZE = 32;

/** The root of a tree of no entries: SHA-256 of nothing. */
export const EMPTY_ROOT = createHash('sha256').digest();

const NODE = Buffer.from([1]);

export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  return createHash('sha256').update(NODE).update(left).update(right).digest();
}

/** The hash of a complete subtree of 2^level entries, the `index`-th of its level. */
export type NodeOf = (level: number, index: number) => Promise<Buffer>;

/** MTH(D[from:to]) of RFC 9162 §2.1.1: of the first `size` entries when `from` is 0. */
export async function rangeHash(nodeOf: NodeOf, from: number, to: number): Promise<Buffer> {
  const count = to - from;
  if (count === 0) return EMPTY_ROOT;
  const level = Math.log2(count);
  if (Number.isInteger(level)) return nodeOf(level, from / count);
  const middle = from + largestPowerBelow(count);
  return nodeHash(await rangeHash(nodeOf, from, middle), await rangeHash(nodeOf, middle, to));
}

/** PATH(index, D[size]) of RFC 9162 §2.1.3.1, from the leaf up. @throws RangeError for an entry that is not in the tree. */
export async function inclusionProof(nodeOf: NodeOf, index: number, size: number): Promise<Buffer[]> {
  if (!(index >= 0 && index < size)) throw new RangeError(`entry ${index} of ${size}`);
  const path: Buffer[] = [];
  for (let from = 0, to = size; to - from > 1; ) {
    const middle = from + largestPowerBelow(to - from);
    const isLeft = index < middle;
    path.push(await (isLeft ? rangeHash(nodeOf, middle, to) : rangeHash(nodeOf, from, middle)));
    if (isLeft) to = middle;
    else from = middle;
  }
  return path.toReversed();
}

/** PROOF(before, D[size]) of RFC 9162 §2.1.4.1. @throws RangeError when `before` is no earlier size. */
export async function consistencyProof(nodeOf: NodeOf, before: number, size: number): Promise<Buffer[]> {
  if (!(before > 0 && before <= size)) throw new RangeError(`a tree of ${before} entries before one of ${size}`);
  const path: Buffer[] = [];
  let isWhole = true;
  for (let from = 0, to = size; to !== before; ) {
    const middle = from + largestPowerBelow(to - from);
    const isLeft = before <= middle;
    path.push(await (isLeft ? rangeHash(nodeOf, middle, to) : rangeHash(nodeOf, from, middle)));
    if (isLeft) to = middle;
    else [from, isWhole] = [middle, false];
    if (to === before && !isWhole) path.push(await rangeHash(nodeOf, from, to));
  }
  return path.toReversed();
}

export interface Inclusion {
  readonly index: number;
  /** Entries of the tree. */
  readonly size: number;
  readonly leaf: Uint8Array;
  readonly path: readonly Uint8Array[];
  readonly root: Uint8Array;
}

/** RFC 9162 §2.1.3.2. */
export function isIncluded({ index, size, leaf, path, root }: Inclusion): boolean {
  if (!isCount(size) || !isCount(index) || index >= size || ![leaf, root, ...path].every(isHash)) return false;
  let [at, last] = [index, size - 1];
  let hash: Buffer = Buffer.from(leaf);
  for (const sibling of path) {
    if (last === 0) return false;
    if (isOdd(at) || at === last) {
      hash = nodeHash(sibling, hash);
      while (!isOdd(at) && at !== 0) [at, last] = [half(at), half(last)];
    } else hash = nodeHash(hash, sibling);
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && hash.equals(root);
}

export interface Consistency {
  /** Entries and root of the earlier tree. */
  readonly before: number;
  readonly rootBefore: Uint8Array;
  readonly size: number;
  readonly root: Uint8Array;
  readonly path: readonly Uint8Array[];
}

/** RFC 9162 §2.1.4.2. An empty earlier tree proves nothing and is refused. */
export function isConsistent({ before, rootBefore, size, root, path }: Consistency): boolean {
  if (!isCount(before) || !isCount(size) || before === 0 || before > size) return false;
  if (![rootBefore, root, ...path].every(isHash)) return false;
  if (before === size) return path.length === 0 && Buffer.from(root).equals(rootBefore);
  const [first, ...others] = Number.isInteger(Math.log2(before)) ? [rootBefore, ...path] : path;
  if (first === undefined || path.length === 0) return false;
  let [at, last] = [before - 1, size - 1];
  while (isOdd(at)) [at, last] = [half(at), half(last)];
  let [earlier, later]: [Buffer, Buffer] = [Buffer.from(first), Buffer.from(first)];
  for (const sibling of others) {
    if (last === 0) return false;
    if (isOdd(at) || at === last) {
      [earlier, later] = [nodeHash(sibling, earlier), nodeHash(sibling, later)];
      while (!isOdd(at) && at !== 0) [at, last] = [half(at), half(last)];
    } else later = nodeHash(later, sibling);
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && earlier.equals(rootBefore) && later.equals(root);
}

/** Counts go to 2^53: beyond 32 bits, so not by shifts. */
const half = (count: number): number => Math.floor(count / 2);
const isOdd = (count: number): boolean => count % 2 === 1;
const isCount = (count: number): boolean => Number.isSafeInteger(count) && count >= 0;
const isHash = (hash: Uint8Array): boolean => hash.length === HASH_SIZE;

/** The largest power of two below `count`, which is at least 2. */
function largestPowerBelow(count: number): number {
  const power = 2 ** Math.floor(Math.log2(count));
  return power === count ? power / 2 : power;
}

/** The tree of leaves that come one after the other, by its complete subtrees alone. */
export class GrowingTree {
  /** By level; undefined where the tree has none. */
  readonly #subtrees: (Buffer | undefined)[] = [];

  add(leaf: Buffer): void {
    let hash = leaf;
    let level = 0;
    for (let left = this.#subtrees[0]; left !== undefined; left = this.#subtrees[level]) {
      hash = nodeHash(left, hash);
      this.#subtrees[level] = undefined;
      level += 1;
    }
    this.#subtrees[level] = hash;
  }

  root(): Buffer {
    const found = this.#subtrees.filter((hash) => hash !== undefined);
    return found.length === 0 ? EMPTY_ROOT : found.reduce((right, left) => nodeHash(left, right));
  }
}
