/** Makes a BagIt 1.0 bag of a staged package folder: manifests, labels, tag manifest; every file fsynced. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeTagFiles } from 'bagit-js';
import { digestFile } from '../digest/index.ts';
import { PROFILE_IDENTIFIER } from './package.ts';

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
  const written = await writeTagFiles(folder, {
    bagInfo: [
      ['External-Identifier', order.id],
      ['External-Description', order.title],
      ...(order.accession === undefined ? [] : [['Bag-Group-Identifier', order.accession] as const]),
      ['Bagging-Date', at.slice(0, 10)],
      ['Bagging-Time', at.slice(11)],
      ['Payload-Oxum', `${payloadBytes}.${payload.length}`],
      ['Bag-Software-Agent', order.software],
      ['BagIt-Profile-Identifier', PROFILE_IDENTIFIER],
    ],
    manifests: { sha256: payload.map(({ path, sha256 }) => ({ path, digest: sha256 })) },
    tagAlgorithms: ['sha256'],
    tagFiles: metadataFiles(folder),
  });
  return { payloadBytes, payloadFiles: payload.length, tagManifestSha256: written.tagManifestSha256 };
}
