/** Real worker processes on one table: each job once, and the jobs of a process that was killed are taken over. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DataSource } from 'typeorm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { catalogueOptions, openCatalogue } from '#built/src/database/data-source';
import { Job } from '#built/src/jobs/job.entity';
import { newId } from '#built/src/common/ids';
import { tmpFolder } from '../../support/tmp.ts';

const script = new URL('../../support/job-process.mjs', import.meta.url).pathname;

async function worker(home: string, leaseMs: number): Promise<ChildProcess> {
  const args = [script, home, join(home, 'notes'), String(leaseMs)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}

async function tableOf(home: string, kind: string, count: number): Promise<DataSource> {
  const ds = await openCatalogue(catalogueOptions(join(home, 'catalogue.sqlite')));
  onTestFinished(() => ds.destroy());
  await writeFile(join(home, 'notes'), '');
  const now = new Date();
  const rest = {
    leaseOwner: null,
    leaseUntil: null,
    dedupeKey: null,
    progress: null,
    result: null,
    error: null,
    startedAt: null,
  };
  const job = { ...rest, kind, state: 'queued' as const, priority: 0, runAt: now, createdAt: now, attempts: 0, maxAttempts: 5 };
  const rows = Array.from({ length: count }, (_, n) => ({
    ...job,
    id: newId(),
    payload: { n } as object,
    finishedAt: null,
    cancelRequested: false,
  }));
  await ds.getRepository(Job).insert(rows as never);
  return ds;
}

async function notesOf(home: string): Promise<{ pid: number; n: number }[]> {
  const lines = (await readFile(join(home, 'notes'), 'utf8')).trim().split('\n').filter(Boolean);
  return lines.map((line) => ({ pid: Number(line.split(' ')[0]), n: Number(line.split(' ')[1]) }));
}

describe('worker processes', () => {
  it('four of them do 200 jobs, each exactly once', async () => {
    const home = await tmpFolder();
    const ds = await tableOf(home, 'test.note', 200);
    await Promise.all(Array.from({ length: 4 }, () => worker(home, 60_000)));
    await expect.poll(() => ds.getRepository(Job).countBy({ state: 'done' }), { timeout: 45_000, interval: 200 }).toBe(200);
    const notes = await notesOf(home);
    expect(notes.map(({ n }) => n).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, n) => n));
    expect(new Set(notes.map(({ pid }) => pid)).size).toBeGreaterThan(1);
    expect(await ds.getRepository(Job).countBy({ attempts: 1 })).toBe(200);
  });

  it('one takes over the job of another that was killed, after its lease', async () => {
    const home = await tmpFolder();
    const ds = await tableOf(home, 'test.hang', 1);
    const first = await worker(home, 1_500);
    await expect.poll(() => notesOf(home), { timeout: 10_000 }).toHaveLength(1);
    const second = await worker(home, 1_500);
    const lease = async () => (await ds.getRepository(Job).findOneByOrFail({})).leaseUntil?.getTime() ?? 0;
    const firstLease = await lease();
    await expect.poll(lease, { timeout: 20_000 }).toBeGreaterThan(firstLease + 2 * 1_500);
    expect(await notesOf(home)).toEqual([{ pid: first.pid, n: 0 }]);
    first.kill('SIGKILL');
    await expect.poll(() => notesOf(home), { timeout: 10_000 }).toHaveLength(2);
    expect((await notesOf(home))[1]).toEqual({ pid: second.pid, n: 0 });
    expect(await ds.getRepository(Job).countBy({ state: 'active', attempts: 2 })).toBe(1);
  });

  it('a job that kills its process every time is given up', async () => {
    const home = await tmpFolder();
    const ds = await tableOf(home, 'test.hang', 1);
    await ds.query('UPDATE job SET max_attempts = 1');
    const first = await worker(home, 1_000);
    await expect.poll(() => notesOf(home), { timeout: 10_000 }).toHaveLength(1);
    first.kill('SIGKILL');
    await worker(home, 1_000);
    await expect
      .poll(() => ds.getRepository(Job).find(), { timeout: 10_000 })
      .toMatchObject([{ state: 'failed', error: { code: 'jobs/worker-died' } }]);
  });
});
