/** Jobs: in the transaction or not at all, each once, tried again or not, cancelled, seen over HTTP. */
import { setTimeout as pause } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DataSource } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { CLOCK, ClockModule } from '#built/src/common/clock.module';
import { DatabaseModule } from '#built/src/database/database.module';
import { Fault, FaultKind } from '#built/ingest/kernel/index';
import { BACKGROUND, defineJob, type JobContext, OnJob } from '#built/src/jobs/job-definition';
import { JobsModule } from '#built/src/jobs/jobs.module';
import { JobsService } from '#built/src/jobs/jobs.service';
import { startApp } from '../../support/app.ts';
import { HandClock } from '../../support/clock.ts';
import { tmpFolder } from '../../support/tmp.ts';

const Act = z.strictObject({ act: z.string(), n: z.number().default(0) });
const act = defineJob('test.act', Act, { maxAttempts: 3 });

@Injectable()
class Actor {
  readonly done: string[] = [];

  @OnJob(act)
  async run({ act, n }: z.infer<typeof Act>, { signal, progress, log }: JobContext): Promise<unknown> {
    this.done.push(act);
    log('acting', { n });
    if (act === 'refuse') throw new Fault(FaultKind.Corrupt, 'disk/torn', 'the disk is torn', { sector: 3 });
    if (act === 'flaky' && this.done.length < 3) throw new Fault(FaultKind.Unreadable, 'disk/asleep', 'the disk sleeps');
    if (act === 'hiccup') throw Object.assign(new Error('no space'), { code: 'ENOSPC', syscall: 'write' });
    if (act === 'bug') throw new TypeError('undefined is not a disk');
    if (act === 'long') {
      for (let done = 0; done < 100; done++) {
        progress('reading', done, 100);
        await pause(20, undefined, { signal });
      }
    }
    progress('written', 7, 7);
    return { n };
  }
}

interface Started {
  app: NestFastifyApplication;
  jobs: JobsService;
  actor: Actor;
  clock: HandClock;
  db: DataSource;
}

async function start(options: { background?: boolean; workers?: number; home?: string; pollMs?: number } = {}): Promise<Started> {
  const { background = false, workers = 2, home = await tmpFolder(), pollMs = 50 } = options;
  const clock = new HandClock();
  const imports = [ClockModule, DatabaseModule.forHome(home), JobsModule.forRoot({ workers, background, alone: true, pollMs })];
  const app = await startApp({ imports, providers: [Actor] }, (builder) => builder.overrideProvider(CLOCK).useValue(clock));
  return { app, jobs: app.get(JobsService), actor: app.get(Actor), clock, db: app.get(DataSource) };
}

describe('a job', () => {
  it('is done once, with its result and its progress', async () => {
    const { jobs, actor } = await start();
    const id = await jobs.enqueue(act, { act: 'go', n: 4 });
    expect(await jobs.get(id)).toMatchObject({ state: 'queued', kind: 'test.act', attempts: 0, progress: null });
    await jobs.runUntilEmpty();
    await jobs.runUntilEmpty();
    expect(actor.done).toEqual(['go']);
    expect(await jobs.get(id)).toMatchObject({
      state: 'done',
      attempts: 1,
      result: { n: 4 },
      error: null,
      progress: { stage: 'written', doneBytes: 7, totalBytes: 7 },
      finishedAt: '2026-11-22T10:00:00.000Z',
    });
  });

  it('exists only if the transaction that asked for it commits', async () => {
    const { jobs, actor, db } = await start({ background: true, pollMs: 3_600_000 });
    await db
      .transaction(async (manager) => {
        await jobs.enqueue(act, { act: 'undone' }, { manager });
        throw new Error('no');
      })
      .catch(() => {});
    let id = '';
    await db.transaction(async (manager) => {
      id = await jobs.enqueue(act, { act: 'kept' }, { manager });
      await pause(50);
      expect(actor.done).toEqual([]);
    });
    expect(await jobs.finished(id)).toMatchObject({ state: 'done' });
    expect(actor.done).toEqual(['kept']);
  });

  it('refuses a payload that its schema refuses', async () => {
    const { jobs, db } = await start();
    await expect(jobs.enqueue(act, { act: 7 } as never)).rejects.toThrow(/expected string/);
    const id = await jobs.enqueue(act, { act: 'go' });
    await db.query('UPDATE job SET payload = ? WHERE id = ?', ['{"old":1}', id]);
    await jobs.runUntilEmpty();
    expect(await jobs.get(id)).toMatchObject({ state: 'failed', error: { code: 'jobs/wrong-payload' } });
  });

  it('that nobody waits for leaves a worker to those that somebody waits for', async () => {
    const { jobs } = await start({ background: true, workers: 2 });
    const long = [1, 2].map((n) => jobs.enqueue(act, { act: 'long', n }, { priority: BACKGROUND }));
    const [first, second] = await Promise.all(long);
    const short = await jobs.enqueue(act, { act: 'go' });
    expect(await jobs.finished(short)).toMatchObject({ state: 'done' });
    const states = [(await jobs.get(first!)).state, (await jobs.get(second!)).state];
    expect(states.toSorted()).toEqual(['active', 'queued']);
    for (const id of [first!, second!]) expect(await jobs.finished(id)).toMatchObject({ state: 'done' });
  });

  it('with the same dedupe key is queued once, and again when the first has ended', async () => {
    const { jobs, actor } = await start();
    const ask = () => jobs.enqueue(act, { act: 'audit' }, { dedupeKey: 'audit:1' });
    const [one, two] = await Promise.all([ask(), ask()]);
    expect(one).toBe(two);
    await jobs.runUntilEmpty();
    expect(await ask()).not.toBe(one);
    await jobs.runUntilEmpty();
    expect(actor.done).toEqual(['audit', 'audit']);
  });

  it('runs by priority, then by age, and not before its time', async () => {
    const { jobs, actor, clock } = await start({ workers: 1, background: true });
    const later = new Date(clock.now().getTime() + 60_000);
    await jobs.enqueue(act, { act: 'long' }, { priority: -1 });
    await jobs.enqueue(act, { act: 'later' }, { priority: -9, runAt: later });
    await jobs.enqueue(act, { act: 'second' }, { priority: 5 });
    clock.forward(1);
    const third = await jobs.enqueue(act, { act: 'third' }, { priority: 5 });
    await jobs.enqueue(act, { act: 'first' });
    await jobs.finished(third);
    clock.forward(60_000);
    await expect.poll(() => actor.done, { timeout: 5000 }).toEqual(['long', 'first', 'second', 'third', 'later']);
  });
});

describe('a failure', () => {
  it('that is an answer ends the job at once', async () => {
    const { jobs, actor } = await start();
    const id = await jobs.enqueue(act, { act: 'refuse' });
    await jobs.runUntilEmpty();
    expect(actor.done).toHaveLength(1);
    const error = { kind: 'corrupt', code: 'disk/torn', message: 'the disk is torn', facts: { sector: 3 } };
    expect(await jobs.get(id)).toMatchObject({ state: 'failed', error });
  });

  it('of the storage is tried again, later and later', async () => {
    const { jobs, clock } = await start({ background: true });
    const id = await jobs.enqueue(act, { act: 'flaky' });
    await expect.poll(() => jobs.get(id)).toMatchObject({ state: 'queued', attempts: 1, error: { code: 'disk/asleep' } });
    expect((await jobs.get(id)).runAt).toBe(new Date(clock.now().getTime() + 5_000).toISOString());
    clock.forward(5_000);
    await expect.poll(() => jobs.get(id), { timeout: 5000 }).toMatchObject({ state: 'queued', attempts: 2 });
    expect((await jobs.get(id)).runAt).toBe(new Date(clock.now().getTime() + 10_000).toISOString());
    clock.forward(10_000);
    expect(await jobs.finished(id)).toMatchObject({ state: 'done', attempts: 3, error: null });
  });

  it('of the system is tried as often as allowed, then reported in words', async () => {
    const { jobs, actor } = await start();
    const id = await jobs.enqueue(act, { act: 'hiccup' });
    await jobs.runUntilEmpty();
    expect(actor.done).toHaveLength(3);
    expect(await jobs.get(id)).toMatchObject({
      state: 'failed',
      error: { code: 'jobs/system', message: 'the disk is full (ENOSPC)' },
    });
  });

  it('of our own code is not tried again', async () => {
    const { jobs, actor } = await start();
    const id = await jobs.enqueue(act, { act: 'bug' });
    await jobs.runUntilEmpty();
    expect(actor.done).toHaveLength(1);
    expect(await jobs.get(id)).toMatchObject({ state: 'failed', error: { code: 'jobs/unexpected' } });
  });
});

describe('stopping', () => {
  it('cancels a waiting job before it begins, and frees its dedupe key', async () => {
    const { jobs, actor } = await start();
    const id = await jobs.enqueue(act, { act: 'go' }, { dedupeKey: 'k' });
    expect(await jobs.cancel(id)).toMatchObject({ state: 'cancelled', cancelRequested: true });
    expect(await jobs.enqueue(act, { act: 'again' }, { dedupeKey: 'k' })).not.toBe(id);
    await jobs.runUntilEmpty();
    expect(actor.done).toEqual(['again']);
  });

  it('cancels a running job by its signal', async () => {
    const { jobs } = await start({ background: true });
    const id = await jobs.enqueue(act, { act: 'long' });
    await expect.poll(() => jobs.get(id)).toMatchObject({ state: 'active' });
    expect(await jobs.cancel(id)).toMatchObject({ state: 'active', cancelRequested: true });
    expect(await jobs.finished(id)).toMatchObject({ state: 'cancelled' });
    expect(await jobs.cancel(id)).toMatchObject({ state: 'cancelled' });
  });

  it('refuses to cancel what has ended, or never was', async () => {
    const { jobs } = await start();
    const id = await jobs.enqueue(act, { act: 'go' });
    await jobs.runUntilEmpty();
    await expect(jobs.cancel(id)).rejects.toMatchObject({ code: 'jobs/ended' });
    await expect(jobs.cancel('0')).rejects.toMatchObject({ code: 'jobs/unknown', kind: 'missing' });
  });

  it('of the process puts running jobs back, and the next process does them at once', async () => {
    const home = await tmpFolder();
    const first = await start({ background: true, home });
    const id = await first.jobs.enqueue(act, { act: 'long' });
    await expect.poll(() => first.jobs.get(id)).toMatchObject({ state: 'active' });
    await first.app.close();
    const second = await start({ home });
    expect(await second.jobs.get(id)).toMatchObject({ state: 'queued', attempts: 0 });
    await second.jobs.runUntilEmpty();
    expect(await second.jobs.get(id)).toMatchObject({ state: 'done', attempts: 1 });
  });
});

describe('over HTTP', () => {
  it('jobs are listed by pages, shown with an ETag, cancelled', async () => {
    const { app, jobs } = await start();
    const ids = [];
    for (let n = 0; n < 3; n++) ids.push(await jobs.enqueue(act, { act: 'go', n }));
    const page = (await app.inject('/api/v1/jobs?limit=2&state=queued')).json();
    const rest = (await app.inject(`/api/v1/jobs?limit=2&after=${page.next}`)).json();
    expect([...page.items, ...rest.items].map((job: { id: string }) => job.id)).toEqual(ids.toReversed());
    const one = await app.inject(`/api/v1/jobs/${ids[0]}`);
    expect(one.json()).toMatchObject({ id: ids[0], state: 'queued', createdAt: '2026-11-22T10:00:00.000Z' });
    const again = await app.inject({ url: `/api/v1/jobs/${ids[0]}`, headers: { 'if-none-match': String(one.headers.etag) } });
    expect(again.statusCode).toBe(304);
    const gone = await app.inject({ method: 'DELETE', url: `/api/v1/jobs/${ids[0]}` });
    expect([gone.statusCode, gone.json().state]).toEqual([202, 'cancelled']);
    expect((await app.inject('/api/v1/jobs?state=asleep')).statusCode).toBe(400);
    const unknown = '019a0000-0000-7000-8000-000000000000';
    expect((await app.inject(`/api/v1/jobs/${unknown}`)).json()).toMatchObject({ status: 404, code: 'jobs/unknown' });
  });

  it('events tell progress as it comes, then the end, then close', async () => {
    const { app, jobs } = await start({ background: true });
    await app.listen(0, '127.0.0.1');
    const id = await jobs.enqueue(act, { act: 'long' });
    const answer = await fetch(`${await app.getUrl()}/api/v1/jobs/${id}/events`);
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
    const events = (await answer.text()).trim().split('\n\n');
    const read = events.map((event) => {
      const lines = Object.fromEntries(event.split('\n').map((line) => line.split(/: (.*)/s)));
      return { type: String(lines['event']), data: JSON.parse(String(lines['data'])) };
    });
    expect(read.slice(0, -1).every(({ type }) => type === 'progress')).toBe(true);
    const reading = read.filter(({ data }) => data.progress?.stage === 'reading').length;
    expect(reading).toBeGreaterThan(3);
    expect(reading).toBeLessThan(50);
    expect(read.at(-1)).toMatchObject({ type: 'done', data: { id, state: 'done' } });
    const late = await (await fetch(`${await app.getUrl()}/api/v1/jobs/${id}/events`)).text();
    expect(late).toMatch(/^event: done\n/m);
    expect(late).not.toMatch(/event: progress/);
  });

  it('events of an unknown job are a 404 problem', async () => {
    const { app } = await start();
    const answer = await app.inject('/api/v1/jobs/019a0000-0000-7000-8000-000000000000/events');
    expect(answer.json()).toMatchObject({ status: 404, code: 'jobs/unknown' });
  });
});
