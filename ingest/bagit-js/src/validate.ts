/** The story of one validation: find the bag, read its tag files, compare the lists, read the payload, answer. */
import { availableParallelism } from 'node:os';
import type { BagInfo } from './bag-info.ts';
import { valuesOf } from './bag-info.ts';
import { type Check, readSmall } from './check.ts';
import { checkOxum, readBagInfo } from './check-bag-info.ts';
import { checkComplete, type Manifests } from './check-complete.ts';
import { ContentCheck } from './check-content.ts';
import { checkFetchLengths, readFetch } from './check-fetch.ts';
import { findManifests, readManifest } from './check-manifest.ts';
import { parseDeclaration, type Version } from './declaration.ts';
import { findEncoding } from './encoding.ts';
import { HashPool } from './hash-pool.ts';
import { Inventory } from './inventory.ts';
import { DEFAULT_LIMITS, type Limits } from './limits.ts';
import { openSource } from './open-source.ts';
import { checkProfile, readProfile } from './profile.ts';
import { Findings, type Report } from './report.ts';
import type { BagSource } from './source.ts';

export interface Progress {
  readonly stage: 'scan' | 'manifests' | 'content';
  /** Files done and to be done in stage 'content'; 0 before. */
  readonly doneFiles: number;
  readonly totalFiles: number;
  readonly doneBytes: number;
}

export interface ValidateOptions {
  /** Looks at names and sizes only, digests nothing. `valid` of a complete bag is then null. */
  readonly completenessOnly?: boolean;
  /** A BagIt Profile: the parsed JSON. Conformance is reported beside validity. */
  readonly profile?: unknown;
  /** Threads that read and digest; default: one for each core, at least 4 and at most 16. */
  readonly workers?: number;
  readonly signal?: AbortSignal;
  /** Called often; must return at once. */
  readonly onProgress?: (at: Progress) => void;
  readonly limits?: Partial<Limits>;
}

/**
 * Validates a bag: a directory, a tar, a gzipped tar or a zip; archives are not unpacked, fetch.txt is not followed.
 * @throws BagItError 'not-found', 'not-a-bag', 'bad-profile', 'aborted'; everything else is in the report.
 */
export async function validateBag(path: string, options: ValidateOptions = {}): Promise<Report> {
  const profile = options.profile === undefined ? undefined : readProfile(options.profile);
  const source = await openSource(path);
  try {
    return await new Validation(source, path, options, profile).run();
  } finally {
    await source.close();
  }
}

/** More than the cores of a small machine: while one thread waits for the disk, another digests. */
const LEAST_WORKERS = 4;
/** A thread costs 13 MB (measured); 16 of them keep a bag of 200,000 files at 350 MB. */
const MOST_WORKERS = 16;

/** Bags up to this are digested in the calling thread: starting workers would take longer. */
const SMALL_FILES = 64;

class Validation {
  readonly #source: BagSource;
  readonly #path: string;
  readonly #options: ValidateOptions;
  readonly #profile: ReturnType<typeof readProfile> | undefined;
  readonly #limits: Limits;
  readonly #findings: Findings;
  readonly #inventory = new Inventory();
  #version: Version | undefined;

  constructor(source: BagSource, path: string, options: ValidateOptions, profile: ReturnType<typeof readProfile> | undefined) {
    this.#source = source;
    this.#path = path;
    this.#options = options;
    this.#profile = profile;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#findings = new Findings(this.#limits.problems);
  }

  async run(): Promise<Report> {
    this.#tell('scan');
    const readable = await this.#source.scan(this.#inventory, this.#findings, this.#limits, this.#options.signal);
    if (!readable) return this.#report();
    const { version, encoding } = await this.#declaration();
    if (version !== undefined && version.major > 1) {
      this.#findings.error(
        'unsupported-version',
        'bagit.txt',
        `BagIt ${version.text} is not known here, only 0.x and 1.x; nothing else was checked`,
      );
      return this.#report();
    }
    if (!this.#inventory.isDirectory('data')) {
      this.#findings.error('missing-data-directory', 'data', 'there is no data/ directory; it is required even when it is empty');
    }
    const known = findEncoding(encoding);
    if (known === undefined) {
      this.#findings.error(
        'unknown-encoding',
        'bagit.txt',
        `the encoding ${JSON.stringify(encoding)} is not known here; no tag file was read`,
      );
      return this.#report();
    }
    const fallback = { text: '1.0', major: 1, minor: 0 };
    return this.#checkAll({
      source: this.#source,
      inventory: this.#inventory,
      findings: this.#findings,
      limits: this.#limits,
      version: version ?? fallback,
      encoding: known,
    });
  }

  async #checkAll(check: Check): Promise<Report> {
    const pool = await this.#startPool();
    try {
      this.#tell('manifests');
      const bagInfo = await readBagInfo(check);
      const manifests = findManifests(check);
      for (const manifest of [...manifests.payload, ...manifests.tag]) await readManifest(check, manifest);
      const hasFetch = this.#inventory.find('fetch.txt') !== undefined;
      const fetchLengths = hasFetch ? await readFetch(check) : new Map<number, number>();
      if (manifests.payload.length === 0) {
        this.#findings.error('missing-manifest', '', 'there is no manifest-<algorithm>.txt; at least one is required');
      } else if (manifests.payload.every(({ column }) => column.algorithm === undefined)) {
        const names = manifests.payload.map(({ file }) => file).join(', ');
        this.#findings.error('unverifiable', '', `no algorithm of ${names} is known here: the payload can't be verified`);
      }
      checkComplete(check, manifests);
      await this.#checkContent(check, manifests, bagInfo, pool, fetchLengths.size > 0);
      checkOxum(this.#findings, bagInfo, this.#payload());
      checkFetchLengths(check, fetchLengths);
      const profileErrors = this.#checkProfile(check, manifests, bagInfo, hasFetch);
      return this.#report(profileErrors);
    } finally {
      await pool.close();
    }
  }

  async #declaration(): Promise<{ version: Version | undefined; encoding: string }> {
    const findings = this.#findings;
    if (this.#inventory.find('bagit.txt') === undefined) {
      const what = this.#inventory.others.has('bagit.txt') ? 'bagit.txt is not a file' : 'there is no bagit.txt';
      findings.error('missing-bagit-txt', 'bagit.txt', `${what}; the rest was checked as BagIt 1.0 in UTF-8`);
      return { version: undefined, encoding: 'UTF-8' };
    }
    const bytes = await readSmall({ source: this.#source, findings, limits: this.#limits }, 'bagit.txt');
    if (bytes === undefined) return { version: undefined, encoding: 'UTF-8' };
    const { version, encoding, errors, warnings } = parseDeclaration(bytes);
    this.#version = version;
    for (const { code, message } of errors) findings.error(code, 'bagit.txt', message);
    for (const { code, message } of warnings) findings.warn(code, 'bagit.txt', message);
    return { version, encoding: encoding ?? 'UTF-8' };
  }

  /** Early, so that the threads start while the manifests are read. */
  async #startPool(): Promise<HashPool> {
    const files = this.#inventory.names.length;
    return new HashPool(files <= SMALL_FILES && (await this.#isLight()) ? 0 : this.#workers());
  }

  #workers(): number {
    return Math.max(1, this.#options.workers ?? Math.min(MOST_WORKERS, Math.max(LEAST_WORKERS, availableParallelism())));
  }

  /** No file of more than a few megabytes; looks it up where the scan did not. */
  async #isLight(): Promise<boolean> {
    const unknown: number[] = [];
    let total = 0;
    for (let id = 0; id < this.#inventory.names.length; id++) {
      const size = this.#inventory.size(id);
      if (size === undefined) unknown.push(id);
      else total += size;
    }
    const setup = this.#source.hashing([], []);
    if (setup === undefined) return true; // never needs workers
    if (unknown.length > 0) {
      const names = unknown.map((id) => this.#inventory.name(id)).join('\0');
      const job = { masks: new Uint32Array(unknown.length), names };
      const onResult = (_: unknown, { sizes }: { sizes: Float64Array }): void => {
        for (const size of sizes) total += Math.max(0, size);
      };
      await new HashPool(0).run({
        setup,
        jobs: [job].values(),
        onResult,
        onBytes: () => undefined,
        signal: this.#options.signal,
      });
    }
    return total <= 8 * 1024 * 1024;
  }

  async #checkContent(check: Check, manifests: Manifests, bagInfo: BagInfo, pool: HashPool, fetches: boolean): Promise<void> {
    const content = new ContentCheck(check, manifests, {
      sizesOnly: this.#options.completenessOnly === true,
      needSizes: fetches || this.#profile !== undefined || valuesOf(bagInfo, 'Payload-Oxum').length > 0,
      pool,
      workers: this.#workers(),
      signal: this.#options.signal,
      onProgress: (doneFiles, totalFiles, doneBytes) =>
        this.#options.onProgress?.({ stage: 'content', doneFiles, totalFiles, doneBytes }),
    });
    await content.run();
  }

  /** Count and size of what is under data/. */
  #payload(): { files: number; size: number | undefined } {
    let files = 0;
    let size: number | undefined = 0;
    for (let id = 0; id < this.#inventory.names.length; id++) {
      if (!this.#inventory.isPayload(id) || !this.#inventory.isPresent(id)) continue;
      files++;
      const one = this.#inventory.size(id);
      size = size === undefined || one === undefined ? undefined : size + one;
    }
    return { files, size };
  }

  #checkProfile(check: Check, manifests: Manifests, bagInfo: BagInfo, hasFetch: boolean): Findings | undefined {
    if (this.#profile === undefined) return undefined;
    const errors = new Findings(this.#limits.problems);
    checkProfile(this.#profile, errors, {
      serialization: this.#source.serialization,
      version: check.version.text,
      bagInfo,
      inventory: this.#inventory,
      manifests: manifests.payload.map(({ column }) => column.name),
      tagManifests: manifests.tag.map(({ column }) => column.name),
      hasFetch,
    });
    for (const { code, path, message } of errors.warnings) this.#findings.warn(code, path, message);
    return errors;
  }

  #tell(stage: Progress['stage']): void {
    this.#options.onProgress?.({ stage, doneFiles: 0, totalFiles: 0, doneBytes: 0 });
  }

  #report(profile?: Findings): Report {
    const findings = this.#findings;
    findings.sort();
    profile?.sort();
    const { complete, errors, warnings } = findings;
    const unchecked = this.#options.completenessOnly === true && errors.length === 0;
    return {
      bag: this.#path,
      version: this.#version?.text ?? null,
      complete,
      valid: unchecked ? null : complete && errors.length === 0,
      errors,
      warnings,
      ...(profile === undefined ? {} : { profile: { conforms: profile.errors.length === 0, errors: profile.errors } }),
    };
  }
}
