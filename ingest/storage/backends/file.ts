/** A directory of this machine as a location: packages as folders under packages/, work in progress under staging/. */
import { constants, type Stats } from 'node:fs';
import { lstat, mkdir, open, opendir, readdir, rm, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import {
  durableFolder,
  durableRename,
  Fault,
  FaultKind,
  isSystemError,
  syncFolder,
  syncTree,
  wordsOfSystemError,
} from '../../kernel/index.ts';
import type { Storage, StorageBackend, StoredEntry, StoredObject } from '../storage.ts';

const STAGING = 'staging';

export const backend: StorageBackend = {
  id: 'file',
  title: 'a directory of this machine',
  async open(url) {
    const root = fileURLToPath(url);
    try {
      await durableFolder(join(root, STAGING));
    } catch (error) {
      throw new Fault(
        FaultKind.Refused,
        'storage/not-writable',
        `the storage location ${root} can't be used: ${wordsOfSystemError(error)}`,
        { root },
        { cause: error },
      );
    }
    return new FileStorage(root);
  },
};

class FileStorage implements Storage {
  readonly place: string;

  constructor(root: string) {
    this.place = root;
  }

  async stage(name: string): Promise<string> {
    const folder = this.path(`${STAGING}/${name}`);
    await mkdir(folder);
    await syncFolder(dirname(folder));
    return folder;
  }

  async stageAgain(name: string): Promise<string> {
    const folder = this.path(`${STAGING}/${name}`);
    await durableFolder(folder);
    return folder;
  }

  async staged(): Promise<string[]> {
    return readdir(join(this.place, STAGING));
  }

  async dropStage(name: string): Promise<void> {
    await rm(this.path(`${STAGING}/${name}`), { recursive: true, force: true });
  }

  async adopt(folder: string, prefix: string): Promise<void> {
    const target = this.path(prefix);
    await durableFolder(dirname(target));
    await syncTree(folder);
    // rename(2) replaces an empty folder silently; the home's lock keeps other writers away between the look and the act.
    if ((await this.lookAt(target)) !== undefined) {
      throw new Fault(FaultKind.Refused, 'storage/exists', `${prefix} is stored at ${this.place} already`, { prefix });
    }
    await durableRename(folder, target);
  }

  async withdraw(prefix: string, folder: string): Promise<void> {
    await durableRename(this.path(prefix), folder);
  }

  async replace(folder: string, prefix: string, paths: readonly string[]): Promise<void> {
    for (const path of paths) {
      const [file, target] = [join(folder, path), this.path(`${prefix}/${path}`)];
      if ((await this.lookAt(file)) === undefined) {
        if ((await this.lookAt(target)) !== undefined) continue;
        throw new Fault(FaultKind.Missing, 'storage/missing', `${prefix}/${path} is neither in staging nor in storage`, { path });
      }
      await durableFolder(dirname(target));
      await durableRename(file, target);
    }
  }

  async open(key: string): Promise<StoredObject> {
    const path = this.path(key);
    try {
      const found = await lstat(path);
      if (!found.isFile()) throw notAFile(key);
      const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
      return new StoredFile(key, handle, found.size);
    } catch (error) {
      throw isSystemError(error) ? faultOf(error, key) : error;
    }
  }

  async stat(key: string): Promise<{ size: number } | undefined> {
    const found = await this.lookAt(this.path(key));
    return found?.isFile() === true ? { size: found.size } : undefined;
  }

  async *list(prefix: string): AsyncIterable<StoredEntry> {
    const folder = this.path(prefix);
    if ((await this.lookAt(folder)) === undefined) return;
    for await (const entry of await opendir(folder)) {
      const key = `${prefix}/${entry.name}`;
      if (entry.isDirectory()) yield* this.list(key);
      else if (entry.isFile()) yield { key, kind: 'file', size: (await lstat(join(folder, entry.name))).size };
      else yield { key, kind: 'other', size: 0 };
    }
  }

  async names(prefix: string): Promise<string[]> {
    const folder = this.path(prefix);
    return (await this.lookAt(folder)) === undefined ? [] : (await readdir(folder)).toSorted();
  }

  localPath(key: string): string {
    return this.path(key);
  }

  async freeBytes(): Promise<number> {
    const { bavail, bsize } = await statfs(this.place);
    return bavail * bsize;
  }

  private path(key: string): string {
    const parts = key.split('/');
    if (parts.some((part) => part === '' || part === '.' || part === '..' || part.includes('\0'))) {
      throw new TypeError(`"${key}" is not a storage key`);
    }
    return join(this.place, ...parts);
  }

  private async lookAt(path: string): Promise<Stats | undefined> {
    try {
      return await lstat(path);
    } catch (error) {
      if (isSystemError(error) && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return undefined;
      throw isSystemError(error) ? faultOf(error, path) : error;
    }
  }
}

class StoredFile implements StoredObject {
  readonly size: number;
  private readonly key: string;
  private readonly handle: Awaited<ReturnType<typeof open>>;

  constructor(key: string, handle: Awaited<ReturnType<typeof open>>, size: number) {
    this.key = key;
    this.handle = handle;
    this.size = size;
  }

  async read(offset: number, length: number): Promise<Buffer> {
    if (offset + length > this.size) {
      throw new Fault(
        FaultKind.Truncated,
        'storage/truncated',
        `${this.key} has ${this.size} bytes; ${length} bytes at ${offset} were asked for`,
        { key: this.key, offset, length, size: this.size },
      );
    }
    const buffer = Buffer.allocUnsafe(length);
    try {
      let done = 0;
      while (done < length) {
        const { bytesRead } = await this.handle.read(buffer, done, length - done, offset + done);
        if (bytesRead === 0) break;
        done += bytesRead;
      }
      if (done === length) return buffer;
    } catch (error) {
      throw faultOf(error, this.key);
    }
    throw new Fault(FaultKind.Truncated, 'storage/truncated', `${this.key} became shorter while it was read`, { key: this.key });
  }

  stream(range?: { offset: number; length?: number }): Readable {
    const start = range?.offset ?? 0;
    const length = range?.length ?? this.size - start;
    if (length <= 0) return Readable.from([]);
    return this.handle.createReadStream({ start, end: start + length - 1, highWaterMark: 1 << 20, autoClose: false });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.handle.close();
  }
}

function notAFile(key: string): Fault {
  return new Fault(FaultKind.Corrupt, 'storage/not-a-file', `${key} is not a plain file; Strongroom stores nothing else`, {
    key,
  });
}

function faultOf(error: unknown, key: string): Fault {
  const missing = isSystemError(error) && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
  return missing
    ? new Fault(FaultKind.Missing, 'storage/missing', `${key} is not in storage`, { key }, { cause: error })
    : new Fault(
        FaultKind.Unreadable,
        'storage/unreadable',
        `${key} can't be read now: ${wordsOfSystemError(error)}; check the device and try again`,
        { key },
        { cause: error },
      );
}
