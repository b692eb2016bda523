/** What validation answers, and the list that collects problems up to a limit. */
import { ABOUT_CONTENT, type Code } from './codes.ts';

export interface Problem {
  readonly code: Code;
  /** Relative to the base directory; the tag file itself when it is at fault; '' for the bag as a whole. */
  readonly path: string;
  readonly message: string;
  /** The manifest (or fetch.txt) that says so. */
  readonly manifest?: string;
}

export interface Report {
  /** The path that was asked about. */
  readonly bag: string;
  /** As bagit.txt says; null when it doesn't. */
  readonly version: string | null;
  /** Every required element and every listed file is there, no payload file is unlisted, everything conforms. */
  readonly complete: boolean;
  /** Complete, and every digest was verified. null when only completeness was asked for and the bag is complete. */
  readonly valid: boolean | null;
  /** Sorted by path, then code. */
  readonly errors: readonly Problem[];
  readonly warnings: readonly Problem[];
  /** Only when a profile was given. Says nothing about `valid`. */
  readonly profile?: { readonly conforms: boolean; readonly errors: readonly Problem[] };
}

/** Collects problems. Keeps at most `limit` of errors and of warnings, so that a hostile bag can't fill the memory. */
export class Findings {
  readonly errors: Problem[] = [];
  readonly warnings: Problem[] = [];
  #complete = true;
  #overflow = false;
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** `structural` marks an error as one of completeness although its code is usually about content only. */
  error(code: Code, path: string, message: string, manifest?: string, structural = false): void {
    if (structural || !ABOUT_CONTENT.has(code)) this.#complete = false;
    this.#add(this.errors, code, path, message, manifest);
  }

  warn(code: Code, path: string, message: string, manifest?: string): void {
    this.#add(this.warnings, code, path, message, manifest);
  }

  /** Error when `strict`, else warning: the rule came with a later version. */
  either(strict: boolean, code: Code, path: string, message: string, manifest?: string): void {
    if (strict) this.error(code, path, message, manifest);
    else this.warn(code, path, message, manifest);
  }

  get complete(): boolean {
    return this.#complete;
  }

  sort(): void {
    for (const list of [this.errors, this.warnings]) list.sort(byPath);
    if (!this.#overflow) return;
    const message = `more than ${this.#limit} problems: the rest is not listed; repair these first or raise limits.problems`;
    this.errors.push({ code: 'too-many-problems', path: '', message });
  }

  #add(list: Problem[], code: Code, path: string, message: string, manifest?: string): void {
    if (list.length >= this.#limit) {
      this.#overflow = true;
      if (list === this.warnings) return;
      this.#complete = false;
      return;
    }
    list.push(manifest === undefined ? { code, path, message } : { code, path, message, manifest });
  }
}

function byPath(a: Problem, b: Problem): number {
  return compare(a.path, b.path) || compare(a.code, b.code) || compare(a.manifest ?? '', b.manifest ?? '');
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
