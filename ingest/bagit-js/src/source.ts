/** Where a bag lies: a directory, or an archive that is read without unpacking. The contract that each kind keeps. */
import type { HashSetup } from './hash-files.ts';
import type { Inventory } from './inventory.ts';
import type { Limits } from './limits.ts';
import type { Findings } from './report.ts';

export type Serialization = 'directory' | 'tar' | 'tar.gz' | 'zip';

export interface BagSource {
  readonly serialization: Serialization;
  /** The name of the base directory; '' when an archive has none. Known after `scan`. */
  readonly baseName: string;
  /**
   * Fills the inventory with every file, and the findings with what is wrong with the container. False when the container
   * is refused: then nothing more may be read from it.
   */
  scan(inventory: Inventory, findings: Findings, limits: Limits, signal?: AbortSignal): Promise<boolean>;
  /** The bytes of one file. Throws when it isn't there or can't be read; never follows a link. */
  read(name: string): AsyncIterable<Uint8Array>;
  /** How worker threads reach the files; undefined when only `stream` can. */
  hashing(algorithms: readonly string[], sizes: readonly number[]): HashSetup | undefined;
  /** For archives with random access: five numbers a file, as in HashJob.ranges. */
  ranges?(ids: ArrayLike<number>): Float64Array;
  /** For archives that can only be read from start to end: every file of the bag with its bytes, in order. */
  stream?(): AsyncIterable<{ name: string; bytes: AsyncIterable<Uint8Array> }>;
  close(): Promise<void>;
}
