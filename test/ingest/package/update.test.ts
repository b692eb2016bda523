/** An update of metadata, cut off between any two of its steps: the package is the old one or the new one, and can be made the new one. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { validateBag } from 'bagit-js';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  finishUpdate,
  openPackage,
  type PackageUpdate,
  packageKey,
  stageUpdate,
  unstageUpdate,
  verifyPackage,
} from '#ingest/package';
import { SealedPackage } from './sealed-package.ts';

const LIST = 'metadata/dfxml/disk.001.xml';
const TAG_MANIFEST = 'tagmanifest-sha256.txt';
const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex');

let sealed: SealedPackage;
let anchor: string;
let folder: string;
let number = 0;
beforeAll(async () => {
  sealed = await SealedPackage.make();
  ({ anchor } = sealed);
}, 120_000);
afterAll(() => sealed[Symbol.asyncDispose]());

/** A new list in staging, and the update staged beside it. */
let update: PackageUpdate;
let list: string;
let payload: Map<string, string>;
beforeEach(async () => {
  number += 1;
  folder = await sealed.storage.stage(`update-${number}`);
  list = `<dfxml>${number}</dfxml>`;
  payload = untouched();
  mkdirSync(dirname(join(folder, LIST)), { recursive: true });
  writeFileSync(join(folder, LIST), list);
  const file = { path: LIST, size: list.length, sha256: sha256(list) };
  update = await stageUpdate(sealed.storage, sealed.id, anchor, folder, [file]);
});

/** Digests of all that no update touches. */
function untouched(): Map<string, string> {
  const others = sealed.paths().filter((path) => path !== TAG_MANIFEST && !path.startsWith('metadata/dfxml/'));
  return new Map(others.map((path) => [path, sha256(readFileSync(sealed.at(path)))]));
}

async function isWhole(by: string): Promise<void> {
  const none = async function* () {};
  const result = await verifyPackage(sealed.storage, sealed.id, { tagManifestSha256: by, catalogue: none });
  expect(result.findings).toEqual([]);
  expect(await validateBag(sealed.folder)).toMatchObject({ valid: true, errors: [] });
  expect(untouched()).toEqual(payload);
}

async function isNew(): Promise<void> {
  await isWhole(update.tagManifestSha256);
  expect(readFileSync(sealed.at(LIST), 'utf8')).toBe(list);
  expect(sha256(readFileSync(sealed.at(TAG_MANIFEST)))).toBe(update.tagManifestSha256);
  anchor = update.tagManifestSha256;
}

const finish = (): Promise<boolean> => finishUpdate(sealed.storage, sealed.id, folder, update);

describe('an update of a sealed package', () => {
  it('changes nothing while it is staged, and nothing when it is taken back', async () => {
    await isWhole(anchor);
    await unstageUpdate(folder);
    expect(existsSync(join(folder, TAG_MANIFEST))).toBe(false);
    expect(readFileSync(join(folder, LIST), 'utf8')).toBe(list);
    await isWhole(anchor);
  });

  it('is in place when it is finished, for the first time and in place of another, also when it is finished twice', async () => {
    expect(await finish()).toBe(true);
    await isNew();
    expect(await finish()).toBe(true);
    await isNew();
  });

  it('tells what it replaced, and lists itself last', async () => {
    expect(update).toMatchObject({ replacedSha256: anchor, files: [{ path: LIST }, { path: TAG_MANIFEST }] });
    expect(update.files.at(-1)).toMatchObject({
      size: readFileSync(join(folder, TAG_MANIFEST)).length,
      sha256: update.tagManifestSha256,
    });
    await finish();
    await isNew();
    const opened = await openPackage(sealed.storage, sealed.id, anchor);
    const paths: string[] = [];
    for await (const { path } of opened.files()) paths.push(path);
    expect(paths).toContain(LIST);
  });

  it('is finished after a crash between its two renames', async () => {
    await sealed.storage.replace(folder, packageKey(sealed.id), [LIST]);
    expect(await finish()).toBe(true);
    await isNew();
  });

  it('is finished although the staged tag manifest was lost, or is not whole', async () => {
    if (number % 2 === 0) rmSync(join(folder, TAG_MANIFEST));
    else writeFileSync(join(folder, TAG_MANIFEST), 'x');
    expect(await finish()).toBe(true);
    await isNew();
  });

  it('is not begun when the list was lost from staging: the package stays what it was', async () => {
    rmSync(join(folder, LIST));
    expect(await finish()).toBe(false);
    await isWhole(anchor);
  });

  it('leaves a package alone that is at a later update', async () => {
    expect(await finish()).toBe(true);
    await isNew();
    const later = { ...update, replacedSha256: 'f'.repeat(64), tagManifestSha256: 'e'.repeat(64) };
    expect(await finishUpdate(sealed.storage, sealed.id, folder, later)).toBe(true);
    await isWhole(anchor);
  });

  it('is refused for a package that is not as it was sealed, or that holds a tag manifest which would be wrong then', async () => {
    const [file] = update.files;
    const stage = (by: string): Promise<PackageUpdate> => stageUpdate(sealed.storage, sealed.id, by, folder, [file!]);
    await expect(stage('0'.repeat(64))).rejects.toMatchObject({ code: 'package/tag-manifest-altered' });
    writeFileSync(sealed.at('tagmanifest-md5.txt'), '');
    await expect(stage(anchor)).rejects.toMatchObject({ code: 'package/not-ours' });
    rmSync(sealed.at('tagmanifest-md5.txt'));
  });
});
