/** Takes jobs from the table and does them, a few at a time; wakes when one is queued, and looks by itself now and then. */
import { setTimeout as pause } from 'node:timers/promises';
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type BeforeApplicationShutdown } from '@nestjs/common';
import { newId } from '../common/ids.ts';
import { FaultKind, wordsOfSystemError } from '#ingest/kernel';
import { BACKGROUND } from './job-definition.ts';
import type { Job } from './job.entity.ts';
import { JobEvents } from './job-events.ts';
import { JobHandlers } from './job-handlers.ts';
import { jobError, JobRun, Stop } from './job-run.ts';
import { JobTable } from './job-table.ts';

const POLL_MS = 1_000;
const LEASE_MS = 60_000;
const GRACE_MS = 10_000;

export interface JobsOptions {
  /** Jobs done at the same time. */
  workers: number;
  /** False: nothing runs by itself, only in `runUntilEmpty()`. */
  background: boolean;
  /** This process holds the lock of the home, so that nobody else can be doing a job. */
  alone: boolean;
  /** After so many milliseconds without a heartbeat, others take the job over. */
  leaseMs?: number;
  /** How often it looks for jobs that nobody has woken it for: retries, other processes' jobs. */
  pollMs?: number;
}
export const JOBS_OPTIONS = Symbol('jobs options');

@Injectable()
export class JobWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger('jobs');
  readonly #owner = newId();
  readonly #leaseMs: number;
  readonly #running = new Map<string, { run: JobRun; ended: Promise<void> }>();
  #poll: NodeJS.Timeout | undefined;
  #stopping = false;
  /** One claim at a time, so that `workers` is never exceeded. */
  #filling: Promise<void> | undefined;
  /** What the next look at the table shall take: jobs that are due, or all. */
  #wanted: 'due' | 'all' | undefined;

  constructor(
    @Inject(JobTable) private readonly table: JobTable,
    @Inject(JobHandlers) private readonly handlers: JobHandlers,
    @Inject(JobEvents) private readonly events: JobEvents,
    @Inject(JOBS_OPTIONS) private readonly options: JobsOptions,
  ) {
    this.#leaseMs = options.leaseMs ?? LEASE_MS;
  }

  async onApplicationBootstrap(): Promise<void> {
    const again = await this.table.recover(this.options.alone);
    if (again > 0) this.#logger.log(`${again} jobs that were under way when the process ended are queued again`);
    if (!this.options.background) return;
    this.#poll = setInterval(() => void this.#lookAround(), this.options.pollMs ?? POLL_MS);
    this.wake();
  }

  /** Running jobs are told to stop and go back in the queue; one that does not listen is taken over after the restart. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#poll);
    await this.#filling;
    for (const { run } of this.#running.values()) run.stop(Stop.Shutdown);
    const ends = [...this.#running.values()].map(({ ended }) => ended);
    await Promise.race([Promise.all(ends), pause(GRACE_MS, undefined, { ref: false })]);
  }

  /** A job may be due: look at once. */
  wake(): void {
    if (this.options.background) void this.#fill(false);
  }

  /** Stops the job if it runs here. */
  stop(id: string): void {
    this.#running.get(id)?.run.stop(Stop.Cancelled);
  }

  /** Does every queued job, without waiting for retries' back-off, and those they queue, until none is left. */
  async runUntilEmpty(): Promise<void> {
    while (!this.#stopping && (await this.table.busy())) {
      await this.#fill(true);
      const ends = [...this.#running.values()].map(({ ended }) => ended);
      if (ends.length === 0) return;
      await Promise.race(ends);
    }
  }

  async #lookAround(): Promise<void> {
    try {
      if ((await this.table.recover(false)) > 0) this.#logger.warn('jobs of a worker that gave no sign of life are queued again');
      await this.#fill(false);
    } catch (error) {
      this.#logger.error(`looking for jobs failed: ${wordsOfSystemError(error)}`);
    }
  }

  #fill(early: boolean): Promise<void> {
    this.#wanted = early || this.#wanted === 'all' ? 'all' : 'due';
    this.#filling ??= this.#claimAll().finally(() => {
      this.#filling = undefined;
    });
    return this.#filling;
  }

  async #claimAll(): Promise<void> {
    try {
      while (this.#wanted !== undefined && !this.#stopping) {
        const early = this.#wanted === 'all';
        this.#wanted = undefined;
        while (this.#running.size < this.options.workers && !this.#stopping) {
          const job = await this.table.claim(this.#owner, this.#leaseMs, early, this.#below());
          if (job === undefined) break;
          this.#start(job);
        }
      }
    } catch (error) {
      this.#logger.error(`claiming a job failed: ${wordsOfSystemError(error)}`);
    }
  }

  /** What nobody waits for may run for days: it never takes the last worker, unless there is but one. */
  #below(): number | undefined {
    const background = [...this.#running.values()].filter(({ run }) => run.job.priority >= BACKGROUND).length;
    return background > 0 && background >= this.options.workers - 1 ? BACKGROUND : undefined;
  }

  #start(job: Job): void {
    const options = { owner: this.#owner, leaseMs: this.#leaseMs, beatMs: Math.min(this.#leaseMs / 4, 2_000) };
    const run = new JobRun(job, this.table, this.events, options, this.#logger);
    const ended = this.#do(run, job)
      .catch((error: unknown) => this.#logger.error(`job ${job.id} could not be written down: ${wordsOfSystemError(error)}`))
      .finally(() => {
        this.#running.delete(job.id);
        this.wake();
      });
    this.#running.set(job.id, { run, ended });
  }

  async #do(run: JobRun, job: Job): Promise<void> {
    const handler = this.handlers.of(job.kind);
    if (handler === undefined) {
      const message = `this version does not know jobs of the kind "${job.kind}"`;
      return run.fail({ kind: FaultKind.Unsupported, code: 'jobs/unknown-kind', message, facts: { kind: job.kind } });
    }
    const payload = handler.definition.schema.safeParse(job.payload);
    if (!payload.success) return run.fail({ ...jobError(payload.error), kind: FaultKind.Refused, code: 'jobs/wrong-payload' });
    return run.run(handler.handle, payload.data);
  }
}
