/**
 * Every file of a bag, by number: those that are there and those that are only listed. Holds a million of them in some
 * 250 MB: one string and one map entry each, everything else in typed arrays.
 */
import type { Algorithm } from './algorithms.ts';

/** A typed array that grows; reading past its end gives `missing`. */
class Growing<T extends Uint8Array | Float64Array> {
  array: T;
  readonly #make: (length: number) => T;

  constructor(make: (length: number) => T) {
    this.#make = make;
    this.array = make(1024);
  }

  set(i: number, value: number): void {
    if (i >= this.array.length) {
      const wider = this.#make(Math.max(i + 1, this.array.length * 2));
      wider.set(this.array);
      this.array = wider;
    }
    this.array[i] = value;
  }

  get(i: number): number {
    return this.array[i] ?? 0;
  }
}

export function growingBytes(): Growing<Uint8Array> {
  return new Growing((length) => new Uint8Array(length));
}

export function growingNumbers(): Growing<Float64Array> {
  return new Growing((length) => new Float64Array(length));
}

const CHUNK = 16_384;
const LISTED = 1;
const VERIFIABLE = 2;

/** What one manifest (and the tag manifest of the same algorithm) says of each file. */
export class Column {
  readonly name: string;
  /** undefined: an algorithm that is not known here; then only the listing counts. */
  readonly algorithm: Algorithm | undefined;
  readonly #listed = growingBytes();
  readonly #chunks: (Buffer | undefined)[] = [];

  constructor(name: string, algorithm: Algorithm | undefined) {
    this.name = name;
    this.algorithm = algorithm;
  }

  lists(id: number): boolean {
    return this.#listed.get(id) !== 0;
  }

  /** Whether it lists the file with a digest that can be checked. */
  verifies(id: number): boolean {
    return this.#listed.get(id) === VERIFIABLE;
  }

  /** `hex` has the length of the algorithm, or is '' for a file that is listed with a digest of no use. */
  set(id: number, hex: string): void {
    this.#listed.set(id, hex === '' || this.algorithm === undefined ? LISTED : VERIFIABLE);
    if (hex === '' || this.algorithm === undefined) return;
    const { size } = this.algorithm;
    const chunk = (this.#chunks[Math.floor(id / CHUNK)] ??= Buffer.alloc(CHUNK * size));
    chunk.write(hex, (id % CHUNK) * size, 'hex');
  }

  /** Lower-case hex of what was set; '' when that can't be checked. */
  digest(id: number): string {
    if (this.algorithm === undefined || !this.verifies(id)) return '';
    const { size } = this.algorithm;
    const start = (id % CHUNK) * size;
    return this.#chunks[Math.floor(id / CHUNK)]?.toString('hex', start, start + size) ?? '';
  }

  /** Whether `digests` holds at `offset` what was set for that file. */
  matches(id: number, digests: Uint8Array, offset: number): boolean {
    const size = this.algorithm?.size ?? 0;
    const chunk = this.#chunks[Math.floor(id / CHUNK)];
    if (chunk === undefined) return false;
    const start = (id % CHUNK) * size;
    for (let i = 0; i < size; i++) if (chunk[start + i] !== digests[offset + i]) return false;
    return true;
  }
}

export type OtherKind = 'symbolic-link' | 'link-out-of-bag' | 'special-file';

const PRESENT = 1;
const FETCH = 2;

export class Inventory {
  /** Relative to the base directory, `/`-separated, as on disk or as listed. */
  readonly names: string[] = [];
  readonly directories = new Set<string>();
  /** Links and special files: there, but never opened. */
  readonly others = new Map<string, OtherKind>();
  /** By algorithm. */
  readonly columns = new Map<string, Column>();
  /** How many names are listed and not there. */
  absent = 0;
  /** Directories that could not be listed, with `/` behind: nothing below them may be called missing. */
  readonly unlistable: string[] = [];
  readonly #index = new Map<string, number>();
  readonly #flags = growingBytes();
  readonly #sizes = growingNumbers();
  #denormalized: Map<string, number> | undefined;
  #parents: Set<string> | undefined;

  /** A file that is there. False when one of that name is there already. */
  add(name: string, size?: number): boolean {
    if (this.#index.has(name)) return false;
    const id = this.#new(name);
    this.#flags.set(id, PRESENT);
    if (size !== undefined) this.setSize(id, size);
    return true;
  }

  /** A name that is listed but not there; the number it has from now on. Copies the name. */
  addAbsent(name: string): number {
    const id = this.#index.get(name);
    if (id !== undefined) return id;
    this.absent++;
    return this.#new(Buffer.from(name).toString());
  }

  #new(name: string): number {
    const id = this.names.push(name) - 1;
    this.#index.set(name, id);
    return id;
  }

  name(id: number): string {
    return this.names[id] ?? '';
  }

  isPresent(id: number): boolean {
    return (this.#flags.get(id) & PRESENT) !== 0;
  }

  isPayload(id: number): boolean {
    return this.name(id).startsWith('data/');
  }

  /** The number of a file that is there under exactly this name. */
  find(name: string): number | undefined {
    const id = this.#index.get(name);
    return id !== undefined && this.isPresent(id) ? id : undefined;
  }

  /** The number of a file that is there under a name of the same NFC form. */
  findNormalized(name: string): number | undefined {
    const nfc = name.normalize('NFC');
    const exact = nfc === name ? undefined : this.find(nfc);
    if (exact !== undefined) return exact;
    if (this.#denormalized === undefined) {
      this.#denormalized = new Map();
      for (const [id, real] of this.names.entries()) {
        if (!this.isPresent(id) || isAscii(real)) continue;
        const form = real.normalize('NFC');
        if (form !== real) this.#denormalized.set(form, id);
      }
    }
    return this.#denormalized.get(nfc);
  }

  /** Whether there is a directory of that name, with or without an entry of its own in an archive. */
  isDirectory(name: string): boolean {
    if (this.directories.has(name)) return true;
    if (this.#parents === undefined) {
      this.#parents = new Set();
      for (const [id, file] of this.names.entries()) {
        if (!this.isPresent(id)) continue;
        for (let at = file.lastIndexOf('/'); at > 0; at = file.lastIndexOf('/', at - 1)) {
          const parent = file.slice(0, at);
          if (this.#parents.has(parent)) break;
          this.#parents.add(parent);
        }
      }
    }
    return this.#parents.has(name);
  }

  markFetch(id: number): void {
    this.#flags.set(id, this.#flags.get(id) | FETCH);
  }

  isFetch(id: number): boolean {
    return (this.#flags.get(id) & FETCH) !== 0;
  }

  /** Bytes; undefined until somebody has looked. */
  size(id: number): number | undefined {
    const stored = this.#sizes.get(id);
    return stored === 0 ? undefined : stored - 1;
  }

  setSize(id: number, size: number): void {
    this.#sizes.set(id, size + 1);
  }

  column(name: string, algorithm: Algorithm | undefined): Column {
    let column = this.columns.get(name);
    if (column === undefined) this.columns.set(name, (column = new Column(name, algorithm)));
    return column;
  }

  /** Files in the base directory itself. */
  rootFiles(): string[] {
    return this.names.filter((name, id) => !name.includes('/') && this.isPresent(id));
  }

  /** Groups of names that a file system without letter case, or with one Unicode form, can't tell apart. */
  *collisions(): Generator<number[]> {
    const hashes = Float64Array.from(this.names, foldedHash).sort();
    const twice = new Set<number>();
    for (let i = 1; i < hashes.length; i++) if (hashes[i] === hashes[i - 1]) twice.add(hashes[i] ?? 0);
    if (twice.size === 0) return;
    const groups = new Map<string, number[]>();
    for (const [id, name] of this.names.entries()) {
      if (!twice.has(foldedHash(name))) continue;
      const key = folded(name);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [id]);
      else group.push(id);
    }
    for (const group of groups.values()) if (group.length > 1) yield group;
  }
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}

function folded(name: string): string {
  return name.normalize('NFC').toLowerCase().normalize('NFC');
}

/** 53 bits over the folded name: eight bytes a file instead of a second set of strings. */
function foldedHash(name: string): number {
  const text = isAscii(name) ? name : folded(name);
  let low = 0x811c9dc5;
  let high = 0x9dc5;
  for (let i = 0; i < text.length; i++) {
    let code = text.charCodeAt(i);
    if (code >= 0x41 && code <= 0x5a) code += 0x20;
    low = Math.imul(low ^ code, 0x01000193);
    high = Math.imul(high + code, 0x85ebca6b) ^ (high >>> 13);
  }
  return (low >>> 0) + (high & 0x1fffff) * 0x100000000;
}
