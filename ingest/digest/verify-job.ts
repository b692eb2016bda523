/** What every verification has in common: threads, a budget, a way to stop. Its own unless the caller brings them. */
import { Budget } from './budget.ts';
import { VerifyPool } from './verify-pool.ts';

export interface VerifyOptions {
  /** Threads to start when no pool is given; by default one per core. */
  readonly workers?: number;
  /** Threads that are there already; stays open. */
  readonly pool?: VerifyPool;
  /** One budget for all threads, and for all jobs that are given the same object. */
  readonly bytesPerSecond?: number | Budget;
  readonly signal?: AbortSignal;
}

export class VerifyJob implements AsyncDisposable {
  readonly pool: VerifyPool;
  /** One word that every thread looks at before every read. */
  readonly stop = new SharedArrayBuffer(4);
  readonly budget: SharedArrayBuffer | undefined;
  readonly #options: VerifyOptions;
  readonly #budget: Budget | undefined;
  readonly #halt: () => void;
  readonly #underWay = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | undefined;

  constructor(options: VerifyOptions) {
    options.signal?.throwIfAborted();
    this.#options = options;
    const { bytesPerSecond } = options;
    this.#budget = typeof bytesPerSecond === 'number' ? new Budget(bytesPerSecond) : bytesPerSecond;
    this.budget = this.#budget?.shared;
    this.pool = options.pool ?? new VerifyPool(options.workers);
    this.#halt = () => Atomics.store(new Int32Array(this.stop), 0, 1);
    options.signal?.addEventListener('abort', this.#halt, { once: true });
  }

  /** Waits for a place, then lets `work` run beside the others. @throws what an earlier one threw, or the signal's reason. */
  async add(work: () => Promise<void>): Promise<void> {
    while (this.#underWay.size >= this.pool.depth && this.#failure === undefined) await Promise.race(this.#underWay);
    this.#check();
    const done: Promise<void> = work()
      .catch((error: unknown) => {
        this.#failure ??= { error };
        this.#halt();
      })
      .finally(() => this.#underWay.delete(done));
    this.#underWay.add(done);
  }

  /** Waits for all. @throws the first failure, or the signal's reason: a stopped job has no result. */
  async finish(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.race(this.#underWay);
    this.#check();
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
    this.#options.signal?.throwIfAborted();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#halt(); // after a success nobody looks any more
    this.#options.signal?.removeEventListener('abort', this.#halt);
    while (this.#underWay.size > 0) await Promise.race(this.#underWay);
    if (typeof this.#options.bytesPerSecond === 'number') this.#budget?.[Symbol.dispose]();
    if (this.#options.pool === undefined) await this.pool.close();
  }
}
