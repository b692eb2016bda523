/** What an archival information package (AIP) is: which files, where, named how. docs/package.md says the same for people. */
import type { Readable } from 'node:stream';

/** Why a file is in the package. */
export const FileRole = {
  /** The disk image as received: one file, or all its segments. */
  Image: 'image',
  /** What came with it: logs, mapfile, photographs, papers. */
  Submission: 'submission',
  /** What Strongroom knows of it: PREMIS, acquisition facts, block lists. */
  Metadata: 'metadata',
  /** BagIt's own files: bagit.txt, bag-info.txt, manifests. */
  Tag: 'tag',
} as const;
export type FileRole = (typeof FileRole)[keyof typeof FileRole];

export interface PackageFile {
  /** Path in the package, `/` between its parts, not percent-encoded. */
  readonly path: string;
  readonly role: FileRole;
  /** In bytes, as it lies in storage now. */
  readonly size: number;
  /** Lower-case hex, as sealed. */
  readonly sha256: string;
}

/** A package in storage, opened for reading. Nothing is held open between calls. */
export interface OpenedPackage {
  readonly id: string;
  /** When it was sealed: the one date of every entry in an export, so that exports are the same every time. */
  readonly sealedAt: Date;
  /** SHA-256 of tagmanifest-sha256.txt: one digest that, by the chain of manifests, stands for every byte of the package. */
  readonly tagManifestSha256: string;
  /** bag-info.txt, in its order. */
  readonly bagInfo: readonly (readonly [label: string, value: string])[];
  /** Every file of the bag, the tag manifest included, in byte order of the paths. @throws Fault 'package/missing-file'. */
  files(): AsyncIterable<PackageFile>;
  /** The file's bytes, unverified. @throws Fault 'storage/missing', 'storage/unreadable'. */
  stream(path: string): Promise<Readable>;
}

export const PROFILE_IDENTIFIER = 'urn:strongroom:bagit-profile:aip:1.0';

export const IMAGE_FOLDER = 'data/image/';
export const SUBMISSION_FOLDER = 'data/submission/';
export const PREMIS_PATH = 'metadata/premis.xml';
export const ACQUISITION_PATH = 'metadata/acquisition.json';
export const DFXML_FOLDER = 'metadata/dfxml/';
export const TAG_MANIFEST_PATH = 'tagmanifest-sha256.txt';
export const MANIFEST_PATH = 'manifest-sha256.txt';
export const BAG_INFO_PATH = 'bag-info.txt';

/** Where the block list of a payload file lies: `data/image/a.img` → `metadata/fixity/data/image/a.img.blocks`. */
export function blocksPath(path: string): string {
  return `metadata/fixity/${path}.blocks`;
}

export function roleOf(path: string): FileRole {
  if (path.startsWith(IMAGE_FOLDER)) return FileRole.Image;
  if (path.startsWith('data/')) return FileRole.Submission;
  return path.includes('/') ? FileRole.Metadata : FileRole.Tag;
}

/** The list of files inside the disk: `disk.img` → `metadata/dfxml/disk.img.xml`. @param image bare name of the image. */
export function dfxmlPath(image: string): string {
  return `${DFXML_FOLDER}${image}.xml`;
}

/** The key of a package, and so the folder that is its bag, at every location. */
export function packageKey(id: string): string {
  return `packages/${id}`;
}

/** A payload file larger than one block has a block list; a smaller one is its own block. */
export const BLOCK_SIZE = 1 << 20;
