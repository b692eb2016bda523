/** Opens a stored package for reading: its labels, its sealed inventory, its bytes. */
import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { parseBagInfo } from 'bagit-js';
import { byteOrder, Fault, FaultKind } from '../kernel/index.ts';
import type { Storage } from '../storage/index.ts';
import { manifestLines } from './manifest-lines.ts';
import {
  BAG_INFO_PATH,
  MANIFEST_PATH,
  type OpenedPackage,
  type PackageFile,
  packageKey,
  roleOf,
  TAG_MANIFEST_PATH,
} from './package.ts';

/** Our bag-info.txt is some hundred bytes; a larger one is none of ours. */
const LARGEST_BAG_INFO = 1 << 20;

/**
 * @param anchor SHA-256 of the tag manifest as journal and catalogue keep it; without one, what lies there is taken as it is.
 * @throws Fault 'package/tag-manifest-altered' when it differs from the anchor; 'storage/missing', 'storage/unreadable'.
 */
export async function openPackage(storage: Storage, id: string, anchor?: string): Promise<OpenedPackage> {
  const bagInfo = await readBagInfo(storage, id);
  const found = await digestOf(storage, id, TAG_MANIFEST_PATH);
  if (anchor !== undefined && found !== anchor) {
    throw new Fault(
      FaultKind.Corrupt,
      'package/tag-manifest-altered',
      `${TAG_MANIFEST_PATH} of package ${id} has SHA-256 ${found}; it was sealed with ${anchor}. Audit the package: strongroom audit ${id}`,
      { id, expected: anchor, found },
    );
  }
  return {
    id,
    bagInfo,
    tagManifestSha256: found,
    sealedAt: sealedAt(bagInfo),
    files: () => inventory(storage, id, found),
    stream: (path) => streamOf(storage, `${packageKey(id)}/${path}`),
  };
}

/** The first value of a label, compared as RFC 8493 §2.2.2 says: without regard to case. */
export function labelOf(bagInfo: OpenedPackage['bagInfo'], label: string): string | undefined {
  return bagInfo.find(([name]) => name.toLowerCase() === label.toLowerCase())?.[1];
}

async function* inventory(storage: Storage, id: string, tagManifestSha256: string): AsyncIterable<PackageFile> {
  for await (const { size, ...file } of sealedFiles(storage, id, tagManifestSha256)) {
    if (size === undefined) throw missingFile(id, file.path);
    yield { ...file, size };
  }
}

/** Every file that the manifests name, in byte order of the paths; those that are gone have no size. */
export async function* sealedFiles(
  storage: Storage,
  id: string,
  tagManifestSha256: string,
): AsyncIterable<Omit<PackageFile, 'size'> & { readonly size: number | undefined }> {
  const listed: { path: string; sha256: string }[] = [{ path: TAG_MANIFEST_PATH, sha256: tagManifestSha256 }];
  for (const manifest of [TAG_MANIFEST_PATH, MANIFEST_PATH]) {
    await using object = await storage.open(`${packageKey(id)}/${manifest}`);
    for await (const { digest, path } of manifestLines(object.stream(), manifest)) listed.push({ path, sha256: digest });
  }
  listed.sort((a, b) => byteOrder(a.path, b.path));
  for (const { path, sha256 } of listed) {
    const found = await storage.stat(`${packageKey(id)}/${path}`);
    yield { path, sha256, role: roleOf(path), size: found?.size };
  }
}

export function missingFile(id: string, path: string): Fault {
  return new Fault(
    FaultKind.Corrupt,
    'package/missing-file',
    `${path} of package ${id} is gone; audit the package: strongroom audit ${id}`,
    { id, path },
  );
}

async function readBagInfo(storage: Storage, id: string): Promise<(readonly [string, string])[]> {
  await using object = await storage.open(`${packageKey(id)}/${BAG_INFO_PATH}`);
  const text = (await object.read(0, Math.min(object.size, LARGEST_BAG_INFO))).toString('utf8');
  return parseBagInfo(text, true).pairs;
}

export async function digestOf(storage: Storage, id: string, path: string): Promise<string> {
  await using object = await storage.open(`${packageKey(id)}/${path}`);
  const hash = createHash('sha256');
  for await (const chunk of object.stream() as AsyncIterable<Buffer>) hash.update(chunk);
  return hash.digest('hex');
}

/** The object is closed when the stream ends, fails or is destroyed. */
async function streamOf(storage: Storage, key: string): Promise<Readable> {
  const object = await storage.open(key);
  return Readable.from(
    (async function* () {
      try {
        yield* object.stream() as AsyncIterable<Buffer>;
      } finally {
        await object[Symbol.asyncDispose]();
      }
    })(),
    { objectMode: false },
  );
}

/** @throws Fault 'package/no-sealing-date' when bag-info.txt does not say when. */
function sealedAt(bagInfo: OpenedPackage['bagInfo']): Date {
  const at = new Date(`${labelOf(bagInfo, 'Bagging-Date') ?? ''}T${labelOf(bagInfo, 'Bagging-Time') ?? ''}`);
  if (!Number.isNaN(at.getTime())) return at;
  throw new Fault(
    FaultKind.Corrupt,
    'package/no-sealing-date',
    `${BAG_INFO_PATH} does not say when the package was sealed (Bagging-Date, Bagging-Time); it is damaged or not ours`,
    {},
  );
}

/** A small file of the package, whole. @throws Fault 'package/too-large'. */
export async function readSmall(storage: Storage, id: string, path: string, limit: number): Promise<Buffer> {
  await using object = await storage.open(`${packageKey(id)}/${path}`);
  if (object.size <= limit) return await buffer(object.stream());
  throw new Fault(
    FaultKind.Unsupported,
    'package/too-large',
    `${path} of package ${id} has ${object.size} bytes; at most ${limit} are read at once`,
    { id, path, size: object.size, limit },
  );
}
