/** The text of a block list, version 1: header, one digest per 1 MiB block, root. The layout is `docs/package.md`'s, to the byte. */
import { createHash } from 'node:crypto';
import { MerkleRoot } from './merkle.ts';
import { TargetFile } from './target.ts';
import { BLOCK } from './zeros.ts';

/** 64 hex digits and a line feed. Bytes. */
export const LINE = 65;
const CHUNK = 1 << 16;

/** As BagIt manifests spell a path (RFC 8493 §2.1.3): only CR, LF and % are encoded. */
export function encodePath(path: string): string {
  return path.replace(/[%\r\n]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

export function decodePath(text: string): string {
  return text.replace(/%(0D|0A|25)/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** How many blocks a file of `size` bytes has; the last may be shorter. */
export function blockCount(size: number): number {
  return Math.ceil(size / BLOCK);
}

/** Everything before the first digest, with the blank line. */
export function headerText(path: string, size: number): string {
  return `strongroom-blocks 1\npath ${encodePath(path)}\nsize ${size}\nblock-size ${BLOCK}\nalgorithm sha256\n\n`;
}

/** Everything after the last digest, with the blank line. */
export function footerText(root: string): string {
  return `\nroot ${root}\n`;
}

export interface BlockListSummary {
  /** Merkle root over the block digests, hex. */
  readonly root: string;
  /** Size and SHA-256 of the block list itself, for the tag manifest. */
  readonly size: number;
  readonly sha256: string;
}

/** Writes a block list while the digests come, in a few KiB of memory. Synchronous. */
export class BlockListWriter {
  readonly #file: TargetFile;
  readonly #root = new MerkleRoot();
  readonly #hash = createHash('sha256');
  readonly #expected: number;
  #pending: string[] = [];
  #pendingBytes = 0;
  #blocks = 0;
  #size = 0;

  /** @param path of the described file in its package; `size` its bytes. */
  constructor(target: string, path: string, size: number, created: () => void) {
    this.#expected = blockCount(size);
    this.#file = new TargetFile(target, created);
    this.#put(headerText(path, size));
  }

  /** @param digest SHA-256 of the next block, 32 bytes. */
  add(digest: Buffer): void {
    this.#root.add(digest);
    this.#blocks += 1;
    this.#put(`${digest.toString('hex')}\n`);
  }

  /** Ends the list and makes it durable. @throws RangeError when blocks are missing: a half list is never sealed. */
  finish(): BlockListSummary {
    if (this.#blocks !== this.#expected) throw new RangeError(`${this.#blocks} block digests instead of ${this.#expected}`);
    const root = this.#root.root();
    this.#put(footerText(root));
    this.#flush();
    this.#file.seal(this.#size);
    return { root, size: this.#size, sha256: this.#hash.digest('hex') };
  }

  abandon(): void {
    this.#file.abandon();
  }

  #put(text: string): void {
    this.#pending.push(text);
    this.#pendingBytes += text.length;
    if (this.#pendingBytes >= CHUNK) this.#flush();
  }

  #flush(): void {
    const bytes = Buffer.from(this.#pending.join(''));
    this.#pending = [];
    this.#pendingBytes = 0;
    this.#hash.update(bytes);
    this.#file.write(bytes, 0, bytes.length, this.#size);
    this.#size += bytes.length;
  }
}
