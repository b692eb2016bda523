/** Digests of known files, and the files inside disks that they know, as a port: each database brings its own. */
import type { EntityManager } from 'typeorm';

/** By which set a file is known, and by which of its digests. */
export interface KnownBy {
  readonly set: string;
  readonly digest: 'sha256' | 'sha1' | 'md5';
}

/** Digests one after the other, each `width` bytes. */
export interface DigestBlock {
  /** 16 for MD5, 20 for SHA-1, 32 for SHA-256. */
  readonly width: number;
  readonly bytes: Buffer;
}

export abstract class KnownDigests {
  /** Adds digests to a set, none of which it has; in ascending order they come in fast. */
  abstract add(setId: number, block: DigestBlock): Promise<void>;
  /** All digests of a set, in blocks; for another database to add. */
  abstract blocks(setId: number): AsyncIterable<DigestBlock>;
  /** Removes all digests of a set, some thousand in a transaction. */
  abstract remove(setId: number): Promise<void>;
  /** Marks the files that were entered behind `afterId`, in the transaction that entered them. */
  abstract markNew(manager: EntityManager, afterId: number): Promise<void>;
  /**
   * Marks all files anew by the sets in use, some thousand in a transaction.
   * @param onPart the part that is done, up to 1.
   */
  abstract markAll(signal?: AbortSignal, onPart?: (done: number) => void): Promise<void>;
  /** By what these files are known: the strongest digest, in the oldest set. */
  abstract whichOf(fileIds: readonly number[]): Promise<Map<number, KnownBy>>;
}
