/** The root of a Merkle tree over block digests (RFC 9162 §2.1), built entry by entry in O(log n) memory. */
import { hash } from 'node:crypto';

type Digest = Buffer<ArrayBuffer>;

const LEAF = 0x00;
const NODE = 0x01;
/** SHA-256 of nothing: the root of no entries (RFC 9162 §2.1.1). */
const EMPTY_ROOT = hash('sha256', '', 'hex');

/** Entries are 32-byte digests. Not a log: no proofs, no tiles; `journal` has those. */
export class MerkleRoot {
  /** Roots of complete subtrees, the largest first; their sizes are the bits of `#count`. */
  readonly #subtrees: Digest[] = [];
  readonly #leaf = Buffer.alloc(33, LEAF);
  readonly #node = Buffer.alloc(65, NODE);
  #count = 0;

  /** @param digest 32 bytes; copied. */
  add(digest: Uint8Array): void {
    if (digest.length !== 32) throw new RangeError(`an entry has 32 bytes, not ${digest.length}`);
    this.#leaf.set(digest, 1);
    let root = hash('sha256', this.#leaf, 'buffer');
    for (let size = this.#count; size % 2 === 1; size = (size - 1) / 2) root = this.#join(this.#subtrees.pop(), root);
    this.#subtrees.push(root);
    this.#count += 1;
  }

  /** The root as lower-case hex; more entries may follow. */
  root(): string {
    let root: Digest | undefined;
    for (const subtree of this.#subtrees.toReversed()) root = root === undefined ? subtree : this.#join(subtree, root);
    return root?.toString('hex') ?? EMPTY_ROOT;
  }

  #join(left: Digest | undefined, right: Digest): Digest {
    if (left === undefined) throw new RangeError('a subtree is missing');
    this.#node.set(left, 1);
    this.#node.set(right, 33);
    return hash('sha256', this.#node, 'buffer');
  }
}
