/** The clock's part: which copies are due, when the round will be done, and the queueing of what is due. */
import { Inject, Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';
import type { Clock } from '#ingest/kernel';
import { CLOCK } from '../common/clock.module.ts';
import { newId } from '../common/ids.ts';
import { ROLES, type Roles } from '../config/roles.ts';
import { SETTINGS, type Settings } from '../config/settings.ts';
import { CopyLedger } from '../packages/copy-ledger.service.ts';
import { AuditState } from './audit-state.entity.ts';
import type { FixityStatus } from './fixity.dto.ts';
import { FixityJobs } from './fixity.jobs.service.ts';
import { FixityService } from './fixity.service.ts';

/** How often the clock looks for copies that are due. */
const LOOK_MS = 60_000;

/** Copies queued ahead: a round is not put into the queue at once, so that settings and damage can still change its order. */
const MOST_QUEUED = 16;

/** A copy's turn comes up to a tenth of the interval early, so that a box ingested in one day is not due in one day. */
const SPREAD = 0.1;

@Injectable()
export class FixitySchedule implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('fixity');
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly fixity: FixityService,
    private readonly jobs: FixityJobs,
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

  /** Queues the copies that are due, oldest first. @returns how many. */
  async queueDue(): Promise<number> {
    const due = await this.due();
    const runId = newId();
    for (const copy of due.slice(0, MOST_QUEUED)) await this.jobs.enqueue(copy, runId, true);
    return Math.min(due.length, MOST_QUEUED);
  }

  /** What an auditor asks first: what is checked, what waits, and when it will be done. */
  async status(): Promise<FixityStatus> {
    const copies = await this.ledger.find({});
    const due = await this.due();
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

  /** Never checked, or due by now less its own share of the spread. */
  private async due(): Promise<Awaited<ReturnType<CopyLedger['find']>>> {
    const intervalMs = this.settings.auditIntervalDays * 86_400_000;
    const now = this.clock.now().getTime();
    return (await this.ledger.find({})).filter(
      ({ id, lastCheckedAt }) =>
        lastCheckedAt === null || lastCheckedAt.getTime() + intervalMs * (1 - SPREAD * shareOf(id)) <= now,
    );
  }
}

/** 0 to 1, the same for a copy every time: the random end of its UUID. */
function shareOf(id: string): number {
  return Number.parseInt(id.slice(-6), 16) / 0xffffff;
}
