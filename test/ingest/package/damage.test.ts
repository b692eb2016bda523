/** Damage of every kind is called by its name, and nothing that is whole is called damaged. */
import { appendFileSync, cpSync, mkdirSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { VerifyPosition } from '#ingest/package';
import { MIB, SealedPackage } from './sealed-package.ts';

const IMAGE = 'data/image/disk.001';
const BLOCKS = `metadata/fixity/${IMAGE}.blocks`;
const LETTER = 'data/submission/letter.txt';
const TAG_FILES = ['bagit.txt', 'bag-info.txt', 'manifest-sha256.txt', 'tagmanifest-sha256.txt'];
const METADATA = ['metadata/premis.xml', 'metadata/acquisition.json', BLOCKS];

let sealed: SealedPackage;
let whole: string;
beforeAll(async () => {
  sealed = await SealedPackage.make();
  whole = `${sealed.folder}.whole`;
  cpSync(sealed.folder, whole, { recursive: true });
});
afterAll(() => sealed[Symbol.asyncDispose]());
afterEach(() => {
  rmSync(sealed.folder, { recursive: true });
  cpSync(whole, sealed.folder, { recursive: true });
});

/** Path and word of each finding, in order of the paths. */
async function found(): Promise<string[]> {
  const { findings } = await sealed.verify();
  return findings.map(({ path, outcome }) => `${path} ${outcome}`).toSorted();
}
async function rangesOf(path: string): Promise<unknown> {
  const { findings } = await sealed.verify();
  return findings.find((finding) => finding.path === path)?.ranges;
}

describe.each([IMAGE, LETTER, ...METADATA, ...TAG_FILES])('%s', (path) => {
  it('is called missing when it is gone', async () => {
    rmSync(sealed.at(path));
    expect(await found()).toEqual([`${path} missing`]);
  });

  it('is called missing when a folder lies in its place', async () => {
    rmSync(sealed.at(path));
    mkdirSync(sealed.at(path));
    expect(await found()).toEqual([`${path} missing`]);
  });

  it('is called missing, and the link extra, when a link lies in its place', async () => {
    renameSync(sealed.at(path), `${whole}.aside`);
    symlinkSync(`${whole}.aside`, sealed.at(path));
    expect(await found()).toEqual([`${path} extra`, `${path} missing`]);
  });

  it('is called altered when it is cut', async () => {
    truncateSync(sealed.at(path), sealed.size(path) - 1);
    expect(await found()).toEqual([`${path} altered`]);
  });

  it('is called altered when it is empty', async () => {
    truncateSync(sealed.at(path), 0);
    expect(await found()).toEqual([`${path} altered`]);
  });

  it('is called altered when it has grown', async () => {
    appendFileSync(sealed.at(path), '\n');
    expect(await found()).toEqual([`${path} altered`]);
  });
});

describe('damage of a large file', () => {
  it('that was cut is placed from the block of the cut to its end', async () => {
    const size = sealed.size(IMAGE);
    truncateSync(sealed.at(IMAGE), MIB + 17);
    expect(await rangesOf(IMAGE)).toEqual([{ offset: MIB, length: size - MIB }]);
  });

  it('that has grown is placed in what is too much', async () => {
    const size = sealed.size(IMAGE);
    appendFileSync(sealed.at(IMAGE), Buffer.alloc(5));
    expect(await rangesOf(IMAGE)).toEqual([{ offset: size, length: 5 }]);
  });

  it('is found although its block list is damaged as well', async () => {
    sealed.flip(IMAGE, 2 * MIB + 9, 3);
    sealed.flip(BLOCKS, sealed.size(BLOCKS) - 1, 0);
    expect(await found()).toEqual([`${IMAGE} altered`, `${BLOCKS} altered`]);
  });
});

describe('files that were sealed', () => {
  it('and have changed places are both altered', async () => {
    const one = 'data/submission/papers/1 à la mode.txt';
    const other = 'data/submission/papers/2 à la mode.txt';
    renameSync(sealed.at(one), sealed.at('aside'));
    renameSync(sealed.at(other), sealed.at(one));
    renameSync(sealed.at('aside'), sealed.at(other));
    expect(await found()).toEqual([`${one} altered`, `${other} altered`]);
  });

  it('and have changed places are altered, segments of an image too', async () => {
    renameSync(sealed.at('data/image/disk.001'), sealed.at('aside'));
    renameSync(sealed.at('data/image/disk.002'), sealed.at('data/image/disk.001'));
    renameSync(sealed.at('aside'), sealed.at('data/image/disk.002'));
    expect(await found()).toEqual(['data/image/disk.001 altered', 'data/image/disk.002 altered']);
  });

  it('are all called missing when the package is gone', async () => {
    for (const path of sealed.paths()) rmSync(sealed.at(path));
    expect(await found()).toEqual(sealed.inventory.map(({ path }) => `${path} missing`).toSorted());
  });
});

describe('what was not sealed', () => {
  it('is extra, wherever it lies', async () => {
    for (const path of ['stranger', 'data/stranger', 'metadata/fixity/data/image/stranger.blocks'])
      writeFileSync(sealed.at(path), '');
    expect(await found()).toEqual(['data/stranger extra', 'metadata/fixity/data/image/stranger.blocks extra', 'stranger extra']);
  });

  it('is extra when it is a link, and is not followed', async () => {
    symlinkSync('/', sealed.at('data/root'));
    symlinkSync('/nowhere', sealed.at('dangling'));
    expect(await found()).toEqual(['dangling extra', 'data/root extra']);
  });
});

describe('damage in the chain of manifests', () => {
  it.each([
    ['the tag manifest', ['tagmanifest-sha256.txt']],
    ['the manifest', ['manifest-sha256.txt']],
    ['both manifests', ['manifest-sha256.txt', 'tagmanifest-sha256.txt']],
    ['a block list', [BLOCKS]],
    ['manifests and a block list', ['manifest-sha256.txt', BLOCKS, 'tagmanifest-sha256.txt']],
  ])('in %s accuses nothing else', async (_, paths) => {
    for (const path of paths) sealed.flip(path, Math.floor(sealed.size(path) / 2), 1);
    expect(await found()).toEqual(paths.map((path) => `${path} altered`).toSorted());
  });

  it('does not hide damage of what the manifests vouch for', async () => {
    for (const path of ['manifest-sha256.txt', 'tagmanifest-sha256.txt', LETTER]) sealed.flip(path, 3, 5);
    sealed.flip(IMAGE, 7, 1);
    expect(await found()).toEqual([
      `${IMAGE} altered`,
      `${LETTER} altered`,
      'manifest-sha256.txt altered',
      'tagmanifest-sha256.txt altered',
    ]);
  });

  it('is found when somebody makes digest and manifests fit the altered file', async () => {
    const { createHash } = await import('node:crypto');
    const { readFileSync } = await import('node:fs');
    const digest = (path: string): string =>
      createHash('sha256')
        .update(readFileSync(sealed.at(path)))
        .digest('hex');
    const replace = (path: string, from: string, to: string): void =>
      writeFileSync(sealed.at(path), readFileSync(sealed.at(path), 'utf8').replace(from, to));
    const [letter, manifest] = [digest(LETTER), digest('manifest-sha256.txt')];
    sealed.flip(LETTER, 0, 0);
    replace('manifest-sha256.txt', letter, digest(LETTER));
    replace('tagmanifest-sha256.txt', manifest, digest('manifest-sha256.txt'));
    expect(await found()).toEqual([`${LETTER} altered`, 'manifest-sha256.txt altered', 'tagmanifest-sha256.txt altered']);
  });
});

describe('a verification that was interrupted', () => {
  it('says the same, from every position it had told of', async () => {
    sealed.flip(IMAGE, 5, 1);
    sealed.flip('data/image/disk.003', 5, 1);
    sealed.flip(LETTER, 5, 1);
    rmSync(sealed.at('data/submission/photograph.jpg'));
    const positions: VerifyPosition[] = [];
    const undisturbed = await sealed.verify(undefined, (position) => positions.push(position));
    expect(undisturbed.findings).toHaveLength(4);
    expect(positions.length).toBeGreaterThan(4);
    for (const position of positions) {
      const resumed = await sealed.verify(JSON.parse(JSON.stringify(position)) as VerifyPosition);
      expect(resumed).toEqual(undisturbed);
    }
  });
});
