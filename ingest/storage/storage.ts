/**
 * The contract of a place that keeps packages as objects.
 *
 * A key is a relative path with `/` between its parts, byte for byte as the bag spells it; `..`, empty parts and a leading
 * `/` are a TypeError. What a method acknowledges is durable: a power cut after it returns loses nothing.
 * A Fault of kind 'unreadable' is worth a retry; every other is final.
 */
import type { Readable } from 'node:stream';

/** What lies under a prefix. `other` is a link, device, pipe or socket: nothing that Strongroom ever wrote. */
export interface StoredEntry {
  readonly key: string;
  readonly kind: 'file' | 'other';
  /** In bytes; 0 for `other`. */
  readonly size: number;
}

/** One object, open for reading. The caller closes it. */
export interface StoredObject extends AsyncDisposable {
  readonly size: number;
  /** Exactly `length` bytes from `offset`. @throws Fault 'storage/truncated' past the end, 'storage/unreadable' on a device error. */
  read(offset: number, length: number): Promise<Buffer>;
  /** Bytes from `offset`, to the end unless `length` says less. Closing the object ends the stream. */
  stream(range?: { offset: number; length?: number }): Readable;
}

export interface Storage {
  /** Where it is, for people. */
  readonly place: string;
  /**
   * An empty private folder on this machine, named `name`, in which a package is built. Where the location is a file system it
   * lies on that file system, so that adopt() is a rename and never a second copy.
   */
  stage(name: string): Promise<string>;
  /** The staging folder `name` with all that was left in it, or an empty one: for work that goes on after a stop. */
  stageAgain(name: string): Promise<string>;
  /** Names of folders that stage() gave and nobody adopted or dropped: leftovers of a crash, while nothing is being staged. */
  staged(): Promise<string[]>;
  /** Removes a staging folder and everything in it; no error if it is gone. */
  dropStage(name: string): Promise<void>;
  /**
   * Takes the finished folder `folder` (inside a staging folder; its files fsynced) in as the objects under `prefix`: all of
   * them at once, durable, or none.
   * @throws Fault 'storage/exists' when something lies there already.
   */
  adopt(folder: string, prefix: string): Promise<void>;
  /** Undoes adopt(): the objects under `prefix` become the folder `folder` inside a staging folder again. */
  withdraw(prefix: string, folder: string): Promise<void>;
  /**
   * Moves files of `folder` (inside a staging folder; fsynced) to the objects of the same paths under `prefix`, in the order
   * given, in place of those that are there. Each object is the old or the new one at any moment, and durable before the next
   * is touched. A path that is not in `folder` any more was moved before a crash, and is passed over.
   * @throws Fault 'storage/missing' when a file is neither here nor there.
   */
  replace(folder: string, prefix: string, paths: readonly string[]): Promise<void>;
  /** @throws Fault 'storage/missing' when there is no such object; 'storage/unreadable' when it can't be opened now. */
  open(key: string): Promise<StoredObject>;
  stat(key: string): Promise<{ size: number } | undefined>;
  /** Everything under `prefix`, in no order; empty when nothing is there. */
  list(prefix: string): AsyncIterable<StoredEntry>;
  /** Names one level under `prefix`, in order. */
  names(prefix: string): Promise<string[]>;
  /** The object's path when it is a file on this machine: audits then read it in worker threads. */
  localPath(key: string): string | undefined;
  /** Bytes that can still be written; undefined where nobody can tell. */
  freeBytes(): Promise<number | undefined>;
}

/** A kind of place: one file in backends/, its `id` is the file's name and the URL's scheme. */
export interface StorageBackend {
  readonly id: string;
  readonly title: string;
  /** Opens, and creates what is missing. @throws Fault 'storage/not-writable' when the place refuses. */
  open(url: URL): Promise<Storage>;
}
