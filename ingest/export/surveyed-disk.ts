/** The medium of a stored image as a disk to be written: filled up to whole sectors, its blocks surveyed, its digest checked. */
import { createHash } from 'node:crypto';
import { Fault, FaultKind } from '../kernel/index.ts';
import { type Media, type Range, passingWindowsOf, windowsOf } from '../media/index.ts';
import { isZero } from '../digest/index.ts';
import { roundedUp } from './bytes.ts';
import type { Blocks, Disk, DiskFacts, MediaWriter } from './media-writer.ts';

/** The disk inside a package, opened. */
export interface StoredMedium {
  /** Id of the package. */
  readonly id: string;
  readonly sealedAt: Date;
  readonly media: Media;
  /** Of the medium, as recorded at its ingest. */
  readonly size: number;
  readonly sha256: string;
  readonly facts: DiskFacts;
}

export interface Reading {
  /** Bytes of the medium that were read since the last call. */
  onBytes(count: number): void;
  readonly signal?: AbortSignal | undefined;
}

export class SurveyedDisk implements Disk {
  readonly id: string;
  readonly size: number;
  readonly sealedAt: Date;
  readonly facts: DiskFacts;
  #wasRead = false;
  #used: UsedBlocks | undefined;

  constructor(
    private readonly writer: MediaWriter,
    private readonly stored: StoredMedium,
    private readonly reading: Reading,
  ) {
    const { id, sealedAt, facts, media } = stored;
    if (media.size !== stored.size) throw this.#altered(`it has ${media.size} bytes, recorded were ${stored.size}`);
    this.id = id;
    this.sealedAt = sealedAt;
    this.facts = facts;
    this.size = roundedUp(media.size, writer.sectorSize);
  }

  get used(): Blocks {
    return this.#used ?? NONE;
  }

  /** Whether the digest of what was read is the recorded one: chunks() and blocks() end in no other way. */
  get wasRead(): boolean {
    return this.#wasRead;
  }

  /** Finds the blocks in use, when the writer must know them. @throws what Media.read throws; `signal.reason`. */
  async survey(): Promise<void> {
    const { blockSize } = this.writer;
    if (blockSize === undefined) return;
    const used = new UsedBlocks(Math.ceil(this.size / blockSize));
    let counted = 0;
    for await (const range of this.#stored()) {
      for await (const { offset, bytes } of passingWindowsOf(this.stored.media, range)) {
        this.reading.signal?.throwIfAborted();
        for (let at = 0; at < bytes.length; ) {
          const index = Math.floor((offset + at) / blockSize);
          const end = Math.min(bytes.length, (index + 1) * blockSize - offset);
          if (!used.has(index) && !isZero(bytes.subarray(at, end))) used.add(index);
          at = end;
        }
        this.reading.onBytes(offset + bytes.length - counted);
        counted = offset + bytes.length;
      }
    }
    this.reading.onBytes(this.stored.size - counted);
    this.#used = used;
  }

  uuid(what: string): Buffer {
    const { id, stored, writer } = this;
    const bytes = createHash('sha256').update(`${id}\0${stored.sha256}\0${writer.id}\0${what}`).digest().subarray(0, 16);
    bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6); // RFC 9562 §5.8: version 8, made by rules of our own
    bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
    return bytes;
  }

  async *chunks(length: number): AsyncGenerator<Buffer, void, undefined> {
    let waiting: Buffer[] = [];
    let missing = length;
    for await (const bytes of this.#bytes()) {
      let at = 0;
      for (; bytes.length - at >= missing; missing = length) {
        const piece = bytes.subarray(at, at + missing);
        at += missing;
        yield waiting.length === 0 ? piece : Buffer.concat([...waiting, piece]);
        waiting = [];
      }
      if (at < bytes.length) waiting.push(bytes.subarray(at));
      missing -= bytes.length - at;
    }
    if (waiting.length > 0) yield Buffer.concat(waiting);
  }

  async *blocks(): AsyncGenerator<Buffer, void, undefined> {
    const { blockSize } = this.writer;
    if (blockSize === undefined) throw new TypeError(`${this.writer.id} has no blocks`);
    let index = 0;
    for await (const bytes of this.chunks(blockSize)) {
      if (this.used.has(index)) yield bytes.length === blockSize ? bytes : Buffer.concat([bytes], blockSize);
      index++;
    }
  }

  async *absent(): AsyncGenerator<Range, void, undefined> {
    yield* joined(this.stored.media, (kind) => kind === 'absent');
  }

  /** Every byte once, digested on its way; then the zeros that fill up the last sector. */
  async *#bytes(): AsyncGenerator<Buffer, void, undefined> {
    const { media, sha256 } = this.stored;
    const hash = createHash('sha256');
    for await (const { bytes } of windowsOf(media)) {
      this.reading.signal?.throwIfAborted();
      hash.update(bytes);
      this.reading.onBytes(bytes.length);
      yield bytes;
    }
    const found = hash.digest('hex');
    if (found !== sha256) throw this.#altered(`its SHA-256 is ${found}, recorded was ${sha256}`, { found, recorded: sha256 });
    this.#wasRead = true;
    if (this.size > media.size) yield Buffer.alloc(this.size - media.size);
  }

  /** What must be looked at: all but what is known to be zeros. */
  async *#stored(): AsyncGenerator<Range, void, undefined> {
    yield* joined(this.stored.media, (kind) => kind !== 'zero');
  }

  #altered(what: string, facts: Record<string, string> = {}): Fault {
    const { id } = this.stored;
    const message = `the disk inside package ${id} is not what was ingested: ${what}; nothing was exported. Audit the package, repair it from a good copy, and export again`;
    return new Fault(FaultKind.Corrupt, 'export/medium-altered', message, { package: id, ...facts });
  }
}

async function* joined(media: Media, isWanted: (kind: string) => boolean): AsyncGenerator<Range, void, undefined> {
  let last: Range | undefined;
  for await (const { offset, length, kind } of media.extents()) {
    if (!isWanted(kind)) continue;
    if (last !== undefined && last.offset + last.length === offset) last = { offset: last.offset, length: last.length + length };
    else {
      if (last !== undefined) yield last;
      last = { offset, length };
    }
  }
  if (last !== undefined) yield last;
}

/** One bit a block. */
class UsedBlocks implements Blocks {
  readonly count: number;
  usedCount = 0;
  readonly #bits: Uint8Array;

  constructor(count: number) {
    this.count = count;
    this.#bits = new Uint8Array(Math.ceil(count / 8));
  }

  add(index: number): void {
    this.#bits[index >>> 3] = (this.#bits[index >>> 3] ?? 0) | (1 << (index & 7));
    this.usedCount += 1;
  }

  has(index: number): boolean {
    return ((this.#bits[index >>> 3] ?? 0) & (1 << (index & 7))) !== 0;
  }
}

const NONE: Blocks = { count: 0, usedCount: 0, has: () => false };
