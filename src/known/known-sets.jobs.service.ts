/** Sets of known files as jobs of the server: added from a path that this machine's own command line names, and removed. */
import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '#ingest/kernel';
import { CLOCK } from '../common/clock.module.ts';
import { type JobContext, OnJob } from '../jobs/job-definition.ts';
import { JobsService } from '../jobs/jobs.service.ts';
import {
  type AddKnownSet,
  addKnownJob,
  type KnownSetView,
  type LocalKnownSet,
  type RemoveKnownSet,
  removeKnownJob,
} from './known-sets.dto.ts';
import { KnownSetsService } from './known-sets.service.ts';

@Injectable()
export class KnownSetJobs {
  constructor(
    private readonly sets: KnownSetsService,
    private readonly jobs: JobsService,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  list(): Promise<KnownSetView[]> {
    return this.sets.list();
  }

  add(asked: LocalKnownSet): Promise<string> {
    return this.jobs.enqueue(addKnownJob, { ...asked, askedAt: this.clock.now().toISOString() });
  }

  /** @throws Fault 'known/unknown'. */
  async remove(name: string): Promise<string> {
    await this.sets.expect(name);
    return this.jobs.enqueue(removeKnownJob, { name });
  }

  /** Begun anew after a stop: what was not read to its end is gone by then, and what was is only marked. */
  @OnJob(addKnownJob)
  runAdd({ askedAt, ...asked }: AddKnownSet, { signal, progress }: JobContext): Promise<KnownSetView> {
    return this.sets.add({
      ...asked,
      askedAt: new Date(askedAt),
      signal,
      onProgress: ({ stage, doneBytes, totalBytes }) => progress(stage, doneBytes, totalBytes),
    });
  }

  @OnJob(removeKnownJob)
  runRemove({ name }: RemoveKnownSet, { signal }: JobContext): Promise<KnownSetView> {
    return this.sets.remove(name, signal);
  }
}
