/** A bag in a tar. Uncompressed: indexed once, then read at random by all cores. Gzipped: read from start to end, twice. */
import { closeSync, createReadStream, fstatSync, openSync, type ReadStream, readSync } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { ArchiveFault, archiveFault, ArchiveIndex, isZlib } from './archive.ts';
import { BagItError } from './bagit-error.ts';
import { type HashSetup, Method } from './hash-files.ts';
import { aborted } from './hash-pool.ts';
import type { Inventory } from './inventory.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import type { Findings } from './report.ts';
import type { BagSource } from './source.ts';
import { tarEntries, type TarEntry, type TarInput } from './tar.ts';

/** Headers lie apart: small reads, so that a 500 GB tar is indexed without reading it. */
class FileInput implements TarInput {
  position = 0;
  readonly #file: number;
  readonly #size: number;
  readonly #window = Buffer.allocUnsafeSlow(4096);
  #windowStart = 0;
  #windowLength = 0;

  constructor(file: number) {
    this.#file = file;
    this.#size = fstatSync(file).size;
  }

  async read(length: number): Promise<Buffer> {
    const start = this.position - this.#windowStart;
    if (start >= 0 && start + length <= this.#windowLength) {
      this.position += length;
      return this.#window.subarray(start, start + length);
    }
    const buffer =
      length <= this.#window.length ? this.#window : Buffer.alloc(Math.min(length, Math.max(0, this.#size - this.position)));
    const count = readSync(this.#file, buffer, 0, buffer.length, this.position);
    this.#windowStart = this.position;
    this.#windowLength = buffer === this.#window ? count : 0;
    this.position += Math.min(length, count);
    return buffer.subarray(0, Math.min(length, count));
  }

  async skip(length: number): Promise<boolean> {
    if (this.position + length > this.#size) return false;
    this.position += length;
    return true;
  }
}

class StreamInput implements TarInput {
  position = 0;
  readonly #chunks: AsyncIterator<Buffer>;
  #chunk: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** Lets go of the decompressor and its file. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  /** Up to that many bytes, at least one; none at the end. */
  async some(length: number): Promise<Buffer> {
    while (this.#chunk.length === 0) {
      const next = await this.#chunks.next();
      if (next.done === true) return this.#chunk;
      this.#chunk = next.value;
    }
    const part = this.#chunk.subarray(0, length);
    this.#chunk = this.#chunk.subarray(part.length);
    this.position += part.length;
    return part;
  }

  async read(length: number): Promise<Buffer> {
    const first = await this.some(length);
    if (first.length === length || first.length === 0) return first;
    const parts = [first];
    for (let have = first.length; have < length; ) {
      const part = await this.some(length - have);
      if (part.length === 0) break;
      have += part.length;
      parts.push(part);
    }
    return Buffer.concat(parts);
  }

  async skip(length: number): Promise<boolean> {
    for (let left = length; left > 0; ) {
      const part = await this.some(left);
      if (part.length === 0) return false;
      left -= part.length;
    }
    return true;
  }
}

/** Root tag files of a gzipped tar that are kept from the first pass, so that they need no pass of their own. */
const KEEP_TOTAL = 64 * 1024 * 1024;

export class TarSource implements BagSource {
  readonly serialization: 'tar' | 'tar.gz';
  readonly #path: string;
  readonly #file: number;
  #limits: Limits = DEFAULT_LIMITS;
  #index = new ArchiveIndex(DEFAULT_LIMITS);
  #inventory: Inventory | undefined;
  readonly #kept = new Map<string, Buffer[]>();

  constructor(path: string, gzipped: boolean) {
    this.#path = path;
    this.serialization = gzipped ? 'tar.gz' : 'tar';
    this.#file = openSync(path, 'r');
  }

  get baseName(): string {
    return this.#index.baseName;
  }

  async scan(inventory: Inventory, findings: Findings, limits: Limits, signal?: AbortSignal): Promise<boolean> {
    this.#limits = limits;
    this.#index = new ArchiveIndex(limits);
    this.#inventory = inventory;
    const input = this.serialization === 'tar' ? new FileInput(this.#file) : new StreamInput(this.#gunzip(limits));
    let pending: TarEntry | undefined;
    try {
      let kept = 0;
      let count = 0;
      for await (const entry of tarEntries(input)) {
        if (pending !== undefined) this.#add(pending);
        pending = entry;
        if (++count % 1024 === 0) {
          await new Promise(setImmediate);
          if (signal?.aborted === true) throw aborted(signal);
        }
        if (!(input instanceof StreamInput) || entry.kind !== 'file' || !isRootText(entry.name)) continue;
        if (kept + entry.size <= KEEP_TOTAL && entry.size <= KEEP_TOTAL) {
          kept += entry.size;
          this.#kept.set(entry.name.replace(/^(?:\.\/+)+/, ''), [Buffer.from(await input.read(entry.size))]);
        }
      }
      if (pending !== undefined) this.#add(pending);
      await this.#checkRest(input, findings);
    } catch (error) {
      const fault = archiveFault(error);
      findings.error(fault.code, '', fault.message, undefined, true);
      if (fault.refused) return false;
    } finally {
      if (input instanceof StreamInput) await input.close();
    }
    this.#index.finish(inventory, findings, this.#path);
    return true;
  }

  #add(entry: TarEntry): void {
    const { name, kind, offset, size, type } = entry;
    if (!entry.utf8)
      this.#index.refuse(name, 'name-not-utf8', 'the name of this entry is not valid UTF-8: no manifest can list it');
    else if (kind === 'file') this.#index.addFile(name, { offset, stored: size, size, method: Method.Plain, crc: 0 });
    else if (kind === 'directory') this.#index.addDirectory(name);
    else if (kind === 'link') this.#index.refuse(name, 'archive-link', `a ${type}: links are refused`);
    else if (kind === 'special') this.#index.refuse(name, 'archive-special-file', `a ${type}: devices and FIFOs are refused`);
    else this.#index.refuse(name, 'archive-unsupported', `a ${type}: this can't be read here`);
  }

  /** Padding is zeros. Reading a gzip to its end also checks its own CRC. */
  async #checkRest(input: TarInput, findings: Findings): Promise<void> {
    const longest = input instanceof StreamInput ? Number.POSITIVE_INFINITY : 1024 * 1024;
    let foreign = false;
    for (let looked = 0; looked < longest; looked += 4096) {
      const bytes = await input.read(4096);
      if (bytes.length === 0) break;
      foreign ||= bytes.some((byte) => byte !== 0);
    }
    if (foreign) findings.warn('archive-trailing-data', '', 'bytes other than zero follow the end of the tar');
  }

  async *#gunzip(limits: Limits): AsyncGenerator<Buffer> {
    const file: ReadStream = createReadStream(this.#path, { highWaterMark: 256 * 1024 });
    const gunzip = createGunzip({ chunkSize: 256 * 1024 });
    file.on('error', (error) => gunzip.destroy(error));
    file.pipe(gunzip);
    let size = 0;
    try {
      for await (const chunk of gunzip as AsyncIterable<Buffer>) {
        size += chunk.length;
        if (size > limits.totalSize) {
          throw new ArchiveFault('archive-too-large', `the archive unpacks to more than ${limits.totalSize} bytes`, true);
        }
        if (size > limits.ratioFloor && size > limits.ratio * file.bytesRead) {
          throw new ArchiveFault(
            'archive-ratio',
            `${file.bytesRead} bytes of the archive unpack to ${size}, more than ${limits.ratio} times`,
            true,
          );
        }
        yield chunk;
      }
    } finally {
      file.destroy();
      gunzip.destroy();
    }
  }

  async *read(name: string): AsyncGenerator<Uint8Array> {
    const kept = this.#kept.get(this.#index.baseName === '' ? name : `${this.#index.baseName}/${name}`);
    if (kept !== undefined) {
      yield* kept;
      return;
    }
    if (this.serialization === 'tar') {
      const id = this.#inventory?.find(name);
      if (id === undefined) throw new BagItError('no-such-file', `the archive has no ${name}`);
      const { offset, size } = this.#index.file(id);
      const buffer = Buffer.allocUnsafeSlow(256 * 1024);
      for (let done = 0; done < size; ) {
        const count = readSync(this.#file, buffer, 0, Math.min(buffer.length, size - done), offset + done);
        if (count === 0) return;
        done += count;
        yield buffer.subarray(0, count);
        await new Promise(setImmediate);
      }
      return;
    }
    for await (const entry of this.stream()) {
      if (entry.name !== name) continue;
      yield* entry.bytes;
      return;
    }
    throw new BagItError('no-such-file', `the archive has no ${name}`);
  }

  hashing(algorithms: readonly string[], sizes: readonly number[]): HashSetup | undefined {
    return this.serialization === 'tar' ? { path: this.#path, archive: true, algorithms, sizes } : undefined;
  }

  ranges(ids: ArrayLike<number>): Float64Array {
    return this.#index.ranges(ids);
  }

  /** Stops where the first pass stopped: what is damaged was reported then. */
  async *stream(): AsyncGenerator<{ name: string; bytes: AsyncIterable<Uint8Array> }> {
    const input = new StreamInput(this.#gunzip(this.#limits));
    try {
      for await (const entry of tarEntries(input)) {
        const name = entry.kind === 'file' ? this.#index.inBag(entry.name) : undefined;
        if (name !== undefined && name !== '') yield { name, bytes: content(input, entry.size) };
      }
    } catch (error) {
      if (!(error instanceof ArchiveFault) && !isZlib(error)) throw error;
    } finally {
      await input.close();
    }
  }

  async close(): Promise<void> {
    closeSync(this.#file);
  }
}

async function* content(input: StreamInput, size: number): AsyncGenerator<Uint8Array> {
  for (let left = size; left > 0; ) {
    const part = await input.some(left);
    if (part.length === 0) throw new ArchiveFault('archive-truncated', 'the archive ends inside this entry');
    left -= part.length;
    yield part;
  }
}

function isRootText(name: string): boolean {
  return /^(?:\.\/+)*(?:[^/]+\/)?[^/]+\.txt$/i.test(name);
}
