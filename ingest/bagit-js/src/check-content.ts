/** Reads every listed file once, with all the algorithms that its manifests name, and compares. */
import { createHash } from 'node:crypto';
import { ArchiveFault } from './archive.ts';
import { reason } from './bagit-error.ts';
import type { Check } from './check.ts';
import type { Manifests } from './check-complete.ts';
import type { HashJob, HashResult } from './hash-files.ts';
import { aborted, type HashPool } from './hash-pool.ts';
import type { Column } from './inventory.ts';

export interface ContentOptions {
  /** Only sizes are looked up, nothing is digested. */
  readonly sizesOnly: boolean;
  /** Look up the size of every payload file, listed or not. */
  readonly needSizes: boolean;
  readonly pool: HashPool;
  readonly workers: number;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: (doneFiles: number, totalFiles: number, doneBytes: number) => void;
}

interface Work extends HashJob {
  readonly ids: Uint32Array;
}

const LARGEST_BATCH = 256;

export class ContentCheck {
  readonly #check: Check;
  readonly #manifests: Manifests;
  readonly #columns: (Column & { algorithm: object })[];
  readonly #options: ContentOptions;

  constructor(check: Check, manifests: Manifests, options: ContentOptions) {
    this.#check = check;
    this.#manifests = manifests;
    this.#columns = [...check.inventory.columns.values()].filter(
      (column): column is Column & { algorithm: object } => column.algorithm !== undefined,
    );
    this.#options = options;
  }

  async run(): Promise<void> {
    const ids = this.#wanted();
    const algorithms = this.#columns.map(({ algorithm }) => algorithm.crypto);
    const sizes = this.#columns.map(({ algorithm }) => algorithm.size);
    const setup = this.#check.source.hashing(algorithms, sizes);
    const { pool, signal, onProgress } = this.#options;
    if (setup === undefined) {
      if (!this.#options.sizesOnly) await this.#stream(ids.length);
      return;
    }
    let files = 0;
    let bytes = 0;
    onProgress(0, ids.length, 0);
    await pool.run<Work>({
      setup,
      signal,
      jobs: this.#jobs(ids),
      onBytes: (more) => {
        bytes += more;
        onProgress(files, ids.length, bytes);
      },
      onResult: (work, result) => {
        files += work.ids.length;
        bytes += this.#compare(work, result) - result.told;
        onProgress(files, ids.length, bytes);
      },
    });
  }

  /** Files that are there and whose digest, or at least size, somebody wants. */
  #wanted(): Uint32Array {
    const { inventory } = this.#check;
    const ids = new Uint32Array(inventory.names.length);
    let count = 0;
    for (let id = 0; id < ids.length; id++) {
      if (!inventory.isPresent(id)) continue;
      const sizeWanted = this.#options.needSizes && inventory.isPayload(id) && inventory.size(id) === undefined;
      if (sizeWanted || this.#mask(id) !== 0) ids[count++] = id;
    }
    return ids.subarray(0, count);
  }

  #mask(id: number): number {
    if (this.#options.sizesOnly) return 0;
    let mask = 0;
    for (const [bit, column] of this.#columns.entries()) if (column.verifies(id)) mask |= 1 << bit;
    return mask;
  }

  /** Batches get smaller towards the end, so that all workers finish together and ten huge files are spread over all. */
  *#jobs(ids: Uint32Array): Generator<Work> {
    const { inventory, source } = this.#check;
    const share = Math.max(1, this.#options.workers) * 4;
    for (let start = 0; start < ids.length; ) {
      const count = Math.min(LARGEST_BATCH, Math.ceil((ids.length - start) / share));
      const batch = ids.subarray(start, start + count);
      start += count;
      const masks = Uint32Array.from(batch, (id) => this.#mask(id));
      if (source.ranges !== undefined) yield { ids: batch, masks, names: '', ranges: source.ranges(batch) };
      else yield { ids: batch, masks, names: Array.from(batch, (id) => inventory.name(id)).join('\0') };
    }
  }

  /** Bytes of these files. */
  #compare({ ids, masks }: Work, { sizes, digests, failures }: HashResult): number {
    for (const { index, kind, message } of failures) this.#fail(ids[index] ?? 0, kind, message);
    let at = 0;
    let total = 0;
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i] ?? 0;
      const size = sizes[i] ?? -1;
      if (size >= 0) {
        this.#check.inventory.setSize(id, size);
        total += size;
      }
      at = this.#judge(id, masks[i] ?? 0, digests, at, size >= 0);
    }
    return total;
  }

  /** Where the next file's digests begin. */
  #judge(id: number, mask: number, digests: Uint8Array, start: number, read: boolean): number {
    let at = start;
    for (const [bit, column] of this.#columns.entries()) {
      if ((mask & (1 << bit)) === 0) continue;
      if (read && !column.matches(id, digests, at)) {
        const got = Buffer.from(digests.buffer, digests.byteOffset + at, column.algorithm.size).toString('hex');
        const message = `its ${column.name} is ${got}, the manifest says ${column.digest(id)}`;
        this.#check.findings.error('altered', this.#check.inventory.name(id), message, this.#manifestOf(id, column));
      }
      at += column.algorithm.size;
    }
    return at;
  }

  #manifestOf(id: number, column: Column): string | undefined {
    const list = this.#check.inventory.isPayload(id) ? this.#manifests.payload : this.#manifests.tag;
    return list.find((manifest) => manifest.column === column)?.file;
  }

  #fail(id: number, kind: 'missing' | 'special' | 'unreadable' | 'damaged', message: string): void {
    const { findings, inventory } = this.#check;
    const name = inventory.name(id);
    if (kind === 'unreadable') findings.error('unreadable', name, `can't be read: ${message}; it may be intact, try again`);
    else if (kind === 'damaged') findings.error('archive-damaged', name, message);
    else if (kind === 'special')
      findings.error('special-file', name, `became something else than a file while it was checked: ${message}`);
    else findings.error('missing-file', name, `vanished while the bag was checked: ${message}`);
  }

  /** A gzipped tar has no random access: one pass, here. */
  async #stream(total: number): Promise<void> {
    const { inventory, source } = this.#check;
    const seen = new Set<number>();
    let doneBytes = 0;
    for await (const { name, bytes } of source.stream?.() ?? []) {
      if (this.#options.signal?.aborted === true) throw aborted(this.#options.signal);
      const id = inventory.find(name);
      const mask = id === undefined ? 0 : this.#mask(id);
      if (id === undefined || mask === 0 || seen.has(id)) continue;
      const hashes = this.#columns
        .filter((_, bit) => (mask & (1 << bit)) !== 0)
        .map(({ algorithm }) => createHash(algorithm.crypto));
      try {
        for await (const part of bytes) {
          for (const hash of hashes) hash.update(part);
          doneBytes += part.length;
        }
      } catch (error) {
        if (!(error instanceof ArchiveFault)) this.#fail(id, 'unreadable', reason(error));
        break; // the first pass reported where the archive ends
      }
      seen.add(id);
      this.#judge(id, mask, Buffer.concat(hashes.map((hash) => hash.digest())), 0, true);
      this.#options.onProgress(seen.size, total, doneBytes);
    }
    for (const id of this.#wanted()) {
      if (this.#mask(id) !== 0 && !seen.has(id))
        this.#fail(id, 'unreadable', 'the archive could not be read a second time up to this entry');
    }
  }
}
