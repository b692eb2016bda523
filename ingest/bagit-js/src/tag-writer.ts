/** Writes the tag files of a 1.0 bag in UTF-8, each durable before the next; hashes what it writes as it writes it. */
import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { platform } from 'node:os';
import { join } from 'node:path';
import { type Algorithm, findAlgorithm, manifestName } from './algorithms.ts';
import { type BagInfo, formatBagInfo } from './bag-info.ts';
import { BagItError, reason, systemCode } from './bagit-error.ts';
import { encodePath, pathFault } from './paths.ts';

export interface WrittenFile {
  /** Relative to the base directory. */
  readonly path: string;
  readonly size: number;
  /** Lower-case hex, whatever the algorithms of the bag are. */
  readonly sha256: string;
}

/** A tag file that somebody else wrote, with its digest in every algorithm of the tag manifests (lower- or upper-case hex). */
export interface KnownTagFile {
  readonly path: string;
  readonly digests: Readonly<Record<string, string>>;
}

/**
 * Use in this order: `manifest` for each algorithm, `bagInfo`, `declaration`, `add` or `addKnown` for other tag files,
 * `finish`. No file is ever overwritten; every file is fsynced, and `finish` fsyncs the base directory.
 * Every method throws BagItError 'target-exists' for a file that is there already and 'bad-argument' for what BagIt
 * can't write; a manifest that fails half-way is removed.
 */
export class TagWriter {
  readonly #base: string;
  readonly #algorithms: readonly Algorithm[];
  /** By path: digests in the order of the algorithms. */
  readonly #listed = new Map<string, readonly string[]>();
  readonly #written: WrittenFile[] = [];
  #finished = false;

  /** `base` must be there. `algorithms` are those of the tag manifests: the same as of the payload manifests, by the standard. */
  constructor(base: string, algorithms: readonly string[]) {
    this.#base = base;
    this.#algorithms = algorithms.map(needAlgorithm);
    if (this.#algorithms.length === 0) throw new BagItError('bad-argument', 'a bag needs at least one algorithm');
  }

  /**
   * `manifest-<algorithm>.txt`, one line for each entry in the order they come. Paths start with `data/` and are not yet
   * encoded. That no path comes twice is the caller's promise: keeping a million names would cost too much here.
   */
  async manifest(algorithm: string, entries: AsyncIterable<{ path: string; digest: string }>): Promise<WrittenFile> {
    const { name, size } = needAlgorithm(algorithm);
    return this.#write(`manifest-${name}.txt`, manifestText(entries, size * 2));
  }

  async bagInfo(pairs: BagInfo | Iterable<readonly [label: string, value: string]>): Promise<WrittenFile> {
    return this.#write('bag-info.txt', [formatBagInfo(pairs)]);
  }

  /** `bagit.txt`. */
  async declaration(): Promise<WrittenFile> {
    return this.#write('bagit.txt', ['BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n']);
  }

  /** A tag file that lies in the bag already: read and hashed here, and fsynced. */
  async add(path: string): Promise<WrittenFile> {
    this.#checkTagPath(path);
    const file = await open(join(this.#base, path), 'r').catch((error: unknown) => {
      throw new BagItError('not-found', `the tag file ${path} can't be read: ${reason(error)}`, { cause: error });
    });
    try {
      const digesting = new Digesting(this.#algorithms);
      for await (const bytes of file.createReadStream({ autoClose: false }) as AsyncIterable<Buffer>) digesting.update(bytes);
      await file.sync();
      return this.#list(path, digesting);
    } finally {
      await file.close();
    }
  }

  /** A tag file that lies in the bag already and whose digests are known; nothing is read. */
  addKnown(file: KnownTagFile): void {
    this.#checkTagPath(file.path);
    const digests = this.#algorithms.map(({ name, size }) => {
      const digest = file.digests[name]?.toLowerCase();
      if (digest === undefined || !isDigest(digest, size * 2))
        throw new BagItError('bad-argument', `${file.path}: no ${name} digest is given`);
      return digest;
    });
    this.#listed.set(file.path, digests);
  }

  /** Writes the tag manifests, last of all. Returns every file that this writer wrote or read, in order. */
  async finish(): Promise<WrittenFile[]> {
    const paths = [...this.#listed.keys()].sort();
    const digests = paths.map((path) => this.#listed.get(path) ?? []);
    for (const [k, { name }] of this.#algorithms.entries()) {
      const lines = paths.map((path, i) => `${digests[i]?.[k]}  ${encodePath(path)}\n`);
      await this.#write(`tagmanifest-${name}.txt`, [lines.join('')], false);
    }
    this.#finished = true;
    await syncDirectory(this.#base);
    return this.#written;
  }

  async #write(path: string, text: Iterable<string> | AsyncIterable<string>, listed = true): Promise<WrittenFile> {
    if (this.#finished) throw new BagItError('bad-argument', `${path}: the bag is finished`);
    const target = join(this.#base, path);
    let file: FileHandle;
    try {
      file = await open(target, 'wx');
    } catch (error) {
      const code = systemCode(error) === 'EEXIST' ? 'target-exists' : 'not-found';
      throw new BagItError(code, `${path} can't be written: ${reason(error)}`, { cause: error });
    }
    try {
      const digesting = new Digesting(this.#algorithms);
      for await (const part of text) {
        const bytes = Buffer.from(part);
        digesting.update(bytes);
        await file.appendFile(bytes);
      }
      await file.sync();
      await file.close();
      return this.#list(path, digesting, listed);
    } catch (error) {
      await file.close().catch(() => undefined);
      await rm(target, { force: true });
      throw error;
    }
  }

  #list(path: string, digesting: Digesting, listed = true): WrittenFile {
    const { size, sha256, digests } = digesting.finish();
    if (listed) this.#listed.set(path, digests);
    const written = { path, size, sha256 };
    this.#written.push(written);
    return written;
  }

  #checkTagPath(path: string): void {
    if (this.#finished) throw new BagItError('bad-argument', `${path}: the bag is finished`);
    checkPath(path);
    if (/^data(?:\/|$)/.test(path)) throw new BagItError('bad-argument', `${path} is payload, not a tag file`);
    if (manifestName(path)?.tag === true)
      throw new BagItError('bad-argument', `${path}: tag manifests are not listed in tag manifests`);
    if (this.#listed.has(path)) throw new BagItError('bad-argument', `${path} is listed already`);
  }
}

/** One read of the bytes feeds all digests; SHA-256 is always among them. */
class Digesting {
  readonly #hashes: readonly Hash[];
  readonly #sha256: Hash;
  #size = 0;

  constructor(algorithms: readonly Algorithm[]) {
    this.#hashes = algorithms.map(({ crypto }) => createHash(crypto));
    const at = algorithms.findIndex(({ name }) => name === 'sha256');
    this.#sha256 = this.#hashes[at] ?? createHash('sha256');
  }

  update(bytes: Buffer): void {
    this.#size += bytes.length;
    for (const hash of new Set([...this.#hashes, this.#sha256])) hash.update(bytes);
  }

  finish(): { size: number; sha256: string; digests: string[] } {
    const sha256 = this.#sha256.digest('hex');
    return {
      size: this.#size,
      sha256,
      digests: this.#hashes.map((hash) => (hash === this.#sha256 ? sha256 : hash.digest('hex'))),
    };
  }
}

const LINES_AT_ONCE = 64 * 1024;

async function* manifestText(
  entries: AsyncIterable<{ path: string; digest: string }>,
  digestLength: number,
): AsyncGenerator<string> {
  let text = '';
  for await (const { path, digest } of entries) {
    checkPath(path);
    if (!path.startsWith('data/')) throw new BagItError('bad-argument', `${JSON.stringify(path)} is not under data/`);
    if (!isDigest(digest, digestLength))
      throw new BagItError('bad-argument', `${path}: ${JSON.stringify(digest)} is no digest of ${digestLength} characters`);
    text += `${digest.toLowerCase()}  ${encodePath(path)}\n`;
    if (text.length < LINES_AT_ONCE) continue;
    yield text;
    text = '';
  }
  yield text;
}

function isDigest(text: string, length: number): boolean {
  return text.length === length && /^[0-9A-Fa-f]+$/.test(text);
}

/** Manifests are UTF-8 and separated by spaces: a lone surrogate or a leading space could not be read back. */
function checkPath(path: string): void {
  const fault = pathFault(path) ?? (/^[ \t*]/.test(path) ? 'it starts with white space or *' : undefined);
  const broken = fault ?? (Buffer.from(path).toString() === path ? undefined : 'it is not valid Unicode');
  if (broken !== undefined)
    throw new BagItError('bad-argument', `${JSON.stringify(path)} can't be listed in a manifest: ${broken}`);
}

function needAlgorithm(name: string): Algorithm {
  const algorithm = findAlgorithm(name);
  if (algorithm === undefined) throw new BagItError('bad-argument', `the algorithm ${JSON.stringify(name)} is not known here`);
  return algorithm;
}

/** Makes the entries of a directory durable. Windows can't open directories; its file system journals them. */
export async function syncDirectory(path: string): Promise<void> {
  if (platform() === 'win32') return;
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
