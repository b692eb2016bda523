/** Reads files, or ranges of an archive, once and digests them with several algorithms; used by the worker threads. */
import { closeSync, constants, lstatSync, openSync, readSync } from 'node:fs';
import { createHash, hash, type Hash } from 'node:crypto';
import { constants as zlibConstants, crc32, createInflateRaw, inflateRawSync } from 'node:zlib';
import { pipeline } from 'node:stream/promises';
import { reason, systemCode } from './bagit-error.ts';

export interface HashSetup {
  /** Base directory of the bag, or the archive file. */
  readonly path: string;
  readonly archive: boolean;
  /** node:crypto names; bit i of a mask asks for the i-th. */
  readonly algorithms: readonly string[];
  /** Bytes of their digests. */
  readonly sizes: readonly number[];
}

/** Numbers for each entry of an archive in `HashJob.ranges`: offset, stored size, size, method (see Method), CRC-32. */
export const RANGE_FIELDS = 5;

export const Method = {
  /** The bytes lie at the offset (tar). */
  Plain: 0,
  /** A local header lies at the offset, then the bytes (zip, stored). */
  ZipStored: 1,
  /** A local header lies at the offset, then deflated bytes. */
  ZipDeflated: 2,
} as const;

export interface HashJob {
  /** One for each file; 0 asks for the size only. */
  readonly masks: Uint32Array;
  /** Relative names, joined by NUL; '' for an archive. */
  readonly names: string;
  readonly ranges?: Float64Array;
}

export interface HashFailure {
  /** Which file of the job. */
  readonly index: number;
  /** 'missing', 'special', 'unreadable' or 'damaged'. */
  readonly kind: 'missing' | 'special' | 'unreadable' | 'damaged';
  readonly message: string;
}

export interface HashResult {
  /** Bytes of each file; -1 when it failed. */
  readonly sizes: Float64Array<ArrayBuffer>;
  /** The digests one after the other: by file, then by bit of its mask. Those of a failed file are zeros. */
  readonly digests: Uint8Array<ArrayBuffer>;
  readonly failures: HashFailure[];
  /** Bytes of these files that were told as progress already. */
  readonly told: number;
}

const BUFFER_SIZE = 1024 * 1024;
/** Deflated entries up to this size are inflated in one call. */
const INFLATE_AT_ONCE = 1024 * 1024;
const PROGRESS_STEP = 64 * 1024 * 1024;
const { O_RDONLY } = constants;
const O_NOFOLLOW = constants.O_NOFOLLOW ?? 0; // not on Windows
const O_NONBLOCK = constants.O_NONBLOCK ?? 0; // a FIFO that took a file's place must not hang us

/** The archive contradicts itself, as against a failing disk. */
class Damaged extends Error {}

/** Keeps one buffer and, for archives, one open file. Not for use by two jobs at once. */
export class FileHasher {
  readonly #setup: HashSetup;
  readonly #progress: (bytes: number) => void;
  readonly #buffer = Buffer.allocUnsafeSlow(BUFFER_SIZE);
  readonly #archive: number | undefined;
  #told = 0;

  /** `progress` is called within large files, with the bytes since the last call. */
  constructor(setup: HashSetup, progress: (bytes: number) => void) {
    this.#setup = setup;
    this.#progress = (bytes) => {
      this.#told += bytes;
      progress(bytes);
    };
    this.#archive = setup.archive ? openSync(setup.path, O_RDONLY) : undefined;
  }

  close(): void {
    if (this.#archive !== undefined) closeSync(this.#archive);
  }

  async run(job: HashJob): Promise<HashResult> {
    const { masks, ranges } = job;
    const names = job.names.split('\0');
    const sizes = new Float64Array(masks.length);
    const failures: HashFailure[] = [];
    const digests = Buffer.alloc(masks.reduce((sum, mask) => sum + this.#width(mask), 0));
    let at = 0;
    this.#told = 0;
    for (let i = 0; i < masks.length; i++) {
      const mask = masks[i] ?? 0;
      try {
        sizes[i] =
          ranges === undefined
            ? this.#file(`${this.#setup.path}/${names[i] ?? ''}`, mask, digests, at)
            : await this.#range(ranges.subarray(i * RANGE_FIELDS, (i + 1) * RANGE_FIELDS), mask, digests, at);
      } catch (error) {
        sizes[i] = -1;
        failures.push({ index: i, kind: failureKind(error), message: reason(error) });
      }
      at += this.#width(mask);
    }
    return { sizes, digests, failures, told: this.#told };
  }

  #width(mask: number): number {
    let width = 0;
    for (const [bit, size] of this.#setup.sizes.entries()) if ((mask & (1 << bit)) !== 0) width += size;
    return width;
  }

  #file(path: string, mask: number, out: Buffer, at: number): number {
    if (mask === 0) return lstatSync(path).size;
    const file = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      const first = readSync(file, this.#buffer, 0, BUFFER_SIZE, null);
      if (first < BUFFER_SIZE) {
        const more = first === 0 ? 0 : readSync(file, this.#buffer, first, BUFFER_SIZE - first, null);
        if (more === 0) {
          this.#atOnce(this.#buffer.subarray(0, first), mask, out, at);
          return first;
        }
        return this.#stream(file, first + more, mask, out, at);
      }
      return this.#stream(file, first, mask, out, at);
    } finally {
      closeSync(file);
    }
  }

  /** The first `filled` bytes are in the buffer already. */
  #stream(file: number, filled: number, mask: number, out: Buffer, at: number): number {
    const hashes = this.#hashes(mask);
    let size = 0;
    let told = 0;
    for (let count = filled; count > 0; count = readSync(file, this.#buffer, 0, BUFFER_SIZE, null)) {
      const bytes = this.#buffer.subarray(0, count);
      for (const one of hashes) one.update(bytes);
      size += count;
      if (size - told >= PROGRESS_STEP) {
        this.#progress(size - told);
        told = size;
      }
    }
    finish(hashes, out, at);
    return size;
  }

  async #range(range: Float64Array, mask: number, out: Buffer, at: number): Promise<number> {
    const [offset = 0, stored = 0, size = 0, method = 0, crc = 0] = range;
    if (method !== Method.ZipDeflated && stored !== size)
      throw new Damaged(`the entry is stored in ${stored} bytes and claims to have ${size}`);
    const start = method === Method.Plain ? offset : this.#zipDataStart(offset);
    if (mask === 0) return size;
    if (method !== Method.ZipDeflated)
      return this.#plainRange(start, size, method === Method.Plain ? undefined : crc, mask, out, at);
    if (stored <= BUFFER_SIZE && size <= INFLATE_AT_ONCE) {
      const bytes = inflateAtOnce(this.#read(start, stored), size);
      checkCrc(crc32(bytes), crc);
      this.#atOnce(bytes, mask, out, at);
      return size;
    }
    return this.#deflatedRange(start, stored, size, crc, mask, out, at);
  }

  #plainRange(start: number, size: number, crc: number | undefined, mask: number, out: Buffer, at: number): number {
    if (size <= BUFFER_SIZE) {
      const bytes = this.#read(start, size);
      if (crc !== undefined) checkCrc(crc32(bytes), crc);
      this.#atOnce(bytes, mask, out, at);
      return size;
    }
    const hashes = this.#hashes(mask);
    let sum = 0;
    let told = 0;
    for (let done = 0; done < size; ) {
      const bytes = this.#read(start + done, Math.min(BUFFER_SIZE, size - done));
      for (const one of hashes) one.update(bytes);
      if (crc !== undefined) sum = crc32(bytes, sum);
      done += bytes.length;
      if (done - told >= PROGRESS_STEP) {
        this.#progress(done - told);
        told = done;
      }
    }
    if (crc !== undefined) checkCrc(sum, crc);
    finish(hashes, out, at);
    return size;
  }

  async #deflatedRange(
    start: number,
    stored: number,
    size: number,
    crc: number,
    mask: number,
    out: Buffer,
    at: number,
  ): Promise<number> {
    const hashes = this.#hashes(mask);
    let sum = 0;
    let got = 0;
    let told = 0;
    const inflate = createInflateRaw({ chunkSize: 256 * 1024 });
    const feeding = pipeline(this.#chunks(start, stored), inflate).catch(() => undefined); // its error comes out below too
    try {
      for await (const bytes of inflate as AsyncIterable<Buffer>) {
        got += bytes.length;
        if (got > size) throw new Damaged(`the entry inflates to more than the ${size} bytes it declares`);
        for (const one of hashes) one.update(bytes);
        sum = crc32(bytes, sum);
        if (got - told >= PROGRESS_STEP) {
          this.#progress(got - told);
          told = got;
        }
      }
    } finally {
      inflate.destroy();
      await feeding;
    }
    if (got !== size) throw new Damaged(`the entry inflates to ${got} bytes, not to the ${size} it declares`);
    checkCrc(sum, crc);
    finish(hashes, out, at);
    return size;
  }

  async *#chunks(start: number, stored: number): AsyncGenerator<Buffer> {
    for (let done = 0; done < stored; ) {
      const bytes = Buffer.from(this.#read(start + done, Math.min(256 * 1024, stored - done)));
      done += bytes.length;
      yield bytes;
    }
  }

  /** Exactly that many bytes of the archive; they stay good until the next read. */
  #read(position: number, length: number): Buffer {
    let filled = 0;
    while (filled < length) {
      const count = readSync(this.#archive ?? -1, this.#buffer, filled, length - filled, position + filled);
      if (count === 0) throw new Damaged('the archive ends inside this entry');
      filled += count;
    }
    return this.#buffer.subarray(0, length);
  }

  #zipDataStart(offset: number): number {
    const header = this.#read(offset, 30);
    if (header.readUInt32LE(0) !== 0x04034b50) throw new Damaged(`no local file header at byte ${offset} of the archive`);
    return offset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  }

  #atOnce(bytes: Buffer, mask: number, out: Buffer, at: number): void {
    for (const [bit, name] of this.#setup.algorithms.entries()) {
      if ((mask & (1 << bit)) === 0) continue;
      const digest = hash(name, bytes, 'buffer'); // one call, no Hash object: 4x faster on 1 KB files (measured)
      digest.copy(out, at);
      at += digest.length;
    }
  }

  #hashes(mask: number): Hash[] {
    return this.#setup.algorithms.filter((_, bit) => (mask & (1 << bit)) !== 0).map((name) => createHash(name));
  }
}

function inflateAtOnce(stored: Buffer, size: number): Buffer {
  const bytes = inflateRawSync(stored, { maxOutputLength: size + 1, finishFlush: zlibConstants.Z_FINISH });
  if (bytes.length !== size) throw new Damaged(`the entry inflates to ${bytes.length} bytes, not to the ${size} it declares`);
  return bytes;
}

function finish(hashes: readonly Hash[], out: Buffer, at: number): void {
  for (const one of hashes) {
    const digest = one.digest();
    digest.copy(out, at);
    at += digest.length;
  }
}

function checkCrc(actual: number, expected: number): void {
  if (actual !== expected) {
    throw new Damaged(`the CRC-32 of the entry is ${actual.toString(16)}, the archive says ${expected.toString(16)}`);
  }
}

function failureKind(error: unknown): HashFailure['kind'] {
  const code = systemCode(error);
  if (error instanceof Damaged || code.startsWith('Z_') || code === 'ERR_BUFFER_TOO_LARGE') return 'damaged';
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'missing';
  return code === 'ELOOP' || code === 'EISDIR' || code === 'ENXIO' ? 'special' : 'unreadable';
}
