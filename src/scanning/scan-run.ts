/** One scan on its way: files go to the scanner several at once, what it says goes into rows as it comes. */
import { setTimeout as pause } from 'node:timers/promises';
import { type Clock, Fault, FaultKind, inParallel, type Progress } from '#ingest/kernel';
import { notScanned, type Scanner, type ScannerVersion, type Verdict, WhyNot } from '#ingest/scanning';
import type { FileId, ScannedFile, ScanRows } from './scan-rows.ts';

export interface FileToScan {
  readonly id: FileId;
  readonly size: number;
  /** Why it shall not be scanned. */
  readonly because?: string | undefined;
  /** May be asked for more than once. */
  bytes(): AsyncIterable<Uint8Array>;
}

export interface RunOptions {
  readonly scanId: number;
  readonly totalBytes: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: Progress | undefined;
}

/** Files at the scanner at the same time; clamd has ten threads, unless told otherwise. */
const AT_ONCE = 4;
/** Rows that are written together, and how long the first of them may wait. */
const MOST_WAITING = 200;
const LONGEST_WAIT_MS = 1000;
/** Signatures are renewed while a long scan runs. */
const ASK_VERSION_MS = 60_000;
/** A scanner that doesn't answer is asked again after so long: one that crashed is started again by the system. */
const RETRY_MS = [500, 2000, 5000];
const LONGEST_REASON = 500;

export class ScanRun {
  #waiting: ScannedFile[] = [];
  #writtenAt = performance.now();
  #askedAt = performance.now();
  #doneBytes = 0;
  #scannerId: number | undefined;

  constructor(
    private readonly scanner: Scanner,
    /** As it called itself last. */
    public version: ScannerVersion,
    private readonly rows: ScanRows,
    private readonly clock: Clock,
    private readonly options: RunOptions,
  ) {}

  /** @throws Fault 'scanning/went-away', `signal.reason`, and what reading a failing storage throws. What was judged by then is kept. */
  async judge(files: AsyncIterable<FileToScan> | Iterable<FileToScan>, atOnce = AT_ONCE): Promise<void> {
    const { signal, onProgress, totalBytes } = this.options;
    try {
      const verdicts = inParallel(files, async (file) => ({ file, verdict: await this.one(file) }), atOnce);
      for await (const { file, verdict } of verdicts) {
        this.#waiting.push({ id: file.id, verdict, at: this.clock.now() });
        this.#doneBytes += file.size;
        onProgress?.({ stage: 'scan', doneBytes: Math.min(this.#doneBytes, totalBytes), totalBytes });
        const now = performance.now();
        if (this.#waiting.length >= MOST_WAITING || now - this.#writtenAt > LONGEST_WAIT_MS) await this.write();
        if (now - this.#askedAt > ASK_VERSION_MS) await this.askAgain();
        signal?.throwIfAborted();
      }
    } finally {
      await this.write();
    }
  }

  /** Those that an earlier process has judged in this scan count as done. */
  async left<T extends { readonly id: FileId; readonly size: number }>(files: readonly T[]): Promise<T[]> {
    const done = await this.rows.done(
      this.options.scanId,
      files.map(({ id }) => id),
    );
    for (const { id, size } of files) if (done.has(id)) this.#doneBytes += size;
    return files.filter(({ id }) => !done.has(id));
  }

  private async one(file: FileToScan): Promise<Verdict> {
    const { signal } = this.options;
    signal?.throwIfAborted();
    if (file.because !== undefined) return notScanned(WhyNot.NoVerdict, file.because);
    for (let attempt = 0; ; attempt += 1) {
      const verdict = await this.scanner.scan(file.bytes(), file.size, signal).catch(unreadable);
      if (verdict.outcome !== 'not-scanned' || verdict.why !== WhyNot.Unreachable) return verdict;
      const waitMs = RETRY_MS[attempt];
      if (waitMs === undefined) throw new Fault(FaultKind.Unreadable, 'scanning/went-away', verdict.because);
      await pause(waitMs, undefined, signal === undefined ? {} : { signal });
    }
  }

  private async write(): Promise<void> {
    const files = this.#waiting;
    this.#waiting = [];
    this.#writtenAt = performance.now();
    if (files.length === 0) return;
    this.#scannerId ??= await this.rows.scanner(this.version);
    await this.rows.add(this.options.scanId, this.#scannerId, files);
  }

  private async askAgain(): Promise<void> {
    await this.write();
    this.#askedAt = performance.now();
    this.version = await this.scanner.version();
    this.#scannerId = undefined;
  }
}

/** What can't be read for its own sake is not scanned; a storage that fails to answer says nothing of the file. */
function unreadable(error: unknown): Verdict {
  if (!(error instanceof Fault) || error.kind === FaultKind.Unreadable) throw error;
  return notScanned(WhyNot.NoVerdict, `its bytes could not be read: ${error.message}`.slice(0, LONGEST_REASON));
}
