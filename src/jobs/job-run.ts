/** One attempt at one job: progress, heartbeat, the signal to stop, and what its end means. */
import type { Logger } from '@nestjs/common';
import { Fault, FaultKind, isSystemError, wordsOfSystemError } from '#ingest/kernel';
import type { JobContext, JobHandler } from './job-definition.ts';
import { type Job, type JobError, type JobProgress, JobState } from './job.entity.ts';
import type { JobEvents } from './job-events.ts';
import type { JobTable } from './job-table.ts';

/** Listeners hear of progress this often at most; the row is written with every heartbeat. */
const TELL_MS = 250;
const FIRST_RETRY_MS = 5_000;
const LONGEST_RETRY_MS = 10 * 60_000;

/** Why a run is asked to stop. */
export const Stop = { Cancelled: 'cancelled', Shutdown: 'shutdown', Lost: 'lost' } as const;
export type Stop = (typeof Stop)[keyof typeof Stop];

export interface RunOptions {
  owner: string;
  leaseMs: number;
  beatMs: number;
}

export class JobRun {
  readonly #abort = new AbortController();
  #progress: JobProgress | null = null;
  #stageBegan = { at: 0, doneBytes: 0 };
  #toldAt = 0;
  #stop: Stop | undefined;

  constructor(
    readonly job: Job,
    private readonly table: JobTable,
    private readonly events: JobEvents,
    private readonly options: RunOptions,
    private readonly logger: Logger,
  ) {}

  stop(why: Stop): void {
    this.#stop ??= why;
    this.#abort.abort(new Fault(FaultKind.Refused, 'jobs/stopped', `the job was stopped: ${why}`, { why }));
  }

  /** Does the job and writes down how it ended. Throws only when the database does. */
  async run(handle: JobHandler<unknown>, payload: unknown): Promise<void> {
    const timer = setInterval(() => void this.#beat(), this.options.beatMs);
    this.#tell(JobState.Active);
    try {
      const result = (await handle(payload, this.#context())) ?? null;
      await this.#end({ state: JobState.Done, result });
    } catch (error) {
      await this.#failed(error);
    } finally {
      clearInterval(timer);
    }
  }

  async fail(error: JobError): Promise<void> {
    await this.#end({ state: JobState.Failed, error });
  }

  #context(): JobContext {
    return {
      jobId: this.job.id,
      signal: this.#abort.signal,
      progress: (stage, doneBytes, totalBytes) => this.#moved(stage, doneBytes, totalBytes),
      log: (message, facts = {}) => this.logger.log(message, { job: this.job.id, kind: this.job.kind, ...facts }),
    };
  }

  #moved(stage: string, doneBytes: number, totalBytes: number): void {
    const at = performance.now();
    if (stage !== this.#progress?.stage) this.#stageBegan = { at, doneBytes };
    const seconds = (at - this.#stageBegan.at) / 1000;
    const rate = seconds > 0 ? Math.round((doneBytes - this.#stageBegan.doneBytes) / seconds) : 0;
    const sameStage = stage === this.#progress?.stage;
    this.#progress = { stage, doneBytes, totalBytes, rate };
    if (!sameStage || at - this.#toldAt >= TELL_MS) this.#tell(JobState.Active);
  }

  #tell(state: JobState): void {
    this.#toldAt = performance.now();
    this.events.tell({ jobId: this.job.id, state, progress: this.#progress ?? this.job.progress });
  }

  async #beat(): Promise<void> {
    try {
      const { owner, leaseMs } = this.options;
      const answer = await this.table.beat(this.job.id, owner, leaseMs, this.#progress);
      if (answer === 'lost') this.stop(Stop.Lost);
      if (answer === 'cancel') this.stop(Stop.Cancelled);
    } catch (error) {
      this.logger.warn(`the heartbeat of job ${this.job.id} failed: ${wordsOfSystemError(error)}`);
    }
  }

  async #failed(error: unknown): Promise<void> {
    const reason = jobError(error);
    if (this.#stop === Stop.Cancelled) return this.#end({ state: JobState.Cancelled });
    if (this.#stop === Stop.Shutdown) return this.#again(this.table.now(), null, false);
    if (!worthRetrying(error) || this.job.attempts >= this.job.maxAttempts) {
      if (!(error instanceof Fault)) this.logger.error(`job ${this.job.id} (${this.job.kind}): ${String(error)}`, stackOf(error));
      return this.fail(reason);
    }
    const waitMs = Math.min(FIRST_RETRY_MS * 2 ** (this.job.attempts - 1), LONGEST_RETRY_MS);
    this.logger.warn(`job ${this.job.id} (${this.job.kind}) is tried again in ${waitMs / 1000} s: ${reason.message}`);
    return this.#again(new Date(this.table.now().getTime() + waitMs), reason, true);
  }

  async #again(at: Date, error: JobError | null, counts: boolean): Promise<void> {
    if (await this.table.putBack(this.job, this.options.owner, at, error, counts)) this.#tell(JobState.Queued);
    else this.#lost();
  }

  async #end(how: { state: JobState; result?: unknown; error?: JobError }): Promise<void> {
    const progress = this.#progress ?? this.job.progress;
    if (await this.table.end(this.job.id, this.options.owner, { error: null, ...how, progress })) this.#tell(how.state);
    else this.#lost();
  }

  #lost(): void {
    this.logger.warn(`job ${this.job.id} (${this.job.kind}) ended here, but another worker holds it by now`);
  }
}

export function jobError(error: unknown): JobError {
  if (error instanceof Fault) return { kind: error.kind, code: error.code, message: error.message, facts: { ...error.facts } };
  const code = isSystemError(error) ? 'jobs/system' : 'jobs/unexpected';
  return { kind: FaultKind.Unreadable, code, message: wordsOfSystemError(error), facts: {} };
}

/** A Fault is an answer, unless the storage failed to give one. Mistakes in our own code don't go away by themselves. */
function worthRetrying(error: unknown): boolean {
  if (error instanceof Fault) return error.kind === FaultKind.Unreadable;
  return !(error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError);
}

function stackOf(error: unknown): string | undefined {
  return error instanceof Error ? error.stack : undefined;
}
