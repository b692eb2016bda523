/** The clock's part: which copies are due, when the round will be done, and the queueing of what is due. */
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import type { Clock } from '#ingest/kernel';
import { CLOCK } from '../common/clock.module.ts';
import { ROLES, type Roles } from '../config/roles.ts';
import { SETTINGS, type Settings } from '../config/settings.ts';
import { CopyLedger } from '../packages/copy-ledger.service.ts';
import { AuditState } from './audit-state.entity.ts';
import { DueCopies } from './due-copies.service.ts';
import type { FixityStatus } from './fixity.dto.ts';
import { FixityJobs } from './fixity.jobs.service.ts';

/** How often the clock looks for copies that are due. */
const LOOK_MS = 60_000;

@Injectable()
export class FixitySchedule implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('fixity');
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly jobs: FixityJobs,
    private readonly due: DueCopies,
    private readonly ledger: CopyLedger,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(ROLES) private readonly roles: Roles,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.roles.includes('scheduler')) return;
    const look = (): void => {
      this.queueDue().catch((error: unknown) => this.logger.error(`could not look for due audits: ${String(error)}`));
    };
    this.timer = setInterval(look, LOOK_MS);
    this.timer.unref();
    look();
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  /** Queues the round when a copy is due. */
  async queueDue(): Promise<void> {
    if ((await this.due.list()).length > 0) await this.jobs.startRound();
  }

  /** What an auditor asks first: what is checked, what waits, and when it will be done. */
  async status(): Promise<FixityStatus> {
    const copies = await this.ledger.find({});
    const due = await this.due.list();
    const dueBytes = due.reduce((sum, copy) => sum + copy.bytes, 0);
    const rate = this.settings.auditBytesPerSecond;
    const count = (...statuses: string[]): number => copies.filter((copy) => statuses.includes(copy.status)).length;
    const oldest = copies.filter((copy) => copy.lastCheckedAt !== null)[0];
    const running = await this.database.manager.find(AuditState);
    const doneAt = rate > 0 ? new Date(this.clock.now().getTime() + (dueBytes / rate) * 1000).toISOString() : null;
    return {
      intervalDays: this.settings.auditIntervalDays,
      bytesPerSecond: rate,
      copies: copies.length,
      ok: count('ok'),
      damaged: count('altered', 'missing', 'extra'),
      unreadable: count('unreadable'),
      unchecked: count('unchecked'),
      due: due.length,
      dueBytes,
      oldestCheckAt: oldest?.lastCheckedAt?.toISOString() ?? null,
      roundDoneAt: doneAt,
      running: running.flatMap((state) => {
        const copy = copies.find(({ id }) => id === state.copyId);
        const { checkedBytes } = state.position as { checkedBytes: number };
        return copy === undefined
          ? []
          : [{ package: copy.packageId, location: copy.location, startedAt: state.startedAt.toISOString(), checkedBytes }];
      }),
    };
  }
}
