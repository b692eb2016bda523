/** The application does not start unless every kind of job has exactly one handler. */
import { Injectable } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ClockModule } from '#built/src/common/clock.module';
import { DatabaseModule } from '#built/src/database/database.module';
import { defineJob, OnJob } from '#built/src/jobs/job-definition';
import { JobsModule } from '#built/src/jobs/jobs.module';
import { startApp } from '../../support/app.ts';
import { tmpFolder } from '../../support/tmp.ts';

const lonely = defineJob('test.lonely', z.object({}));

@Injectable()
class One {
  @OnJob(lonely)
  run(): Promise<void> {
    return Promise.resolve();
  }
}

@Injectable()
class Two {
  @OnJob(lonely)
  doIt(): Promise<void> {
    return Promise.resolve();
  }
}

async function boot(...providers: (typeof One | typeof Two)[]): Promise<unknown> {
  const jobs = JobsModule.forRoot({ workers: 1, background: false, alone: true });
  return startApp({ imports: [ClockModule, DatabaseModule.forHome(await tmpFolder()), jobs], providers });
}

describe('starting', () => {
  it('is refused when a kind has no handler', async () => {
    await expect(boot()).rejects.toThrow('no @OnJob method handles "test.lonely"');
  });

  it('is refused when a kind has two handlers', async () => {
    await expect(boot(One, Two)).rejects.toThrow('"test.lonely" has two handlers: One.run and Two.doIt');
  });

  it('works with one, and a kind is defined once', async () => {
    await boot(One);
    expect(() => defineJob('test.lonely', z.object({}))).toThrow('defined twice');
  });
});
