/** What is taken out of a disk, and what is said when it was. */
import type { Progress } from '../../kernel/index.ts';
import type { Media, Range } from '../../media/index.ts';
import type { FilePlace } from '../../survey/index.ts';

/** A file, folder or further stream, as the survey found it. */
export interface ExtractedFile extends FilePlace {
  /** Of its volume. */
  readonly number: number;
  readonly kind: string;
  readonly sha256: string | undefined;
  readonly md5: string | undefined;
  readonly sha1: string | undefined;
  /** As recorded: with a zone or without one. */
  readonly modified: string | undefined;
  readonly isDeleted: boolean;
  readonly hasUnread: boolean;
  /** Parts that were never read from the carrier. */
  readonly unread?: readonly Range[] | undefined;
  /** Of a symbolic link. */
  readonly target?: string | undefined;
  readonly doubt?: string | undefined;
  readonly attributes?: readonly string[] | undefined;
  readonly facts?: Readonly<Record<string, string | number>> | undefined;
  readonly remarks?: readonly string[] | undefined;
}

export interface FilesToExtract {
  readonly media: Media;
  /** Puts each volume in a folder of its own. */
  readonly hasSeveralVolumes: boolean;
  /** The time of what has none. */
  readonly at: Date;
  /** Volume by volume, each file before its streams; the same each time it is asked. */
  files(): AsyncIterable<ExtractedFile>;
}

export interface ExtractOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: Progress | undefined;
}

export interface Extraction {
  readonly target: string;
  /** Written, forks and other streams too. */
  readonly files: number;
  readonly folders: number;
  /** Of the files, in bytes. */
  readonly bytes: number;
  /** What has no content, or could not be read; files.csv says why. */
  readonly skipped: number;
  /** Files with sectors that were never read from the carrier. */
  readonly unread: number;
  /** Of a zip file. */
  readonly zipBytes?: number;
  readonly sha256?: string;
}
