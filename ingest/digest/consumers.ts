/** What is done with the bytes of a pass: digests of files, digest of the medium, block digests, the copy. The same with and without threads. */
import { fstatSync, ftruncateSync, futimesSync } from 'node:fs';
import type { Hash } from 'node:crypto';
import { type Algorithm, newHash } from './algorithms.ts';
import { type BlockListSummary, BlockListWriter } from './block-list-format.ts';
import { TargetFile } from './target.ts';
import { BLOCK, eachStoredRun, isZero, ZERO_BLOCK_DIGEST } from './zeros.ts';

/** One file of a pass, as its consumers know it. Plain data. */
export interface PassItem {
  readonly size: number;
  readonly modifiedMs: number;
  readonly target?: string;
  /** Where its block list goes, and its path in the package. */
  readonly blocks?: { readonly target: string; readonly path: string };
}

/** One consumer; a thread each where there are threads. Plain data. */
export type Role =
  | { readonly kind: 'digest'; readonly algorithm: Algorithm; readonly scope: 'file' | 'medium' }
  | { readonly kind: 'blocks' }
  | { readonly kind: 'copy' };

export interface CopySummary {
  /** Bytes in 4 KiB pages that are all zero, not written. */
  readonly zeroBytes: number;
  /** What the copy takes on its file system. */
  readonly allocatedBytes: number;
}

export type Answer = string | BlockListSummary | CopySummary | undefined;

export interface Consumer {
  /** The next bytes of file `file`, which come in order; each file ends with `last`, an empty one at once. */
  take(file: number, bytes: Buffer, last: boolean): void;
  /** One answer per file (one in all for a medium), after everything is durable. */
  finish(): Answer[];
  /** Closes what is open, after a failure. */
  abandon(): void;
}

/** Told of each file that was created, so that a failed pass removes these and no others. */
export type Created = (file: number, kind: 'target' | 'blocks') => void;

export function consumerFor(role: Role, items: readonly PassItem[], created: Created): Consumer {
  if (role.kind === 'digest') return new Digests(role.algorithm, role.scope, items);
  return role.kind === 'blocks' ? new BlockDigests(items, created) : new Copy(items, created);
}

function itemOf(items: readonly PassItem[], file: number): PassItem {
  const item = items[file];
  if (item === undefined) throw new RangeError(`no file ${file} in this pass`);
  return item;
}

class Digests implements Consumer {
  readonly #algorithm: Algorithm;
  readonly #items: readonly PassItem[];
  readonly #perFile: boolean;
  readonly #answers: string[] = [];
  #hash: Hash;
  /** Bytes of the file at hand. */
  #size = 0;

  constructor(algorithm: Algorithm, scope: 'file' | 'medium', items: readonly PassItem[]) {
    this.#algorithm = algorithm;
    this.#items = items;
    this.#perFile = scope === 'file';
    this.#hash = newHash(algorithm);
  }

  take(file: number, bytes: Buffer, last: boolean): void {
    this.#hash.update(bytes);
    this.#size += bytes.length;
    if (!last) return;
    const { size } = itemOf(this.#items, file);
    if (this.#size !== size) throw new RangeError(`${this.#size} bytes came for a file of ${size}`);
    this.#size = 0;
    if (!this.#perFile && file < this.#items.length - 1) return;
    this.#answers.push(this.#hash.digest('hex'));
    this.#hash = newHash(this.#algorithm);
  }

  finish(): string[] {
    return this.#answers;
  }

  abandon(): void {
    this.#answers.length = 0;
  }
}

class BlockDigests implements Consumer {
  readonly #items: readonly PassItem[];
  readonly #created: Created;
  readonly #answers: (BlockListSummary | undefined)[] = [];
  #list: BlockListWriter | undefined;
  #open = false;
  #hash: Hash | undefined;
  /** Bytes of the block at hand; while all of them are zero none is hashed. */
  #filled = 0;
  #zero = true;

  constructor(items: readonly PassItem[], created: Created) {
    this.#items = items;
    this.#created = created;
  }

  take(file: number, bytes: Buffer, last: boolean): void {
    const { blocks, size } = itemOf(this.#items, file);
    if (!this.#open) {
      this.#open = true;
      this.#list = blocks && new BlockListWriter(blocks.target, blocks.path, size, () => this.#created(file, 'blocks'));
    }
    const list = this.#list;
    if (list !== undefined) {
      for (let at = 0; at < bytes.length; ) {
        const end = Math.min(bytes.length, at + BLOCK - this.#filled);
        this.#part(bytes.subarray(at, end));
        if (this.#filled === BLOCK) this.#endBlock(list);
        at = end;
      }
      if (last && this.#filled > 0) this.#endBlock(list);
    }
    if (!last) return;
    this.#answers.push(list?.finish());
    this.#list = undefined;
    this.#open = false;
  }

  #part(bytes: Buffer): void {
    if (this.#zero && !isZero(bytes)) {
      this.#zero = false;
      this.#hash = newHash('sha256');
      if (this.#filled > 0) this.#hash.update(Buffer.alloc(this.#filled)); // the zeros that were passed over
    }
    this.#hash?.update(bytes);
    this.#filled += bytes.length;
  }

  #endBlock(list: BlockListWriter): void {
    if (this.#hash !== undefined) list.add(this.#hash.digest());
    else if (this.#filled === BLOCK) list.add(ZERO_BLOCK_DIGEST);
    else list.add(newHash('sha256').update(Buffer.alloc(this.#filled)).digest());
    this.#hash = undefined;
    this.#filled = 0;
    this.#zero = true;
  }

  finish(): (BlockListSummary | undefined)[] {
    return this.#answers;
  }

  abandon(): void {
    this.#list?.abandon();
  }
}

/** How many finished files may wait for their fsync: the system writes them out while the next is copied. */
const UNSEALED_MAX = 16;

interface Copied {
  readonly target: TargetFile;
  readonly size: number;
  readonly zeroBytes: number;
}

class Copy implements Consumer {
  readonly #items: readonly PassItem[];
  readonly #created: Created;
  readonly #unsealed: Copied[] = [];
  readonly #answers: CopySummary[] = [];
  #target: TargetFile | undefined;
  #offset = 0;
  #zeroBytes = 0;

  constructor(items: readonly PassItem[], created: Created) {
    this.#items = items;
    this.#created = created;
  }

  take(file: number, bytes: Buffer, last: boolean): void {
    const item = itemOf(this.#items, file);
    if (item.target === undefined) throw new RangeError(`file ${file} has no target`);
    const target = (this.#target ??= new TargetFile(item.target, () => this.#created(file, 'target')));
    this.#zeroBytes += eachStoredRun(bytes, (from, to) => target.write(bytes, from, to, this.#offset + from));
    this.#offset += bytes.length;
    if (last) this.#end(target, item);
  }

  #end(target: TargetFile, item: PassItem): void {
    const size = this.#offset;
    if (size !== item.size) throw new RangeError(`${size} bytes came for a file of ${item.size}`);
    target.use(size, (fd) => {
      ftruncateSync(fd, size); // zeros at the end were not written
      futimesSync(fd, item.modifiedMs / 1000, item.modifiedMs / 1000);
    });
    this.#unsealed.push({ target, size, zeroBytes: this.#zeroBytes });
    this.#target = undefined;
    this.#offset = 0;
    this.#zeroBytes = 0;
    if (this.#unsealed.length > UNSEALED_MAX) this.#sealOldest();
  }

  #sealOldest(): void {
    const copied = this.#unsealed[0];
    if (copied === undefined) return;
    const { target, size, zeroBytes } = copied;
    target.seal(size, (fd) => {
      const stats = fstatSync(fd);
      if (stats.size !== size) throw new Error(`${stats.size} bytes lie there instead of ${size}`);
      this.#answers.push({ zeroBytes, allocatedBytes: stats.blocks * 512 });
    });
    this.#unsealed.shift();
  }

  finish(): CopySummary[] {
    while (this.#unsealed.length > 0) this.#sealOldest();
    return this.#answers;
  }

  abandon(): void {
    this.#target?.abandon();
    for (const { target } of this.#unsealed) target.abandon();
  }
}
