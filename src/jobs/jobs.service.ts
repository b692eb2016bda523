/** Long work: asked for in the transaction of the change it serves, watched, cancelled. */
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource, type EntityManager, type QueryRunner } from 'typeorm';
import { concatMap, defer, filter, firstValueFrom, from, map, merge, type Observable, of, takeWhile, timer } from 'rxjs';
import { Fault, FaultKind } from '#ingest/kernel';
import { newId } from '../common/ids.ts';
import { type Page, pageOf } from '../common/paging.ts';
import { utcText } from '../database/columns.ts';
import type { JobDefinition } from './job-definition.ts';
import { hasEnded, type Job, type JobProgress, JobState } from './job.entity.ts';
import { JobEvents } from './job-events.ts';
import { JobTable } from './job-table.ts';
import { JobWorker } from './job-worker.ts';
import { type JobListQuery, type JobView, jobView } from './jobs.dto.ts';

export interface EnqueueOptions {
  /** At most one unfinished job has the same key; asking again answers its id. */
  dedupeKey?: string;
  /** The lower, the sooner; 0 when nothing is said. */
  priority?: number;
  runAt?: Date;
  /** The transaction that the job belongs to: it exists only if that commits. */
  manager?: EntityManager;
}

export type JobNews =
  | { type: 'progress'; data: { state: JobState; progress: JobProgress | null } }
  | { type: 'done' | 'failed' | 'cancelled'; data: JobView };

const NOT_BEGUN = {
  state: JobState.Queued,
  attempts: 0,
  cancelRequested: false,
  leaseOwner: null,
  leaseUntil: null,
  progress: null,
  result: null,
  error: null,
  startedAt: null,
  finishedAt: null,
};

/** Another process may be doing the job: then its row is looked at this often. */
const LOOK_MS = 2_000;

@Injectable()
export class JobsService implements OnModuleInit {
  /** Transactions that have queued a job: the worker is woken when they commit. */
  readonly #queuedIn = new WeakSet<QueryRunner>();

  constructor(
    @Inject(DataSource) private readonly db: DataSource,
    @Inject(JobTable) private readonly table: JobTable,
    @Inject(JobWorker) private readonly worker: JobWorker,
    @Inject(JobEvents) private readonly events: JobEvents,
  ) {}

  onModuleInit(): void {
    this.db.subscribers.push({
      afterTransactionCommit: ({ queryRunner }) => {
        if (this.#queuedIn.delete(queryRunner)) setImmediate(() => this.worker.wake());
      },
    });
  }

  /**
   * Queues a job and answers its id. The payload is kept as it is asked for, so it must survive JSON.
   * @throws ZodError when its schema refuses it.
   */
  async enqueue<P, I>(definition: JobDefinition<P, I>, payload: I, options: EnqueueOptions = {}): Promise<string> {
    const { dedupeKey = null, priority = 0, runAt = this.table.now(), manager } = options;
    definition.schema.parse(payload);
    const job: Job = {
      ...NOT_BEGUN,
      id: newId(),
      kind: definition.kind,
      payload,
      maxAttempts: definition.maxAttempts,
      priority,
      runAt,
      dedupeKey,
      createdAt: this.table.now(),
    };
    const queued = await this.table.insert(job, manager);
    const transaction = manager?.queryRunner;
    if (transaction?.isTransactionActive === true) this.#queuedIn.add(transaction);
    else this.worker.wake();
    return queued;
  }

  /** @throws Fault 'jobs/unknown'. */
  async get(id: string): Promise<JobView> {
    return jobView(await this.table.one(id));
  }

  /** What was asked for. @throws Fault 'jobs/unknown'. */
  async payload<P>(id: string, definition: JobDefinition<P>): Promise<P | undefined> {
    const job = await this.table.one(id);
    return job.kind === definition.kind ? definition.schema.parse(job.payload) : undefined;
  }

  /** What is asked for by jobs of a kind that wait or run. */
  async unfinished<P>({ kind, schema }: JobDefinition<P>): Promise<P[]> {
    const states = [JobState.Queued, JobState.Active];
    const jobs = await this.table.query().where('job.kind = :kind AND job.state IN (:...states)', { kind, states }).getMany();
    return jobs.map(({ payload }) => schema.parse(payload));
  }

  /** The newest first. */
  async list({ state, kind, ...page }: JobListQuery): Promise<Page<JobView>> {
    const query = this.table.query();
    if (state !== undefined) query.andWhere('job.state = :state', { state });
    if (kind !== undefined) query.andWhere('job.kind = :kind', { kind });
    const keyOf = (job: Job) => [utcText(job.createdAt), job.id];
    const { items, next } = await pageOf(query, { by: ['createdAt', 'id'], direction: 'DESC', keyOf }, page);
    return { items: items.map(jobView), ...(next === undefined ? {} : { next }) };
  }

  /** Asks a job to stop; it does so soon, not at once. @throws Fault 'jobs/unknown', 'jobs/ended'. */
  async cancel(id: string): Promise<JobView> {
    const job = await this.table.cancel(id);
    if (job.state === JobState.Done || job.state === JobState.Failed) {
      throw new Fault(FaultKind.Refused, 'jobs/ended', `the job ${id} has ended already (${job.state})`, {
        id,
        state: job.state,
      });
    }
    this.worker.stop(id);
    if (job.state === JobState.Cancelled) this.events.tell({ jobId: id, state: job.state, progress: job.progress });
    return jobView(job);
  }

  /** Where the job is now, then everything that happens to it, until it ends. @throws Fault 'jobs/unknown' at once. */
  async watch(id: string): Promise<Observable<JobNews>> {
    await this.table.one(id);
    const look = defer(() => from(this.table.one(id))).pipe(map(({ state, progress }) => ({ state, progress })));
    const told = this.events.all.pipe(filter(({ jobId }) => jobId === id));
    const looked = timer(0, LOOK_MS).pipe(concatMap(() => look));
    return merge(told, looked).pipe(
      map(({ state, progress }) => ({ state, progress })),
      concatMap((now) => (hasEnded(now.state) ? from(this.#ended(id)) : of<JobNews>({ type: 'progress', data: now }))),
      takeWhile(({ type }) => type === 'progress', true),
    );
  }

  /** Waits until the job has ended. */
  async finished(id: string): Promise<JobView> {
    const news = await firstValueFrom((await this.watch(id)).pipe(filter(({ type }) => type !== 'progress')));
    return news.data as JobView;
  }

  /** Does every queued job in this process, without waiting for back-off, until none is left: tests, command line. */
  runUntilEmpty(): Promise<void> {
    return this.worker.runUntilEmpty();
  }

  async #ended(id: string): Promise<JobNews> {
    const job = await this.get(id);
    const { state, progress } = job;
    return hasEnded(state) ? { type: state, data: job } : { type: 'progress', data: { state, progress } };
  }
}
