/**
 * Sees the bytes of each file beside its digests, in the threads of ManyDigests, and tells its format. Keeps the first and the last
 * 64 KiB, or all of a small file; of a compound file up to 4 MiB, since what tells it apart may stand anywhere in it.
 * Its URL says by which signatures: see identificationBy.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { FileFormat } from './format.ts';
import { Identifier } from './identifier.ts';
import { ownSignatures } from './own-signatures.ts';
import { pronomSignatures } from './pronom-file.ts';
import { HEAD_SIZE, TAIL_SIZE } from './sample.ts';

const MOST_COMPOUND = 4 << 20;
const MOST_ZIP = 1 << 20;
const COMPOUND_SIGN = 0xd0cf11e0;
const ZIP_SIGN = 0x504b0304;

const { searchParams } = new URL(import.meta.url);
const identifier = new Identifier(signatures(searchParams.get('signatures'), searchParams.get('containers')));

function signatures(file: string | null, containers: string | null) {
  if (file === null) return ownSignatures();
  const text = (url: string): string => readFileSync(fileURLToPath(url), 'utf8');
  return pronomSignatures(text(file), containers === null ? undefined : text(containers));
}

/** @param hint of the survey: `name` is '' for a stream that is not a file's data, which is not looked at. */
export function observe(hint: unknown): { update(bytes: Buffer): void; finish(): FileFormat | undefined } {
  const { name, size } = hint as { readonly name: string; readonly size: number };
  return name === '' ? { update: () => undefined, finish: () => undefined } : new Observed(name, size);
}

class Observed {
  readonly #name: string;
  readonly #size: number;
  #head: Buffer | undefined;
  #tail: Buffer | undefined;
  #seen = 0;
  #format: FileFormat | undefined;
  #isTold = false;

  constructor(name: string, size: number) {
    this.#name = name;
    this.#size = size;
  }

  update(bytes: Buffer): void {
    const start = this.#seen;
    this.#seen += bytes.length;
    if (start === 0 && bytes.length === this.#size) {
      // All of it at once: nothing to keep.
      this.#format = identifier.identify({ size: this.#size, head: bytes, tail: bytes }, this.#name);
      this.#isTold = true;
      return;
    }
    this.#head ??= this.#begin(bytes);
    if (start < this.#head.length) bytes.copy(this.#head, start);
    if (this.#tail === undefined) return;
    const at = start - (this.#size - this.#tail.length);
    if (at >= 0) bytes.copy(this.#tail, at);
    else if (-at < bytes.length) bytes.copy(this.#tail, 0, -at);
  }

  finish(): FileFormat | undefined {
    const head = this.#head;
    if (this.#isTold || head === undefined || this.#seen !== this.#size) return this.#format;
    return identifier.identify({ size: this.#size, head, tail: this.#tail ?? head }, this.#name);
  }

  #begin(bytes: Buffer): Buffer {
    const sign = bytes.length < 4 ? 0 : bytes.readUInt32BE(0);
    let most = HEAD_SIZE + TAIL_SIZE;
    if (sign === COMPOUND_SIGN) most = MOST_COMPOUND;
    else if (sign === ZIP_SIGN) most = MOST_ZIP;
    if (this.#size <= most) return Buffer.alloc(this.#size);
    this.#tail = Buffer.alloc(TAIL_SIZE);
    return Buffer.alloc(HEAD_SIZE);
  }
}
