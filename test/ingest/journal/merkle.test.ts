/** The Merkle tree: roots that others published, and proofs that hold for what they prove and for nothing else. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  consistencyProof,
  EMPTY_ROOT,
  GrowingTree,
  inclusionProof,
  isConsistent,
  isIncluded,
  nodeHash,
  type NodeOf,
  rangeHash,
} from '#built/ingest/journal/merkle';
import { leafHash } from '#built/ingest/journal/line';

/** The entries that implementations of RFC 6962 are commonly tried with, and the roots of the first so many. */
const ENTRIES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'];
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

const leafOf = (hex: string): Buffer => Buffer.from(leafHash(Buffer.from(hex, 'hex')), 'hex');
const leaves = Array.from({ length: 300 }, (_, index) => leafOf(index.toString(16).padStart(4, '0')));

function nodesOf(all: readonly Buffer[]): NodeOf {
  const nodeOf = (level: number, index: number): Buffer =>
    level === 0 ? (all[index] ?? Buffer.alloc(0)) : nodeHash(nodeOf(level - 1, 2 * index), nodeOf(level - 1, 2 * index + 1));
  return async (level, index) => Promise.resolve(nodeOf(level, index));
}

const nodes = nodesOf(leaves);
const rootOf = (size: number): Promise<Buffer> => rangeHash(nodes, 0, size);
const changed = (hash: Buffer, bit: number): Buffer => {
  const copy = Buffer.from(hash);
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
};

describe('a Merkle tree', () => {
  it('has the roots that are published', async () => {
    const own = nodesOf(ENTRIES.map(leafOf));
    const growing = new GrowingTree();
    for (const [size, root] of ROOTS.entries()) {
      expect((await rangeHash(own, 0, size)).toString('hex')).toBe(root);
      expect(growing.root().toString('hex')).toBe(root);
      growing.add(leafOf(ENTRIES[size] ?? ''));
    }
    expect(EMPTY_ROOT.toString('hex')).toBe(ROOTS[0]);
  });

  it('has the same root whichever way it is computed', async () => {
    const growing = new GrowingTree();
    for (const [index, leaf] of leaves.entries()) {
      growing.add(leaf);
      expect(growing.root().equals(await rootOf(index + 1))).toBe(true);
    }
  });

  it('proves of each entry that it is in the tree, and of no other', async () => {
    const sizes = fc.integer({ min: 1, max: 300 });
    await fc.assert(
      fc.asyncProperty(sizes, fc.nat(299), fc.nat(255), fc.nat(8), async (size, at, bit, which) => {
        const index = at % size;
        const [path, root] = [await inclusionProof(nodes, index, size), await rootOf(size)];
        const proof = { index, size, leaf: leaves[index] ?? Buffer.alloc(0), path, root };
        expect(isIncluded(proof)).toBe(true);
        expect(isIncluded({ ...proof, leaf: changed(proof.leaf, bit) })).toBe(false);
        expect(isIncluded({ ...proof, root: changed(root, bit) })).toBe(false);
        expect(isIncluded({ ...proof, index: size })).toBe(false);
        expect(isIncluded({ ...proof, path: [...path, root] })).toBe(false);
        expect(isIncluded({ ...proof, leaf: Buffer.alloc(31) })).toBe(false);
        const wrong = path.map((hash, step) => (step === which % Math.max(1, path.length) ? changed(hash, bit) : hash));
        expect(isIncluded({ ...proof, path: wrong })).toBe(path.length === 0);
      }),
    );
  });

  it('proves of each earlier tree that the later contains it, and of no other', async () => {
    const sizes = fc.integer({ min: 1, max: 300 });
    await fc.assert(
      fc.asyncProperty(sizes, sizes, fc.nat(255), async (one, other, bit) => {
        const [before, size] = [Math.min(one, other), Math.max(one, other)];
        const path = await consistencyProof(nodes, before, size);
        const proof = { before, size, rootBefore: await rootOf(before), root: await rootOf(size), path };
        expect(isConsistent(proof)).toBe(true);
        expect(isConsistent({ ...proof, rootBefore: changed(proof.rootBefore, bit) })).toBe(false);
        expect(isConsistent({ ...proof, root: changed(proof.root, bit) })).toBe(false);
        expect(isConsistent({ ...proof, path: [...path, proof.root] })).toBe(false);
        expect(isConsistent({ ...proof, before: 0 })).toBe(false);
        expect(isConsistent({ ...proof, size: before - 1 })).toBe(false);
      }),
    );
  });

  it('has no proof for what it does not hold', async () => {
    await expect(inclusionProof(nodes, 5, 5)).rejects.toThrow(RangeError);
    await expect(consistencyProof(nodes, 0, 5)).rejects.toThrow(RangeError);
    await expect(consistencyProof(nodes, 6, 5)).rejects.toThrow(RangeError);
  });
});
