/** Scheduled fixity: on from the first package, every copy in time, oldest first, within the budget, across restarts. */
import { performance } from 'node:perf_hooks';
import { describe, expect, it } from 'vitest';
import { DueCopies } from '#built/src/fixity/due-copies.service';
import { FixitySchedule } from '#built/src/fixity/fixity-schedule.service';
import { JobsService } from '#built/src/jobs/jobs.service';
import { PackagesService } from '#built/src/packages/packages.service';
import { testArchive } from '../../support/archive.ts';

const DAY_MS = 86_400_000;

describe('the schedule', () => {
  it('finds a new package due at once, audits it without being asked, and then has nothing due', async () => {
    const archive = await testArchive();
    const { id } = await archive.ingest();
    expect((await archive.app.get(FixitySchedule).status()).due).toBe(1);
    await archive.app.get(FixitySchedule).queueDue();
    await archive.app.get(JobsService).runUntilEmpty();
    expect(await archive.app.get(FixitySchedule).status()).toMatchObject({ copies: 1, ok: 1, due: 0, unchecked: 0 });
    expect((await archive.app.get(PackagesService).history(id)).at(-1)).toMatchObject({
      type: 'fixity check',
      outcome: 'success',
    });
  });

  it('lets no copy wait longer than the interval, and spreads the turns before it', async () => {
    const archive = await testArchive({ settings: { auditIntervalDays: 90 } });
    for (let i = 0; i < 12; i += 1) await archive.ingest(5000);
    const { app, clock } = archive;
    await app.get(FixitySchedule).queueDue();
    await app.get(JobsService).runUntilEmpty();
    clock.forward(80 * DAY_MS);
    expect(await app.get(DueCopies).list()).toEqual([]);
    const dueDays = new Set<number>();
    for (let day = 81; day <= 90; day += 1) {
      clock.forward(DAY_MS);
      for (const { id } of await app.get(DueCopies).list()) if (id !== '') dueDays.add(day);
      if ((await app.get(DueCopies).list()).length === 12) break;
    }
    expect(await app.get(DueCopies).list()).toHaveLength(12);
    expect(dueDays.size).toBeGreaterThan(1);
  });

  it('takes the copy that has waited longest first', async () => {
    const archive = await testArchive();
    const first = await archive.ingest();
    await archive.app.get(FixitySchedule).queueDue();
    await archive.app.get(JobsService).runUntilEmpty();
    archive.clock.forward(50 * DAY_MS);
    const second = await archive.ingest();
    await archive.app.get(FixitySchedule).queueDue();
    await archive.app.get(JobsService).runUntilEmpty();
    archive.clock.forward(100 * DAY_MS);
    const third = await archive.ingest();
    const due = await archive.app.get(DueCopies).list();
    expect(due.map(({ packageId }) => packageId)).toEqual([third.id, first.id, second.id]);
  });

  it('knows after a restart what was checked and what is due', async () => {
    const archive = await testArchive();
    await archive.ingest();
    await archive.app.get(FixitySchedule).queueDue();
    await archive.app.get(JobsService).runUntilEmpty();
    const again = await archive.restart();
    expect(await again.app.get(FixitySchedule).status()).toMatchObject({ ok: 1, due: 0 });
    again.clock.forward(90 * DAY_MS);
    expect(await again.app.get(FixitySchedule).status()).toMatchObject({ ok: 1, due: 1 });
  });

  it('says when the round will be done at the budget', async () => {
    const archive = await testArchive({ settings: { auditBytesPerSecond: 1000 } });
    const { bytes } = await archive.ingest(50_000);
    const { roundDoneAt, dueBytes } = await archive.app.get(FixitySchedule).status();
    expect(dueBytes).toBe(bytes);
    expect(Date.parse(roundDoneAt ?? '') - archive.clock.now().getTime()).toBe(bytes);
  });

  it('keeps to the budget', async () => {
    const archive = await testArchive({ settings: { auditBytesPerSecond: 2 << 20 } });
    await archive.ingest(4 << 20);
    await archive.app.get(FixitySchedule).queueDue();
    const start = performance.now();
    await archive.app.get(JobsService).runUntilEmpty();
    // The last read, of 1 MiB at most, is never waited for.
    expect(performance.now() - start).toBeGreaterThan(1450);
    expect(await archive.app.get(FixitySchedule).status()).toMatchObject({ ok: 1 });
  });
});
