/** Digests by the million, sorted without holding them all: put aside by their first byte, in files when they are many, then sorted part by part. */
import { appendFile, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault, FaultKind, isSystemError, wordsOfSystemError } from '#ingest/kernel';
import type { DigestBlock } from './known-digests.port.ts';

/** Held in memory before it is put aside in files. */
const HELD_BYTES = 64 << 20;
const FIRST_BYTES = 4096;

interface Bucket {
  readonly width: number;
  readonly file: string;
  bytes: Buffer;
  used: number;
}

/** The caller disposes: the files go. */
export class DigestSorter implements AsyncDisposable {
  readonly #buckets = new Map<number, Bucket>();
  #held = 0;
  #isSpilled = false;

  /** @param folder of its own, made when needed. */
  constructor(
    private readonly folder: string,
    private readonly heldBytes = HELD_BYTES,
  ) {}

  /** @param hex of 32, 40 or 64 digits, checked by the caller. */
  add(hex: string): void {
    const width = hex.length / 2;
    const key = width * 256 + Number.parseInt(hex.slice(0, 2), 16);
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      bucket = { width, file: join(this.folder, String(key)), bytes: Buffer.allocUnsafe(FIRST_BYTES), used: 0 };
      this.#buckets.set(key, bucket);
    }
    if (bucket.used + width > bucket.bytes.length) {
      const larger = Buffer.allocUnsafe(bucket.bytes.length * 2);
      bucket.bytes.copy(larger, 0, 0, bucket.used);
      bucket.bytes = larger;
    }
    bucket.bytes.write(hex, bucket.used, 'hex');
    bucket.used += width;
    this.#held += width;
  }

  /** To be called now and then between additions: puts aside what has become too much. @throws Fault 'known/not-put-aside'. */
  async settle(): Promise<void> {
    if (this.#held < this.heldBytes) return;
    try {
      await mkdir(this.folder, { recursive: true });
      for (const bucket of this.#buckets.values()) {
        await appendFile(bucket.file, bucket.bytes.subarray(0, bucket.used));
        bucket.used = 0;
      }
    } catch (error) {
      const message = `digests of known files could not be put aside in ${this.folder}: ${wordsOfSystemError(error)}; make room there and add them again`;
      throw new Fault(FaultKind.Unreadable, 'known/not-put-aside', message, { folder: this.folder }, { cause: error });
    }
    this.#isSpilled = true;
    this.#held = 0;
  }

  /** Each digest once: by their lengths, and in ascending order. @param onPart the part that is done, up to 1. */
  async *sorted(onPart?: (done: number) => void): AsyncGenerator<DigestBlock> {
    const keys = [...this.#buckets.keys()].toSorted((a, b) => a - b);
    for (const [index, key] of keys.entries()) {
      const bucket = this.#buckets.get(key);
      if (bucket === undefined) continue;
      const { width } = bucket;
      yield {
        width,
        bytes: sortedOnce(Buffer.concat([await this.#aside(bucket), bucket.bytes.subarray(0, bucket.used)]), width),
      };
      this.#buckets.delete(key);
      onPart?.((index + 1) / keys.length);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  async #aside({ file }: Bucket): Promise<Buffer> {
    if (!this.#isSpilled) return Buffer.alloc(0);
    return readFile(file).catch((error: unknown) => {
      if (isSystemError(error) && error.code === 'ENOENT') return Buffer.alloc(0);
      throw error;
    });
  }
}

/** Texts of one byte a character sort as their bytes do, and faster than buffers. */
function sortedOnce(bytes: Buffer, width: number): Buffer {
  const texts: string[] = [];
  for (let at = 0; at < bytes.length; at += width) texts.push(bytes.toString('latin1', at, at + width));
  texts.sort();
  return Buffer.from(texts.filter((text, index) => text !== texts[index - 1]).join(''), 'latin1');
}
