/** What tar and zip have in common: the list of entries, its limits, and which directory in it is the bag. */
import { basename } from 'node:path';
import { reason, systemCode } from './bagit-error.ts';
import type { Code } from './codes.ts';
import { growingBytes, growingNumbers, type Inventory } from './inventory.ts';
import { RANGE_FIELDS } from './hash-files.ts';
import type { Limits } from './limits.ts';
import { pathFault } from './paths.ts';
import type { Findings } from './report.ts';

/**
 * Ends the reading of an archive. `refused`: what was read so far is not judged, either because it asks for too much, or
 * because the archive is cut off: calling everything behind the cut missing would help nobody.
 */
export class ArchiveFault extends Error {
  readonly code: Code;
  readonly refused: boolean;

  constructor(code: Code, message: string, refused = code === 'archive-truncated') {
    super(message);
    this.code = code;
    this.refused = refused;
  }
}

export function isZlib(error: unknown): boolean {
  return systemCode(error).startsWith('Z_');
}

/** What stopped the reading, as a fault; rethrows what is none of the archive's doing. */
export function archiveFault(error: unknown): ArchiveFault {
  if (error instanceof ArchiveFault) return error;
  const code = systemCode(error);
  if (isZlib(error)) {
    const early = code === 'Z_BUF_ERROR';
    return new ArchiveFault(
      early ? 'archive-truncated' : 'archive-damaged',
      `the archive can't be decompressed: ${reason(error)}`,
    );
  }
  if (/^E[A-Z0-9]+$/.test(code)) return new ArchiveFault('unreadable', `the archive can't be read: ${reason(error)}`, true);
  throw error;
}

export interface ArchiveFile {
  readonly offset: number;
  /** Bytes in the archive, and unpacked. */
  readonly stored: number;
  readonly size: number;
  /** One of Method in hash-files.ts. */
  readonly method: number;
  readonly crc: number;
}

type Refused = 'archive-link' | 'archive-special-file' | 'archive-unsupported';

export class ArchiveIndex {
  #baseName = '';
  #prefix = '';
  #names: string[] = [];
  readonly #directories: string[] = [];
  readonly #refused: {
    code: Refused | 'unsafe-path' | 'name-not-utf8' | 'archive-duplicate-entry';
    name: string;
    message: string;
  }[] = [];
  readonly #fields = growingNumbers();
  readonly #methods = growingBytes();
  readonly #limits: Limits;
  #count = 0;
  #total = 0;
  /** By number in the inventory, the number here; only where they differ (an entry was left out). */
  readonly #shifted = growingNumbers();

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Name of the base directory, '' when there is none. */
  get baseName(): string {
    return this.#baseName;
  }

  /** Bytes that the files seen so far would unpack to. */
  get totalSize(): number {
    return this.#total;
  }

  /** A name as it counts here, without `./` before and `/` behind; undefined when it is empty or refused. */
  #accept(raw: string): string | undefined {
    if (++this.#count > this.#limits.entries) {
      throw new ArchiveFault('archive-too-many-entries', `the archive has more than ${this.#limits.entries} entries`, true);
    }
    const name = raw.replace(/^(?:\.\/+)+/, '').replace(/\/$/, '');
    if (name === '' || name === '.') return undefined;
    const fault = pathFault(name);
    if (fault === undefined) return name;
    this.#refused.push({ code: 'unsafe-path', name: raw, message: `the archive has an entry ${JSON.stringify(raw)}: ${fault}` });
    return undefined;
  }

  addFile(raw: string, file: ArchiveFile): void {
    const name = this.#accept(raw);
    if (name === undefined) return;
    const i = this.#names.push(name) - 1;
    this.#fields.set(i * 4, file.offset);
    this.#fields.set(i * 4 + 1, file.stored);
    this.#fields.set(i * 4 + 2, file.size);
    this.#fields.set(i * 4 + 3, file.crc);
    this.#methods.set(i, file.method);
    this.#total += file.size;
    if (this.#total > this.#limits.totalSize) {
      throw new ArchiveFault('archive-too-large', `the archive would unpack to more than ${this.#limits.totalSize} bytes`, true);
    }
  }

  addDirectory(raw: string): void {
    const name = this.#accept(raw);
    if (name !== undefined) this.#directories.push(name);
  }

  /** An entry that is reported and never read. */
  refuse(raw: string, code: Refused | 'name-not-utf8', message: string): void {
    const name = this.#accept(raw);
    if (name !== undefined) this.#refused.push({ code, name, message });
  }

  /** Number of the file of that inventory number. */
  #at(id: number): number {
    const shifted = this.#shifted.get(id);
    return shifted === 0 ? id : shifted;
  }

  file(id: number): ArchiveFile {
    const i = this.#at(id);
    const [offset, stored, size, crc] = [0, 1, 2, 3].map((field) => this.#fields.get(i * 4 + field)) as [
      number,
      number,
      number,
      number,
    ];
    return { offset, stored, size, crc, method: this.#methods.get(i) };
  }

  ranges(ids: ArrayLike<number>): Float64Array {
    const ranges = new Float64Array(ids.length * RANGE_FIELDS);
    for (let k = 0; k < ids.length; k++) {
      const { offset, stored, size, method, crc } = this.file(ids[k] ?? 0);
      ranges.set([offset, stored, size, method, crc], k * RANGE_FIELDS);
    }
    return ranges;
  }

  /** The name inside the bag, or undefined for what lies beside it. */
  inBag(raw: string): string | undefined {
    const name = raw.replace(/^(?:\.\/+)+/, '');
    return name.startsWith(this.#prefix) ? name.slice(this.#prefix.length) : undefined;
  }

  /** Finds the bag and fills the inventory. The index keeps no names after that. */
  finish(inventory: Inventory, findings: Findings, archive: string): void {
    this.#chooseBase(findings);
    const { length } = this.#prefix;
    const beside = new Set<string>();
    const inside = (name: string): string | undefined => {
      if (length === 0) return name;
      if (name.startsWith(this.#prefix)) return Buffer.from(name.slice(length)).toString();
      if (`${name}/` !== this.#prefix) beside.add(name.split('/', 1)[0] ?? name);
      return undefined;
    };
    let id = 0;
    for (let i = 0; i < this.#names.length; i++) {
      const full = this.#names[i] ?? '';
      const name = inside(full);
      this.#names[i] = '';
      if (name === undefined || name === '') continue;
      if (!inventory.add(name, this.#fields.get(i * 4 + 2))) {
        this.#refused.push({ code: 'archive-duplicate-entry', name: full, message: 'the archive holds this name twice' });
        continue;
      }
      if (id !== i) this.#shifted.set(id, i);
      id++;
    }
    this.#names = [];
    for (const directory of this.#directories) {
      const name = inside(directory);
      if (name !== undefined && name !== '') inventory.directories.add(name);
    }
    for (const { code, name, message } of this.#refused) {
      const relative = code === 'unsafe-path' ? name : (inside(name) ?? name);
      if (code === 'archive-link' || code === 'archive-special-file' || code === 'archive-unsupported') {
        inventory.others.set(relative, code === 'archive-link' ? 'symbolic-link' : 'special-file');
      }
      findings.error(code, relative, message);
    }
    reportBeside(beside, findings);
    const stem = basename(archive).replace(/\.(?:tar\.gz|tgz|tar|zip)$/i, '');
    if (this.#baseName !== '' && stem !== this.#baseName) {
      findings.warn('archive-name-mismatch', '', `the archive ${basename(archive)} holds the directory ${this.#baseName}/`);
    }
  }

  #chooseBase(findings: Findings): void {
    if (this.#names.includes('bagit.txt')) {
      findings.warn('archive-no-base-directory', '', 'the bag lies at the top of the archive; it should be in one directory');
      return;
    }
    const bags = this.#names
      .filter((name) => /^[^/]+\/bagit\.txt$/.test(name) && !isMacJunk(name))
      .map((name) => name.split('/', 1)[0] ?? '');
    let [base] = bags;
    if (bags.length > 1)
      findings.error(
        'archive-many-bags',
        '',
        `the archive holds ${bags.length} bags (${bags.slice(0, 5).join(', ')}); only ${base} was read`,
      );
    if (base === undefined) {
      const tops = new Set(
        [...this.#names.filter((name) => name.includes('/')), ...this.#directories].map((name) => name.split('/', 1)[0] ?? ''),
      );
      const likely = [...tops].filter((top) => !isMacJunk(top));
      if (likely.length === 1 && likely[0] !== 'data') [base] = likely;
    }
    if (base === undefined) return;
    this.#baseName = base;
    this.#prefix = `${base}/`;
  }
}

function isMacJunk(name: string): boolean {
  return /^(?:__MACOSX(?:\/|$)|\._|\.DS_Store$)/.test(name);
}

function reportBeside(tops: ReadonlySet<string>, findings: Findings): void {
  for (const top of tops) {
    if (isMacJunk(top)) findings.warn('archive-mac-files', top, 'left by macOS beside the bag; not part of it');
    else
      findings.error(
        'archive-extra-entry',
        top,
        'this lies beside the base directory; an archive holds one bag and nothing else',
      );
  }
}
