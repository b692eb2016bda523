/** Spreads hash jobs over worker threads; the workers read the files themselves, only names and digests are sent. */
import { Worker } from 'node:worker_threads';
import { BagItError, reason } from './bagit-error.ts';
import { FileHasher, type HashJob, type HashResult, type HashSetup } from './hash-files.ts';
import type { FromWorker, ToWorker } from './hash-worker.ts';

export interface PoolRun<J extends HashJob> {
  readonly setup: HashSetup;
  readonly jobs: Iterator<J>;
  /** In any order. */
  onResult(job: J, result: HashResult): void;
  /** Within large files only: bytes since the last call. */
  onBytes(bytes: number): void;
  readonly signal: AbortSignal | undefined;
}

/** Jobs waiting at each worker, so that it never idles while we look at a result. */
const AHEAD = 2;
/** Only jobs of that many files are sent ahead: a single huge file must not wait behind another while a worker idles. */
const MANY = 16;

export class HashPool {
  readonly #workers: Worker[] = [];

  /** With 0 workers, the calling thread does it: right for a handful of small files. */
  constructor(workers: number) {
    for (let i = 0; i < workers; i++) this.#workers.push(new Worker(new URL('./hash-worker.js', import.meta.url)));
  }

  /**
   * @throws BagItError 'aborted' when the signal says so; 'not-found' when the archive can't be opened any more. Faults of
   * single files are in the results.
   */
  async run<J extends HashJob>(run: PoolRun<J>): Promise<void> {
    if (run.signal?.aborted === true) throw aborted(run.signal);
    await (this.#workers.length === 0 ? runHere(run) : this.#spread(run));
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  #spread<J extends HashJob>(run: PoolRun<J>): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      let open = 0;
      let over = false;
      const stop = (): void => settle(aborted(run.signal));
      const settle = (error?: Error): void => {
        if (over) return;
        over = true;
        run.signal?.removeEventListener('abort', stop);
        for (const worker of this.#workers) worker.removeAllListeners();
        if (error === undefined) resolve();
        else reject(error);
      };
      run.signal?.addEventListener('abort', stop);
      for (const worker of this.#workers) {
        const waiting: J[] = [];
        const tell = (message: ToWorker): void => worker.postMessage(message, []);
        const refill = (): void => {
          while (waiting.length === 0 || (waiting.length < AHEAD && (waiting[0]?.masks.length ?? 0) >= MANY)) {
            const next = run.jobs.next();
            if (next.done === true) break;
            waiting.push(next.value);
            open++;
            const { masks, names, ranges } = next.value;
            tell({ job: ranges === undefined ? { masks, names } : { masks, names, ranges } });
          }
        };
        worker.on('message', (message: FromWorker) => {
          if (over) return;
          if ('bytes' in message) run.onBytes(message.bytes);
          else if ('failed' in message) settle(new BagItError('not-found', message.failed));
          else {
            const job = waiting.shift();
            open--;
            try {
              refill();
              if (job !== undefined) run.onResult(job, message.result);
            } catch (error) {
              settle(error as Error);
            }
            if (open === 0) settle();
          }
        });
        worker.on('error', (error) =>
          settle(new BagItError('aborted', `a hash worker failed: ${reason(error)}`, { cause: error })),
        );
        worker.on('exit', () => settle(new BagItError('aborted', 'a hash worker ended unexpectedly')));
        tell({ setup: run.setup });
        refill();
      }
      if (open === 0) settle();
    });
  }
}

async function runHere<J extends HashJob>(run: PoolRun<J>): Promise<void> {
  const hasher = new FileHasher(run.setup, (bytes) => run.onBytes(bytes));
  try {
    for (let next = run.jobs.next(); next.done !== true; next = run.jobs.next()) {
      run.onResult(next.value, await hasher.run(next.value));
      await new Promise(setImmediate);
      if (run.signal?.aborted === true) throw aborted(run.signal);
    }
  } finally {
    hasher.close();
  }
}

export function aborted(signal: AbortSignal | undefined): BagItError {
  return new BagItError('aborted', 'the work was stopped by the caller', { cause: signal?.reason });
}
