/** Checks a batch of files against their sizes and digests. Runs in a worker thread. */
import { hash, type Hash } from 'node:crypto';
import { closeSync, lstatSync, openSync, readSync } from 'node:fs';
import { isSystemError, wordsOfSystemError } from '../kernel/index.ts';
import { type Algorithm, newHash, opensslName } from './algorithms.ts';
import { takeBytes } from './budget.ts';
import type { Digests } from './pass.ts';
import { LOOK_MAX, READ_FLAGS, SecondLook } from './second-look.ts';

/** Plain data for one thread; columns instead of objects, because they cross to the thread three times as fast (measured). */
export interface FilesTask {
  readonly kind: 'files';
  readonly paths: readonly string[];
  readonly sizes: readonly number[];
  readonly algorithms: readonly Algorithm[];
  /** Per file one lower-case hex digest per algorithm; empty where none is recorded. */
  readonly digests: readonly string[];
  readonly stop: SharedArrayBuffer;
  readonly budget?: SharedArrayBuffer;
}

export type FileOutcome = 'ok' | 'altered' | 'missing' | 'unreadable';

export interface FileVerdict {
  readonly outcome: FileOutcome;
  readonly actualSize?: number;
  /** What was computed. */
  readonly digests?: Digests;
  readonly reason?: string;
  /** Right only at the second look. */
  readonly transient?: true;
}

export interface FilesAnswer {
  /** Files that were checked, from the first on; fewer than given only when stopped. */
  readonly checked: number;
  /** Of those, all but the ones that were right at once. */
  readonly verdicts: readonly (FileVerdict & { readonly index: number })[];
}

/** Reads up to here are one system call and one call of OpenSSL. Bytes. */
const BUFFER = 1 << 20;
let buffer: Buffer | undefined;

class Stopped extends Error {}

export function checkFiles(task: FilesTask): FilesAnswer {
  const check = new FilesCheck(task);
  const verdicts: (FileVerdict & { index: number })[] = [];
  let index = 0;
  try {
    for (; index < task.paths.length; index += 1) {
      const verdict = check.file(index);
      if (verdict !== undefined) verdicts.push({ index, ...verdict });
    }
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
  }
  return { checked: index, verdicts };
}

class FilesCheck {
  readonly #task: FilesTask;
  readonly #names: readonly string[];
  readonly #stop: Int32Array;
  readonly #buffer: Buffer;

  constructor(task: FilesTask) {
    this.#task = task;
    this.#names = task.algorithms.map(opensslName);
    this.#stop = new Int32Array(task.stop);
    this.#buffer = buffer ??= Buffer.allocUnsafeSlow(BUFFER);
  }

  /** Undefined for a file that was right at once. @throws Stopped */
  file(index: number): FileVerdict | undefined {
    const path = this.#task.paths[index] ?? '';
    const size = this.#task.sizes[index] ?? 0;
    const width = this.#names.length;
    const expected = this.#task.digests.slice(index * width, (index + 1) * width);
    return this.#rightAtOnce(path, size, expected) ? undefined : this.#lookAgain(path, size, expected);
  }

  /** True only for a file that is there, has this size and these digests. Everything else is for the second look to name. */
  #rightAtOnce(path: string, size: number, expected: readonly string[]): boolean {
    if (size === 0) return false; // a pipe reads as empty too: the second look asks what it is
    let fd: number | undefined;
    try {
      this.#before(Math.min(size, BUFFER));
      fd = openSync(path, READ_FLAGS);
      const right = size <= BUFFER ? this.#rightWhole(fd, size, expected) : this.#rightInParts(fd, size, expected);
      return right && readSync(fd, this.#buffer, 0, 1, size) === 0;
    } catch (error) {
      if (error instanceof Stopped) throw error;
      return false;
    } finally {
      if (fd !== undefined) closeSync(fd);
    }
  }

  #rightWhole(fd: number, size: number, expected: readonly string[]): boolean {
    if (readSync(fd, this.#buffer, 0, size, 0) !== size) return false;
    const bytes = this.#buffer.subarray(0, size);
    return this.#names.every((name, i) => expected[i] === '' || hash(name, bytes, 'hex') === expected[i]);
  }

  #rightInParts(fd: number, size: number, expected: readonly string[]): boolean {
    const hashes = this.#hashes(expected);
    for (let at = 0; at < size; ) {
      if (at > 0) this.#before(Math.min(BUFFER, size - at));
      const got = readSync(fd, this.#buffer, 0, Math.min(BUFFER, size - at), at);
      if (got === 0) return false;
      for (const { hash } of hashes) hash.update(this.#buffer.subarray(0, got));
      at += got;
    }
    return hashes.every(({ hash, hex }) => hash.digest('hex') === hex);
  }

  /** The second, independent look: names what is wrong, or finds that nothing is. */
  #lookAgain(path: string, size: number, expected: readonly string[]): FileVerdict {
    try {
      const stats = lstatSync(path);
      if (!stats.isFile()) return { outcome: 'missing', reason: 'no regular file lies in its place' };
      if (stats.size !== size)
        return { outcome: 'altered', actualSize: stats.size, reason: `${stats.size} bytes instead of ${size}` };
      const hashes = this.#hashes(expected);
      const actualSize = this.#readAgain(path, size, hashes);
      if (actualSize !== size) return { outcome: 'altered', actualSize, reason: `${actualSize} bytes instead of ${size}` };
      const found = hashes.map(({ algorithm, hash, hex }) => ({ algorithm, hex, actual: hash.digest('hex') }));
      const digests: Digests = Object.fromEntries(found.map(({ algorithm, actual }) => [algorithm, actual]));
      const wrong = found.filter(({ hex, actual }) => hex !== actual).map(({ algorithm }) => algorithm);
      if (wrong.length > 0) return { outcome: 'altered', actualSize, digests, reason: `${wrong.join(', ')} differs` };
      return { outcome: 'ok', actualSize, digests, ...(size > 0 && { transient: true as const }) };
    } catch (error) {
      if (error instanceof Stopped) throw error;
      const gone = isSystemError(error) && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
      return { outcome: gone ? 'missing' : 'unreadable', reason: wordsOfSystemError(error) };
    }
  }

  /** Reads to the end, or just past `size`. @returns the bytes found. */
  #readAgain(path: string, size: number, hashes: readonly Expected[]): number {
    using look = new SecondLook(path);
    let at = 0;
    while (at <= size) {
      this.#before(Math.min(LOOK_MAX, size - at));
      const bytes = look.read(at, LOOK_MAX);
      for (const { hash } of hashes) hash.update(bytes);
      at += bytes.length;
      if (bytes.length < LOOK_MAX) break;
    }
    return at;
  }

  #hashes(expected: readonly string[]): Expected[] {
    return this.#task.algorithms.flatMap((algorithm, i) => {
      const hex = expected[i] ?? '';
      return hex === '' ? [] : [{ algorithm, hex, hash: newHash(algorithm) }];
    });
  }

  /** Before every read: is the job still wanted, and is there budget? @throws Stopped */
  #before(bytes: number): void {
    const stopped = (): boolean => Atomics.load(this.#stop, 0) !== 0;
    if (stopped() || (this.#task.budget !== undefined && !takeBytes(this.#task.budget, bytes, stopped))) throw new Stopped();
  }
}

interface Expected {
  readonly algorithm: Algorithm;
  readonly hex: string;
  readonly hash: Hash;
}
