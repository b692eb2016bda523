/** Reading a bag: its declaration, metadata and lists, as they stand. Judges nothing; see validate.ts for that. */
import { findAlgorithm, manifestName } from './algorithms.ts';
import { type BagInfo, parseBagInfo } from './bag-info.ts';
import { BagItError } from './bagit-error.ts';
import { bagInfoFiles } from './check-bag-info.ts';
import { atLeast, parseDeclaration } from './declaration.ts';
import { type Encoding, findEncoding } from './encoding.ts';
import { Inventory } from './inventory.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { lineBatches } from './lines.ts';
import { parseFetchLine, parseManifestLine } from './manifest-line.ts';
import { openSource } from './open-source.ts';
import { decodePath } from './paths.ts';
import { Findings } from './report.ts';
import type { BagSource } from './source.ts';

export interface ManifestEntry {
  /** Decoded by the rules of the bag's version, without a leading `./`. Not checked: never open it blindly. */
  readonly path: string;
  /** Lower-case hex. */
  readonly digest: string;
}

export interface FetchEntry {
  readonly url: string;
  /** Bytes; undefined for `-`. */
  readonly length: number | undefined;
  /** As in ManifestEntry. */
  readonly path: string;
}

export interface Bag {
  readonly version: string;
  /** As bagit.txt spells it. */
  readonly encoding: string;
  /** In order, repeated labels included; LF where a line was folded. */
  readonly bagInfo: BagInfo;
  /** Algorithms of the payload and the tag manifests, as BagIt spells them. */
  readonly manifests: readonly string[];
  readonly tagManifests: readonly string[];
  /** Files there are, payload and tag files, in no order. */
  files(): Iterable<string>;
  /** Lines that are no entries are left out. @throws BagItError 'no-such-file' when there is no such manifest. */
  manifestEntries(algorithm: string): AsyncIterable<ManifestEntry>;
  tagManifestEntries(algorithm: string): AsyncIterable<ManifestEntry>;
  /** Nothing when there is no fetch.txt. */
  fetchEntries(): AsyncIterable<FetchEntry>;
  /** The bytes of a tag or payload file that `files` names; each part is good until the next is asked for. */
  read(path: string): AsyncIterable<Uint8Array>;
  /** Bags hold an open file: close them. */
  close(): Promise<void>;
}

/**
 * @throws BagItError 'not-found', 'not-a-bag', 'missing-bagit-txt', 'bad-bagit-txt', 'unsupported-version',
 * 'unknown-encoding', or the code of what is wrong with the archive.
 */
export async function openBag(path: string, options: { limits?: Partial<Limits>; signal?: AbortSignal } = {}): Promise<Bag> {
  const source = await openSource(path);
  try {
    return await OpenedBag.open(source, { ...DEFAULT_LIMITS, ...options.limits }, options.signal);
  } catch (error) {
    await source.close();
    throw error;
  }
}

class OpenedBag implements Bag {
  readonly version: string;
  readonly encoding: string;
  readonly bagInfo: BagInfo = [];
  readonly #strict: boolean;
  readonly #charset: Encoding;
  readonly #source: BagSource;
  readonly #inventory: Inventory;
  readonly #limits: Limits;
  readonly #manifests = new Map<string, string>();
  readonly #infoFiles: string[] = [];

  private constructor(source: BagSource, inventory: Inventory, limits: Limits, bagit: Uint8Array) {
    const { version, encoding, errors } = parseDeclaration(bagit);
    if (version === undefined || encoding === undefined)
      throw new BagItError('bad-bagit-txt', errors[0]?.message ?? 'bagit.txt can not be read');
    if (version.major > 1) throw new BagItError('unsupported-version', `BagIt ${version.text} is not known here`);
    const charset = findEncoding(encoding);
    if (charset === undefined)
      throw new BagItError('unknown-encoding', `the encoding ${JSON.stringify(encoding)} is not known here`);
    this.version = version.text;
    this.encoding = encoding;
    this.#strict = atLeast(version, 1, 0);
    this.#charset = charset;
    this.#source = source;
    this.#inventory = inventory;
    this.#limits = limits;
    for (const file of inventory.rootFiles().sort()) {
      const name = manifestName(file);
      if (name === undefined) continue;
      const key = `${name.tag ? 'tag' : ''}${name.algorithm}`;
      if (!this.#manifests.has(key)) this.#manifests.set(key, file);
    }
    for (const file of bagInfoFiles(version)) if (inventory.find(file) !== undefined) this.#infoFiles.push(file);
  }
  static async open(source: BagSource, limits: Limits, signal: AbortSignal | undefined): Promise<OpenedBag> {
    const inventory = new Inventory();
    const findings = new Findings(limits.problems);
    const usable = await source.scan(inventory, findings, limits, signal);
    const [first] = findings.errors;
    if (!usable && first !== undefined) throw new BagItError(first.code, first.message, { problems: findings.errors });
    if (inventory.find('bagit.txt') === undefined) throw new BagItError('missing-bagit-txt', 'there is no bagit.txt');
    const bag = new OpenedBag(source, inventory, limits, await small(source, 'bagit.txt', limits));
    for (const file of bag.#infoFiles) {
      const decoder = bag.#charset.decoder(false);
      const text = decoder.write(await small(source, file, limits)) + decoder.end();
      bag.bagInfo.push(...parseBagInfo(text, bag.#strict).pairs);
    }
    return bag;
  }

  get manifests(): string[] {
    return this.#algorithms(false);
  }

  get tagManifests(): string[] {
    return this.#algorithms(true);
  }

  #algorithms(tag: boolean): string[] {
    return [...this.#manifests.values()]
      .map((file) => manifestName(file))
      .filter((name) => name?.tag === tag)
      .map((name) => name?.algorithm ?? '');
  }

  *files(): Iterable<string> {
    for (const [id, name] of this.#inventory.names.entries()) if (this.#inventory.isPresent(id)) yield name;
  }

  manifestEntries(algorithm: string): AsyncIterable<ManifestEntry> {
    return this.#entries('', algorithm);
  }

  tagManifestEntries(algorithm: string): AsyncIterable<ManifestEntry> {
    return this.#entries('tag', algorithm);
  }

  async *#entries(kind: '' | 'tag', algorithm: string): AsyncGenerator<ManifestEntry> {
    const name = findAlgorithm(algorithm)?.name ?? algorithm;
    const file = this.#manifests.get(kind + name);
    if (file === undefined) throw new BagItError('no-such-file', `the bag has no ${kind}manifest-${name}.txt`);
    for await (const text of this.#lines(file)) {
      const line = parseManifestLine(text);
      if (line !== undefined) yield { path: this.#path(line.path), digest: line.digest };
    }
  }

  async *fetchEntries(): AsyncGenerator<FetchEntry> {
    if (this.#inventory.find('fetch.txt') === undefined) return;
    for await (const text of this.#lines('fetch.txt')) {
      const line = parseFetchLine(text);
      if (line !== undefined) yield { ...line, path: this.#path(line.path) };
    }
  }

  async *#lines(file: string): AsyncGenerator<string> {
    const none = (): void => undefined;
    const faults = { tooLong: none, replaced: none, byteOrderMark: none };
    for await (const { lines } of lineBatches(this.#source.read(file), this.#charset, this.#limits.lineLength, faults)) {
      for (const line of lines) if (line !== '' && line[0] !== '#') yield line;
    }
  }

  /** The same choice of dialect as in validation. */
  #path(listed: string): string {
    const raw = listed.startsWith('./') ? listed.slice(2) : listed;
    const decoded = decodePath(raw);
    if (raw === decoded) return raw;
    const [first, second] = this.#strict ? [decoded, raw] : [raw, decoded];
    return this.#inventory.find(first) === undefined && this.#inventory.find(second) !== undefined ? second : first;
  }

  read(path: string): AsyncIterable<Uint8Array> {
    if (this.#inventory.find(path) === undefined)
      throw new BagItError('no-such-file', `the bag has no file ${JSON.stringify(path)}`);
    return this.#source.read(path);
  }

  close(): Promise<void> {
    return this.#source.close();
  }
}

async function small(source: BagSource, file: string, limits: Limits): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const bytes of source.read(file)) {
    size += bytes.length;
    if (size > limits.tagFileSize)
      throw new BagItError('tag-file-too-large', `${file} has more than ${limits.tagFileSize} bytes`);
    parts.push(Uint8Array.from(bytes));
  }
  return Buffer.concat(parts);
}
