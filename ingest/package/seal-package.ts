/** Makes a BagIt 1.0 bag of a staged package folder: manifests, labels, tag manifest; every file fsynced. */
import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { TagWriter } from 'bagit-js';
import { PROFILE_IDENTIFIER, TAG_MANIFEST_PATH } from './package.ts';

export interface SealOrder {
  readonly id: string;
  readonly title: string;
  readonly accession: string | undefined;
  readonly sealedAt: Date;
  /** Name and version of the program. */
  readonly software: string;
  /** Every payload file, with its SHA-256, in byte order of the paths. */
  readonly payload: readonly { readonly path: string; readonly size: number; readonly sha256: string }[];
}

export interface SealedPackage {
  readonly payloadBytes: number;
  readonly payloadFiles: number;
  readonly tagManifestSha256: string;
}

/** @param folder holds data/ and metadata/, complete and fsynced; nothing is written there after this. */
export async function sealPackage(folder: string, order: SealOrder): Promise<SealedPackage> {
  const { payload, sealedAt } = order;
  const payloadBytes = payload.reduce((sum, file) => sum + file.size, 0);
  const at = sealedAt.toISOString();
  const writer = new TagWriter(folder, ['sha256']);
  await writer.manifest('sha256', lines(payload));
  await writer.bagInfo([
    ['External-Identifier', order.id],
    ['External-Description', order.title],
    ...(order.accession === undefined ? [] : [['Bag-Group-Identifier', order.accession] as const]),
    ['Bagging-Date', at.slice(0, 10)],
    ['Bagging-Time', at.slice(11)],
    ['Payload-Oxum', `${payloadBytes}.${payload.length}`],
    ['Bag-Software-Agent', order.software],
    ['BagIt-Profile-Identifier', PROFILE_IDENTIFIER],
  ]);
  await writer.declaration();
  for await (const path of metadataFiles(folder, 'metadata')) await writer.add(path);
  const written = await writer.finish();
  const tagManifest = written.find(({ path }) => path === TAG_MANIFEST_PATH);
  if (tagManifest === undefined) throw new TypeError('a bag without a tag manifest');
  return { payloadBytes, payloadFiles: payload.length, tagManifestSha256: tagManifest.sha256 };
}

async function* lines(payload: SealOrder['payload']): AsyncIterable<{ path: string; digest: string }> {
  for (const { path, sha256 } of payload) yield { path, digest: sha256 };
}

async function* metadataFiles(folder: string, below: string): AsyncIterable<string> {
  for await (const entry of await opendir(join(folder, below))) {
    const path = `${below}/${entry.name}`;
    if (entry.isDirectory()) yield* metadataFiles(folder, path);
    else yield path;
  }
}
