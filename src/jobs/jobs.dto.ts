/** Jobs as the API shows them. */
import { z } from 'zod';
import { PageQuery } from '../common/paging.ts';
import { type Job, JobState } from './job.entity.ts';

const State = z.enum(JobState);
const time = (words: string) => z.iso.datetime().describe(words);

export const JobView = z
  .object({
    id: z.uuid(),
    kind: z.string().describe('What is done, `area.what`.'),
    state: State,
    attempts: z.int().describe('How often it was begun.'),
    maxAttempts: z.int(),
    cancelRequested: z.boolean(),
    progress: z
      .object({
        stage: z.string(),
        doneBytes: z.int(),
        totalBytes: z.int(),
        rate: z.int().describe('Bytes per second since the stage began.'),
      })
      .nullable(),
    result: z.unknown().describe('What it answered, once done.'),
    error: z
      .object({ kind: z.string(), code: z.string(), message: z.string(), facts: z.record(z.string(), z.unknown()) })
      .nullable()
      .describe('Why it failed; while it is queued again, why the last attempt did.'),
    runAt: time('Not before this time.'),
    createdAt: time('When it was asked for.'),
    startedAt: time('When it was first begun.').nullable(),
    finishedAt: time('When it ended.').nullable(),
  })
  .meta({ id: 'Job' });
export type JobView = z.infer<typeof JobView>;

export const JobPage = z.object({ items: z.array(JobView), next: z.string().optional() }).meta({ id: 'JobPage' });

export const JobListQuery = PageQuery.extend({
  state: State.optional().describe('Only jobs in this state.'),
  kind: z.string().min(1).max(100).optional().describe('Only jobs of this kind.'),
});
export type JobListQuery = z.infer<typeof JobListQuery>;

export function jobView(job: Job): JobView {
  const { id, kind, state, attempts, maxAttempts, cancelRequested, progress, result, error } = job;
  return {
    id,
    kind,
    state,
    attempts,
    maxAttempts,
    cancelRequested,
    progress,
    result: result ?? null,
    error,
    runAt: job.runAt.toISOString(),
    createdAt: job.createdAt.toISOString(),
    startedAt: job.startedAt?.toISOString() ?? null,
    finishedAt: job.finishedAt?.toISOString() ?? null,
  };
}
