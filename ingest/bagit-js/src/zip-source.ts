/** A bag in a zip, zip64 included. The central directory is indexed once; entries are then read at random by all cores. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { isUtf8 } from 'node:buffer';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw } from 'node:zlib';
import yauzl from 'yauzl';
import { ArchiveFault, archiveFault, ArchiveIndex } from './archive.ts';
import { BagItError, reason, systemCode } from './bagit-error.ts';
import { type HashSetup, Method } from './hash-files.ts';
import { aborted } from './hash-pool.ts';
import type { Inventory } from './inventory.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { shown } from './paths.ts';
import type { Findings } from './report.ts';
import type { BagSource } from './source.ts';

/** yauzl asks for 46 bytes at a time; this asks the disk for 1 MiB (40x faster with 200,000 entries, measured). */
class WindowReader extends yauzl.RandomAccessReader {
  readonly #file: number;
  readonly #window = Buffer.allocUnsafeSlow(1024 * 1024);
  #start = 0;
  #length = 0;

  constructor(file: number) {
    super();
    this.#file = file;
  }

  override read(buffer: Buffer, offset: number, length: number, position: number, done: (error: Error | null) => void): void {
    let failure: Error | null = null;
    try {
      this.#fill(buffer.subarray(offset, offset + length), position);
    } catch (error) {
      failure = error as Error;
    }
    queueMicrotask(() => done(failure)); // never at once: yauzl's iterator is not ready for that
  }

  #fill(target: Buffer, position: number): void {
    for (let filled = 0; filled < target.length; ) {
      const at = position + filled;
      if (at < this.#start || at >= this.#start + this.#length) {
        this.#start = at;
        this.#length = readSync(this.#file, this.#window, 0, this.#window.length, at);
        if (this.#length === 0) throw new ArchiveFault('archive-truncated', 'the zip ends inside its own directory');
      }
      filled += this.#window.copy(target, filled, at - this.#start, this.#length);
    }
  }

  override _readStreamForRange(): Readable {
    throw new TypeError('entries are read by the workers, not through yauzl');
  }

  override close(done: (error: Error | null) => void): void {
    done(null);
  }
}

const FILE_TYPE = 0xf000;
const SYMBOLIC_LINK = 0xa000;
const SPECIAL = new Set([0x1000, 0x2000, 0x6000, 0xc000]); // FIFO, character device, block device, socket
const UNIX_MADE = new Set([3, 19]); // Unix, macOS: the high half of the external attributes is the mode
const DIRECTORY_ATTRIBUTE = 0x10; // FAT

export class ZipSource implements BagSource {
  readonly serialization = 'zip';
  readonly #path: string;
  readonly #file: number;
  #index = new ArchiveIndex(DEFAULT_LIMITS);
  #inventory: Inventory | undefined;

  constructor(path: string) {
    this.#path = path;
    this.#file = openSync(path, 'r');
  }

  get baseName(): string {
    return this.#index.baseName;
  }

  async scan(inventory: Inventory, findings: Findings, limits: Limits, signal?: AbortSignal): Promise<boolean> {
    this.#index = new ArchiveIndex(limits);
    this.#inventory = inventory;
    const { size } = fstatSync(this.#file);
    try {
      await this.#readDirectory(size, limits, signal);
      const total = this.#index.totalSize;
      if (total > limits.ratioFloor && total > limits.ratio * size) {
        throw new ArchiveFault(
          'archive-ratio',
          `the archive of ${size} bytes would unpack to ${total}, more than ${limits.ratio} times`,
          true,
        );
      }
    } catch (error) {
      const fault = zipFault(error);
      findings.error(fault.code, '', fault.message, undefined, true);
      if (fault.refused) return false;
    }
    this.#index.finish(inventory, findings, this.#path);
    return this.#checkOverlaps(inventory, findings);
  }

  async #readDirectory(size: number, limits: Limits, signal: AbortSignal | undefined): Promise<void> {
    const options = { decodeStrings: false, validateEntrySizes: false, autoClose: false };
    const zip = await yauzl.fromRandomAccessReaderPromise(new WindowReader(this.#file), size, options);
    if (zip.entryCount > limits.entries) {
      throw new ArchiveFault(
        'archive-too-many-entries',
        `the archive has ${zip.entryCount} entries, the limit is ${limits.entries}`,
        true,
      );
    }
    let count = 0;
    for await (const entry of zip.eachEntry()) {
      this.#add(entry);
      if (++count % 1024 !== 0) continue;
      await new Promise(setImmediate);
      if (signal?.aborted === true) throw aborted(signal);
    }
  }

  #add(entry: yauzl.Entry): void {
    const raw = entry.fileNameRaw;
    const flagged = (entry.generalPurposeBitFlag & 0x800) !== 0;
    if (flagged && !isUtf8(raw)) {
      this.#index.refuse(shown(raw), 'name-not-utf8', 'the name of this entry claims to be UTF-8 and is not');
      return;
    }
    // Many writers forget the flag: valid UTF-8 beyond ASCII is hardly ever meant as cp437.
    const name = isUtf8(raw)
      ? raw.toString('utf8')
      : yauzl.getFileNameLowLevel(entry.generalPurposeBitFlag, raw, entry.extraFields, true);
    const unix = UNIX_MADE.has(entry.versionMadeBy >>> 8);
    const type = unix ? (entry.externalFileAttributes >>> 16) & FILE_TYPE : 0;
    if (type === SYMBOLIC_LINK) this.#index.refuse(name, 'archive-link', 'a symbolic link: links are refused');
    else if (SPECIAL.has(type)) this.#index.refuse(name, 'archive-special-file', 'a device, FIFO or socket: these are refused');
    else if (name.endsWith('/') || (!unix && (entry.externalFileAttributes & DIRECTORY_ATTRIBUTE) !== 0))
      this.#index.addDirectory(name);
    else if ((entry.generalPurposeBitFlag & 0x41) !== 0)
      this.#index.refuse(name, 'archive-unsupported', 'the entry is encrypted');
    else if (entry.compressionMethod !== 0 && entry.compressionMethod !== 8) {
      const message = `compression method ${entry.compressionMethod} is not read here, only stored (0) and deflated (8)`;
      this.#index.refuse(name, 'archive-unsupported', message);
    } else {
      const method = entry.compressionMethod === 0 ? Method.ZipStored : Method.ZipDeflated;
      this.#index.addFile(name, {
        offset: entry.relativeOffsetOfLocalHeader,
        stored: entry.compressedSize,
        size: entry.uncompressedSize,
        method,
        crc: entry.crc32,
      });
    }
  }

  /** Each entry needs its own bytes: header, name, content. Sharing them is how a small zip becomes a huge one. */
  #checkOverlaps(inventory: Inventory, findings: Findings): boolean {
    const starts = new Float64Array(inventory.names.length);
    const ends = new Float64Array(inventory.names.length);
    for (let id = 0; id < starts.length; id++) {
      const { offset, stored } = this.#index.file(id);
      starts[id] = offset;
      ends[id] = offset + 30 + Buffer.byteLength(inventory.name(id)) + stored;
    }
    starts.sort();
    ends.sort();
    // Sorted on their own, starts and ends of ranges that don't overlap still pair up.
    for (let i = 1; i < starts.length; i++) {
      if ((starts[i] ?? 0) >= (ends[i - 1] ?? 0)) continue;
      findings.error('archive-overlap', '', `two entries share the bytes from ${starts[i]}: this is how a zip bomb is built`);
      return false;
    }
    return true;
  }

  async *read(name: string): AsyncGenerator<Uint8Array> {
    const id = this.#inventory?.find(name);
    if (id === undefined) throw new BagItError('no-such-file', `the archive has no ${name}`);
    const { offset, stored, size, method } = this.#index.file(id);
    const header = Buffer.alloc(30);
    readSync(this.#file, header, 0, 30, offset);
    if (header.readUInt32LE(0) !== 0x04034b50)
      throw new ArchiveFault('archive-damaged', `no local file header at byte ${offset}`);
    const start = offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
    const raw = this.#raw(start, stored);
    if (method === Method.ZipStored) {
      yield* raw;
      return;
    }
    const inflate = createInflateRaw();
    const feeding = pipeline(raw, inflate).catch(() => undefined); // its error comes out below too
    let got = 0;
    try {
      for await (const bytes of inflate as AsyncIterable<Buffer>) {
        got += bytes.length;
        if (got > size) throw new ArchiveFault('archive-damaged', `${name} inflates to more than the ${size} bytes it declares`);
        yield bytes;
      }
    } finally {
      inflate.destroy();
      await feeding;
    }
  }

  async *#raw(start: number, stored: number): AsyncGenerator<Buffer> {
    for (let done = 0; done < stored; ) {
      const buffer = Buffer.allocUnsafe(Math.min(256 * 1024, stored - done));
      const count = readSync(this.#file, buffer, 0, buffer.length, start + done);
      if (count === 0) throw new ArchiveFault('archive-truncated', 'the zip ends inside an entry');
      done += count;
      yield buffer.subarray(0, count);
      await new Promise(setImmediate);
    }
  }

  hashing(algorithms: readonly string[], sizes: readonly number[]): HashSetup {
    return { path: this.#path, archive: true, algorithms, sizes };
  }

  ranges(ids: ArrayLike<number>): Float64Array {
    return this.#index.ranges(ids);
  }

  async close(): Promise<void> {
    closeSync(this.#file);
  }
}

/** yauzl throws plain errors: what they say is about the archive. */
function zipFault(error: unknown): ArchiveFault {
  if (error instanceof BagItError) throw error;
  if (error instanceof ArchiveFault || systemCode(error) !== '') return archiveFault(error);
  const early = /End of central directory|truncated|unexpected EOF/i.test(reason(error));
  return new ArchiveFault(early ? 'archive-truncated' : 'archive-damaged', `the zip can't be read: ${reason(error)}`);
}
