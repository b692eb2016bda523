/** One flipped bit, anywhere in a package, is found, placed, and blamed on nothing else. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MIB, SealedPackage } from './sealed-package.ts';

const FLIPS = 200;

let sealed: SealedPackage;
beforeAll(async () => {
  sealed = await SealedPackage.make();
});
afterAll(() => sealed[Symbol.asyncDispose]());

const pick = (below: number): number => Math.floor(Math.random() * below);

describe('a package', () => {
  it('is found right as long as it is', async () => {
    const { outcome, findings, checkedBytes } = await sealed.verify();
    expect({ outcome, findings }).toEqual({ outcome: 'ok', findings: [] });
    expect(checkedBytes, 'every byte was read').toBe(sealed.paths().reduce((sum, path) => sum + sealed.size(path), 0));
  });

  it('has every kind of file', () => {
    const blocks = sealed.paths().filter((path) => path.endsWith('.blocks'));
    expect(blocks).toHaveLength(4);
    expect(sealed.paths()).toEqual(
      expect.arrayContaining([
        'bagit.txt',
        'bag-info.txt',
        'manifest-sha256.txt',
        'tagmanifest-sha256.txt',
        'metadata/premis.xml',
        'metadata/acquisition.json',
        'data/image/disk.002',
        'data/submission/letter.txt',
        'data/submission/photograph.jpg',
      ]),
    );
  });

  it(`shows each of ${FLIPS} flipped bits, in whichever file, and no other damage`, async () => {
    const paths = sealed.paths().filter((path) => sealed.size(path) > 0);
    for (let number = 0; number < FLIPS; number += 1) {
      // Each file in its turn, so that small ones are hit as well; every other one in the image.
      const path = number % 2 === 0 ? paths[(number / 2) % paths.length]! : `data/image/disk.00${1 + pick(3)}`;
      const offset = pick(sealed.size(path));
      const bit = pick(8);
      const where = `${path}, byte ${offset}, bit ${bit}`;
      sealed.flip(path, offset, bit);
      const { outcome, findings } = await sealed.verify();
      sealed.flip(path, offset, bit);
      expect(outcome, where).toBe('altered');
      expect(findings, where).toHaveLength(1);
      const [{ path: found, outcome: word, ranges }] = findings as [(typeof findings)[0]];
      expect({ found, word }, where).toEqual({ found: path, word: 'altered' });
      const block = Math.floor(offset / MIB) * MIB;
      const length = Math.min(MIB, sealed.size(path) - block);
      expect(ranges, where).toEqual(
        sealed.hasBlocks(path) ? [{ offset: block, length }] : [{ offset: 0, length: sealed.size(path) }],
      );
    }
    expect((await sealed.verify()).outcome, 'with every bit back in its place').toBe('ok');
  }, 300_000);
});
