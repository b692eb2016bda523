/** The index of files inside disks as a port: each database brings its own. */
import type { SurveyItem } from '#ingest/survey';
import type { FileScanView, FilesQuery } from './files.dto.ts';

/** A file as it is found: with where it is. */
export interface FoundFile {
  readonly id: number;
  readonly packageId: string;
  readonly packageTitle: string;
  readonly accession: string | null;
  /** Number of the volume, from 0. */
  readonly volume: number;
  readonly volumeLabel: string;
  /** Of the folder; '' for the root. */
  readonly folder: string;
  readonly name: string;
  readonly kind: string;
  readonly stream: string | null;
  readonly entry: number;
  readonly size: number;
  readonly sha256: string | null;
  readonly md5: string | null;
  readonly sha1: string | null;
  readonly puid: string | null;
  readonly format: string | null;
  readonly mime: string | null;
  readonly modified: string | null;
  readonly isDeleted: boolean;
  readonly hasUnread: boolean;
  readonly isKnown: boolean;
  readonly runs: string | null;
  /** What the last virus scan said. */
  readonly scan: FileScanView | null;
  readonly details: Readonly<Record<string, unknown>> | null;
}

/** Inside its volume. */
export function pathOf({ folder, name }: Pick<FoundFile, 'folder' | 'name'>): string {
  return folder === '' ? name : `${folder}/${name}`;
}

/** Counts of what a survey gave, as they were entered. */
export interface IndexedCounts {
  readonly volumes: number;
  readonly files: number;
  readonly directories: number;
  readonly deleted: number;
  readonly unread: number;
  readonly bytes: number;
  /** Files whose digests are known. */
  readonly digested: number;
}

export interface Facet {
  readonly value: string;
  readonly title: string | null;
  readonly count: number;
}

export abstract class FileIndex {
  /** Enters what a survey tells of a package in place of what was entered before, in transactions of some thousand files. */
  abstract replace(packageId: string, items: AsyncIterable<SurveyItem>): Promise<IndexedCounts>;
  /** In the order of the names that fit best. @param after the cursor of the page before. */
  abstract find(
    query: FilesQuery,
    limit: number,
    after: string | undefined,
  ): Promise<{ files: FoundFile[]; next: string | undefined }>;
  /** Of the first so many that fit: how many of each extension, format, disk and accession; and how many known files are hidden. */
  abstract facets(
    query: FilesQuery,
    most: number,
  ): Promise<{ count: number; hidden: number; facets: Readonly<Record<string, Facet[]>> }>;
  /** What a folder holds, in the order of the names; folders too. */
  abstract folder(
    volumeId: number,
    path: string,
    limit: number,
    after: readonly (string | number)[] | undefined,
  ): Promise<FoundFile[]>;
  /** A folder with all that is beneath it, streams too: folder by folder, in the order of their paths. @param after folder, name and id of the last. */
  abstract tree(
    volumeId: number,
    root: string,
    limit: number,
    after: readonly (string | number)[] | undefined,
  ): Promise<FoundFile[]>;
  /** Every entry and stream of that path, in the order of the survey. */
  abstract named(volumeId: number, folder: string, name: string): Promise<FoundFile[]>;
  /** The entry of that path; an allocated one before deleted ones. */
  abstract byPath(volumeId: number, folder: string, name: string, stream: string | null): Promise<FoundFile | undefined>;
  /** Files with a digest (lower-case hex), of whichever algorithm its length says. */
  abstract withDigest(digest: string, limit: number): Promise<FoundFile[]>;
}
