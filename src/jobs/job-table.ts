/**
 * The rows of the `job` table, and the few statements that move a job from one state to the next. Each is one statement
 * that names the state it starts from, so that two workers can't both win. PostgreSQL's claim needs FOR UPDATE SKIP LOCKED.
 */
import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, type SelectQueryBuilder } from 'typeorm';
import { type Clock, Fault, FaultKind } from '#ingest/kernel';
import { CLOCK } from '../common/clock.module.ts';
import { utcText } from '../database/columns.ts';
import { Job, type JobError, type JobProgress, JobState } from './job.entity.ts';

const WORKER_DIED: JobError = {
  kind: FaultKind.Unreadable,
  code: 'jobs/worker-died',
  message: 'the process ended in the middle of this job, every time it was tried; the log of that time may tell why',
  facts: {},
};

@Injectable()
export class JobTable {
  readonly #db: DataSource;
  readonly #clock: Clock;

  constructor(@Inject(DataSource) db: DataSource, @Inject(CLOCK) clock: Clock) {
    this.#db = db;
    this.#clock = clock;
  }

  now(): Date {
    return this.#clock.now();
  }

  query(): SelectQueryBuilder<Job> {
    return this.#db.getRepository(Job).createQueryBuilder('job');
  }

  /** @throws Fault 'jobs/unknown'. */
  async one(id: string): Promise<Job> {
    const job = await this.#db.getRepository(Job).findOneBy({ id });
    if (job !== null) return job;
    throw new Fault(FaultKind.Missing, 'jobs/unknown', `there is no job ${id}`, { id });
  }

  /** Inserts the job, unless an unfinished one has the same dedupe key; answers the id of the one that will run. */
  async insert(job: Job, manager: EntityManager = this.#db.manager): Promise<string> {
    const inserting = manager
      .createQueryBuilder()
      .insert()
      .into(Job)
      .values(job as object);
    if (job.dedupeKey === null) {
      await inserting.execute();
      return job.id;
    }
    await inserting.orIgnore().execute();
    return (await manager.findOneByOrFail(Job, { dedupeKey: job.dedupeKey })).id;
  }

  /**
   * Takes the next job for `owner`, of those with a lower priority than `below`.
   * @param early takes jobs whose time has not come as well.
   */
  async claim(owner: string, leaseMs: number, early: boolean, below = Number.MAX_SAFE_INTEGER): Promise<Job | undefined> {
    const now = this.now();
    const until = utcText(new Date(now.getTime() + leaseMs));
    const rows = await this.#db.query<{ id: string }[]>(
      `UPDATE job SET state = 'active', attempts = attempts + 1, lease_owner = ?, lease_until = ?, started_at = COALESCE(started_at, ?)
        WHERE id = (SELECT id FROM job WHERE state = 'queued' AND run_at <= ? AND priority < ? ORDER BY priority, run_at, id LIMIT 1)
        RETURNING id`,
      [owner, until, utcText(now), early ? '9999' : utcText(now), below],
    );
    return rows[0] === undefined ? undefined : this.one(rows[0].id);
  }

  /** Keeps the lease. 'lost' when another worker has the job by now, 'cancel' when somebody wants it to stop. */
  async beat(id: string, owner: string, leaseMs: number, progress: JobProgress | null): Promise<'lost' | 'cancel' | 'go on'> {
    const until = utcText(new Date(this.now().getTime() + leaseMs));
    const rows = await this.#db.query<{ cancel_requested: number }[]>(
      `UPDATE job SET lease_until = ?, progress = COALESCE(?, progress)
        WHERE id = ? AND state = 'active' AND lease_owner = ? RETURNING cancel_requested`,
      [until, progress === null ? null : JSON.stringify(progress), id, owner],
    );
    if (rows[0] === undefined) return 'lost';
    return rows[0].cancel_requested ? 'cancel' : 'go on';
  }

  /** Ends a job that `owner` holds. False when it holds it no longer. */
  end(
    id: string,
    owner: string,
    how: Pick<Job, 'state'> & Partial<Pick<Job, 'result' | 'error' | 'progress'>>,
  ): Promise<boolean> {
    return this.#giveUp(id, owner, { ...how, dedupeKey: null, finishedAt: this.now() });
  }

  /** Puts a job that `owner` holds back in the queue. @param counts whether the attempt counts. */
  async putBack(job: Job, owner: string, runAt: Date, error: JobError | null, counts = true): Promise<boolean> {
    const attempts = counts ? job.attempts : job.attempts - 1;
    return this.#giveUp(job.id, owner, { state: JobState.Queued, runAt, error, attempts });
  }

  async #giveUp(id: string, owner: string, change: Partial<Job>): Promise<boolean> {
    const held = { id, leaseOwner: owner, state: JobState.Active };
    const update = { ...change, leaseOwner: null, leaseUntil: null } as object;
    const { affected } = await this.#db.getRepository(Job).update(held, update);
    return affected === 1;
  }

  /** Cancels a waiting job, or asks the worker of a running one to stop. Answers the job as it is then. */
  async cancel(id: string): Promise<Job> {
    await this.#db.query(
      `UPDATE job SET cancel_requested = 1,
        finished_at = CASE state WHEN 'queued' THEN ? ELSE finished_at END,
        dedupe_key = CASE state WHEN 'queued' THEN NULL ELSE dedupe_key END,
        state = CASE state WHEN 'queued' THEN 'cancelled' ELSE state END
        WHERE id = ? AND state IN ('queued', 'active')`,
      [utcText(this.now()), id],
    );
    return this.one(id);
  }

  /**
   * Queues again what a dead process has left active; fails what has killed its process at every attempt.
   * @param alone this process is the only one: every active job is left over, whatever its lease says.
   */
  async recover(alone: boolean): Promise<number> {
    const now = utcText(this.now());
    const left = "state = 'active' AND lease_until < ?";
    const before = alone ? '9999' : now;
    const ending = 'lease_owner = NULL, lease_until = NULL, dedupe_key = NULL, finished_at = ?';
    const [any] = await this.#db.query<unknown[]>(`SELECT 1 FROM job WHERE ${left} LIMIT 1`, [before]);
    if (any === undefined) return 0;
    return this.#db.transaction(async (manager) => {
      await manager.query(`UPDATE job SET state = 'cancelled', ${ending} WHERE cancel_requested = 1 AND ${left}`, [now, before]);
      await manager.query(`UPDATE job SET state = 'failed', error = ?, ${ending} WHERE attempts >= max_attempts AND ${left}`, [
        JSON.stringify(WORKER_DIED),
        now,
        before,
      ]);
      const again = "UPDATE job SET state = 'queued', run_at = ?, lease_owner = NULL, lease_until = NULL";
      return (await manager.query<unknown[]>(`${again} WHERE ${left} RETURNING id`, [now, before])).length;
    });
  }

  /** Whether any job waits, due or not, or runs. */
  async busy(): Promise<boolean> {
    return this.#db.getRepository(Job).existsBy([{ state: JobState.Queued }, { state: JobState.Active }]);
  }
}
