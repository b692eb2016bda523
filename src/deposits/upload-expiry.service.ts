/** The clock's part of uploads: those that nobody goes on with, and nobody deposits, are removed at start and every hour. */
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import type { Clock } from '#ingest/kernel';
import { CLOCK } from '../common/clock.module.ts';
import { ROLES, type Roles } from '../config/roles.ts';
import { JobsService } from '../jobs/jobs.service.ts';
import { ingestJob } from './deposit.dto.ts';
import { UploadsService } from './uploads.service.ts';

const LOOK_MS = 3_600_000;

@Injectable()
export class UploadExpiry implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('uploads');
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly uploads: UploadsService,
    private readonly jobs: JobsService,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(ROLES) private readonly roles: Roles,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.roles.includes('scheduler')) return;
    const look = (): void => {
      this.removeAbandoned().catch((error: unknown) => this.logger.error(`could not look for old uploads: ${String(error)}`));
    };
    this.timer = setInterval(look, LOOK_MS);
    this.timer.unref();
    look();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** Those that a deposit waits for stay, however long it waits. */
  async removeAbandoned(): Promise<void> {
    const waiting = await this.jobs.unfinished(ingestJob);
    const removed = await this.uploads.removeAbandoned(this.clock.now(), new Set(waiting.flatMap(({ uploads }) => uploads)));
    for (const id of removed) this.logger.log(`removed upload ${id}, which nobody went on with`);
  }
}
