/**
 * Changes metadata of a sealed package: files below metadata/ are added or replaced, then the tag manifest that vouches for them.
 * The payload, its manifest and bag-info.txt are never touched. docs/adr/0020 tells the order, and what a crash can do.
 */
import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { encodePath } from 'bagit-js';
import { digestFile } from '../digest/index.ts';
import { byteOrder, durableWrite, Fault, FaultKind } from '../kernel/index.ts';
import type { Storage } from '../storage/index.ts';
import { manifestLines } from './manifest-lines.ts';
import { digestOf } from './open-package.ts';
import { packageKey, TAG_MANIFEST_PATH } from './package.ts';

export interface UpdatedFile {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
}

/** What the journal keeps of an update: enough to finish it, and to know the package by its new anchor. */
export interface PackageUpdate {
  /** SHA-256 of the tag manifest: the new anchor, and the one before. */
  readonly tagManifestSha256: string;
  readonly replacedSha256: string;
  /** Below metadata/; at last the tag manifest. */
  readonly files: readonly UpdatedFile[];
}

/** A tag manifest in another algorithm than ours would be wrong after an update; no version of Strongroom seals with one. */
const OTHER_TAG_MANIFEST = /^tagmanifest-(?!sha256\.txt$)/;

/**
 * Writes the new tag manifest beside the new files: nothing in the package is changed yet.
 * @param folder in staging; holds `files` under their paths, fsynced.
 * @throws Fault 'package/tag-manifest-altered' when the package is not as it was sealed, 'package/not-ours'.
 */
export async function stageUpdate(
  storage: Storage,
  id: string,
  anchor: string,
  folder: string,
  files: readonly UpdatedFile[],
): Promise<PackageUpdate> {
  const found = await digestOf(storage, id, TAG_MANIFEST_PATH);
  if (found !== anchor) {
    const message = `${TAG_MANIFEST_PATH} of package ${id} has SHA-256 ${found}, not ${anchor}: it is not changed. Audit the package: strongroom audit ${id}`;
    throw new Fault(FaultKind.Corrupt, 'package/tag-manifest-altered', message, { id, expected: anchor, found });
  }
  const other = (await storage.names(packageKey(id))).find((name) => OTHER_TAG_MANIFEST.test(name));
  if (other !== undefined) {
    const message = `package ${id} holds ${other}, which Strongroom did not seal and can't keep right: it is not changed`;
    throw new Fault(FaultKind.Unsupported, 'package/not-ours', message, { id, path: other });
  }
  const text = await nextTagManifest(storage, id, files);
  await durableWrite(join(folder, TAG_MANIFEST_PATH), text);
  const size = Buffer.byteLength(text);
  const tagManifestSha256 = createHash('sha256').update(text).digest('hex');
  return {
    tagManifestSha256,
    replacedSha256: anchor,
    files: [...files, { path: TAG_MANIFEST_PATH, size, sha256: tagManifestSha256 }],
  };
}

/** Takes back what stageUpdate() wrote, while the journal does not know of it. */
export async function unstageUpdate(folder: string): Promise<void> {
  await rm(join(folder, TAG_MANIFEST_PATH), { force: true });
}

/**
 * Puts an update that the journal knows in place: the files first, the tag manifest last. Does nothing where that is done, or
 * where the package is at another update than this one; may be called again after a crash at any moment.
 * @returns false when a file of it is lost: the package is left as it was before.
 */
export async function finishUpdate(storage: Storage, id: string, folder: string, update: PackageUpdate): Promise<boolean> {
  const found = await digestOf(storage, id, TAG_MANIFEST_PATH);
  if (found !== update.replacedSha256 || found === update.tagManifestSha256) return true;
  const changed = update.files.filter(({ path }) => path !== TAG_MANIFEST_PATH);
  for (const file of changed) if (!(await isAtHand(storage, id, folder, file))) return false;
  if ((await sha256Of(join(folder, TAG_MANIFEST_PATH))) !== update.tagManifestSha256) {
    const text = await nextTagManifest(storage, id, changed);
    if (createHash('sha256').update(text).digest('hex') !== update.tagManifestSha256) return false;
    await durableWrite(join(folder, TAG_MANIFEST_PATH), text);
  }
  await storage.replace(folder, packageKey(id), [...changed.map(({ path }) => path), TAG_MANIFEST_PATH]);
  return true;
}

/** Whole in staging, or in place already. */
async function isAtHand(storage: Storage, id: string, folder: string, { path, sha256 }: UpdatedFile): Promise<boolean> {
  if ((await sha256Of(join(folder, path))) === sha256) return true;
  if ((await storage.stat(`${packageKey(id)}/${path}`)) === undefined) return false;
  return (await digestOf(storage, id, path)) === sha256;
}

async function sha256Of(path: string): Promise<string | undefined> {
  try {
    return (await digestFile(path, ['sha256'])).digests.sha256;
  } catch (error) {
    if (error instanceof Fault && error.kind === FaultKind.Missing) return undefined;
    throw error;
  }
}

/** The tag manifest as it is, with the new digests: in the order that TagWriter gives it. */
async function nextTagManifest(storage: Storage, id: string, files: readonly UpdatedFile[]): Promise<string> {
  const listed = new Map<string, string>();
  await using object = await storage.open(`${packageKey(id)}/${TAG_MANIFEST_PATH}`);
  for await (const { digest, path } of manifestLines(object.stream(), TAG_MANIFEST_PATH)) listed.set(path, digest);
  for (const { path, sha256 } of files) listed.set(path, sha256);
  return [...listed]
    .toSorted(([a], [b]) => byteOrder(a, b))
    .map(([path, sha256]) => `${sha256}  ${encodePath(path)}\n`)
    .join('');
}
