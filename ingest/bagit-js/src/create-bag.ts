/** Makes a bag of a folder by copying it. The source is only read; the bag appears whole under its name, or not at all. */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, rename, rm, stat, utimes } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { findAlgorithm } from './algorithms.ts';
import { type BagInfo, valuesOf } from './bag-info.ts';
import { BagItError, reason } from './bagit-error.ts';
import { DirectorySource } from './directory.ts';
import { aborted } from './hash-pool.ts';
import { Inventory } from './inventory.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { isSystemFile, notPortable, pathFault } from './paths.ts';
import { Findings, type Problem } from './report.ts';
import { syncDirectory, TagWriter, type WrittenFile } from './tag-writer.ts';
import { validateBag } from './validate.ts';

export interface CreateOptions {
  /** As BagIt spells them; default: sha512, as the standard advises. */
  readonly algorithms?: readonly string[];
  /** Written before the labels that are made here: Bagging-Date, Payload-Oxum. Those given are not made again. */
  readonly bagInfo?: BagInfo;
  /** For Bagging-Date; default: the clock. */
  readonly now?: () => Date;
  /** Reads the copy again and compares; default: yes. */
  readonly verify?: boolean;
  readonly workers?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (at: { doneFiles: number; totalFiles: number; doneBytes: number }) => void;
}

export interface CreatedBag {
  readonly files: number;
  /** Bytes of the payload. */
  readonly size: number;
  readonly tagFiles: readonly WrittenFile[];
  /** Names worth a look (system files, not portable), and empty directories: copied, but in no manifest. */
  readonly warnings: readonly Problem[];
}

/**
 * @throws BagItError 'cannot-carry' with every link, special file, name that is not UTF-8 or equal after NFC;
 * 'target-exists', 'source-changed', 'copy-differs', 'bad-argument', 'not-found', 'aborted'.
 */
export async function createBag(sourceDir: string, targetDir: string, options: CreateOptions = {}): Promise<CreatedBag> {
  const source = resolve(sourceDir);
  const target = resolve(targetDir);
  const inside = relative(source, target);
  if (inside === '' || (inside !== '..' && !inside.startsWith(`..${sep}`))) {
    throw new BagItError('bad-argument', `the bag ${target} would lie inside its own source ${source}`);
  }
  if ((await lstat(target).catch(() => undefined)) !== undefined)
    throw new BagItError('target-exists', `${target} is there already`);
  const { inventory, warnings } = await survey(source, options.signal);
  const building = join(dirname(target), `.${basename(target)}.partial`);
  await mkdir(building).catch((error: unknown) => {
    throw new BagItError(
      'target-exists',
      `${building} can't be made: ${reason(error)}; another run may be at work, or remove it`,
      { cause: error },
    );
  });
  try {
    const created = await new Copy(source, building, inventory, options).run();
    await rename(building, target);
    await syncDirectory(dirname(target));
    return { ...created, warnings };
  } catch (error) {
    await rm(building, { recursive: true, force: true });
    throw error;
  }
}

/** What is in the source, after everything that BagIt can't carry has been refused in one go. */
async function survey(path: string, signal: AbortSignal | undefined): Promise<{ inventory: Inventory; warnings: Problem[] }> {
  const inventory = new Inventory();
  const findings = new Findings(DEFAULT_LIMITS.problems);
  const source = await DirectorySource.open(path).catch((error: unknown) => {
    throw new BagItError('not-found', `${path} can't be opened: ${reason(error)}`, { cause: error });
  });
  await source.scan(inventory, findings, DEFAULT_LIMITS, signal);
  for (const name of inventory.names) {
    const fault = pathFault(`data/${name}`);
    if (fault !== undefined) findings.error('unsafe-path', name, `this name is refused: ${fault}`);
    const why = notPortable(`data/${name}`);
    if (why !== undefined) findings.warn('not-portable', name, `Windows can't hold this name: ${why}`);
    if (name.includes('\\')) findings.warn('backslash-in-name', name, 'a backslash is a separator on Windows');
    if (isSystemFile(name))
      findings.warn('system-file', name, 'left behind by an operating system, probably not meant to be kept');
  }
  for (const [first = 0, ...others] of inventory.collisions()) {
    const name = inventory.name(first);
    for (const other of others.map((id) => inventory.name(id))) {
      if (other.normalize('NFC') === name.normalize('NFC'))
        findings.error('nfc-collision', other, `equal to ${JSON.stringify(name)} after normalisation`);
      else findings.warn('case-collision', other, `differs only by case from ${JSON.stringify(name)}`);
    }
  }
  if (inventory.find('bagit.txt') !== undefined) findings.warn('nested-bag', 'bagit.txt', 'the source is a bag already');
  findings.sort();
  if (findings.errors.length > 0) {
    const list = findings.errors.slice(0, 5).map(({ path: at, message }) => `${at}: ${message}`);
    const message = `${path} holds ${findings.errors.length} things that BagIt can't carry: ${list.join('; ')}`;
    throw new BagItError('cannot-carry', message, { problems: findings.errors });
  }
  return { inventory, warnings: findings.warnings };
}

class Copy {
  readonly #source: string;
  readonly #base: string;
  readonly #inventory: Inventory;
  readonly #options: CreateOptions;
  readonly #algorithms: readonly string[];
  readonly #buffer = Buffer.allocUnsafeSlow(1024 * 1024);
  #size = 0;

  constructor(source: string, base: string, inventory: Inventory, options: CreateOptions) {
    this.#source = source;
    this.#base = base;
    this.#inventory = inventory;
    this.#options = options;
    this.#algorithms = (options.algorithms ?? ['sha512']).map((name) => findAlgorithm(name)?.name ?? name);
  }

  async run(): Promise<Omit<CreatedBag, 'warnings'>> {
    const writer = new TagWriter(this.#base, this.#algorithms);
    await mkdir(join(this.#base, 'data'));
    const directories = [...this.#inventory.directories].sort();
    for (const directory of directories) await mkdir(join(this.#base, 'data', directory));
    const ids = Array.from(this.#inventory.names.keys()).sort((a, b) =>
      this.#inventory.name(a) < this.#inventory.name(b) ? -1 : 1,
    );
    for (const [done, id] of ids.entries()) {
      if (this.#options.signal?.aborted === true) throw aborted(this.#options.signal);
      await this.#copy(id);
      this.#options.onProgress?.({ doneFiles: done + 1, totalFiles: ids.length, doneBytes: this.#size });
    }
    for (const directory of directories.toReversed()) await this.#finishDirectory(directory);
    await this.#finishDirectory('');
    for (const algorithm of this.#algorithms) await writer.manifest(algorithm, this.#entries(algorithm, ids));
    await writer.bagInfo(this.#bagInfo(ids.length));
    await writer.declaration();
    const tagFiles = await writer.finish();
    if (this.#options.verify !== false) await this.#verify();
    return { files: ids.length, size: this.#size, tagFiles };
  }

  /** The digests come from the bytes of the source, not from the copy. */
  async #copy(id: number): Promise<void> {
    const name = this.#inventory.name(id);
    const hashes = this.#algorithms.map((algorithm) => createHash(findAlgorithm(algorithm)?.crypto ?? algorithm));
    const from = await open(
      join(this.#source, name),
      constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0),
    ).catch((error: unknown) => {
      throw new BagItError('source-changed', `${name} can't be read: ${reason(error)}`, { cause: error });
    });
    let to: FileHandle | undefined;
    try {
      const before = await from.stat();
      if (!before.isFile()) throw new BagItError('source-changed', `${name} is not a file any more`);
      to = await open(join(this.#base, 'data', name), 'wx', 0o644);
      let size = 0;
      for (;;) {
        const { bytesRead } = await from.read(this.#buffer, 0, this.#buffer.length, null);
        if (bytesRead === 0) break;
        const bytes = this.#buffer.subarray(0, bytesRead);
        for (const hash of hashes) hash.update(bytes);
        await to.appendFile(bytes);
        size += bytesRead;
      }
      const after = await from.stat();
      if (after.size !== size || after.mtimeMs !== before.mtimeMs || after.ino !== before.ino) {
        throw new BagItError(
          'source-changed',
          `${name} changed while it was copied (${before.size} bytes before, ${size} copied)`,
        );
      }
      await to.utimes(before.atime, before.mtime);
      await to.sync();
      this.#size += size;
    } finally {
      await from.close();
      await to?.close();
    }
    for (const [k, algorithm] of this.#algorithms.entries()) {
      this.#inventory.column(algorithm, findAlgorithm(algorithm)).set(id, hashes[k]?.digest('hex') ?? '');
    }
  }

  /** Dates and durability of a directory, after everything in it is written. */
  async #finishDirectory(name: string): Promise<void> {
    const target = join(this.#base, 'data', name);
    const { atime, mtime } = await stat(join(this.#source, name));
    await utimes(target, atime, mtime);
    await syncDirectory(target);
  }

  async *#entries(algorithm: string, ids: readonly number[]): AsyncGenerator<{ path: string; digest: string }> {
    const column = this.#inventory.column(algorithm, findAlgorithm(algorithm));
    for (const id of ids) yield { path: `data/${this.#inventory.name(id)}`, digest: column.digest(id) };
  }

  #bagInfo(files: number): BagInfo {
    const pairs: BagInfo = [...(this.#options.bagInfo ?? [])];
    const now = (this.#options.now ?? (() => new Date()))();
    if (valuesOf(pairs, 'Bagging-Date').length === 0) pairs.push(['Bagging-Date', now.toISOString().slice(0, 10)]);
    if (valuesOf(pairs, 'Payload-Oxum').length > 0)
      throw new BagItError('bad-argument', 'Payload-Oxum is made here; it can not be given');
    pairs.push(['Payload-Oxum', `${this.#size}.${files}`]);
    return pairs;
  }

  async #verify(): Promise<void> {
    const { workers, signal } = this.#options;
    const report = await validateBag(this.#base, {
      ...(workers === undefined ? {} : { workers }),
      ...(signal === undefined ? {} : { signal }),
    });
    if (report.valid === true) return;
    const message = `the copy does not read back as it was written: ${report.errors[0]?.path} ${report.errors[0]?.message}`;
    throw new BagItError('copy-differs', message, { problems: report.errors });
  }
}
