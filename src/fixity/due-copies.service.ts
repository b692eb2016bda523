/** Which copies are due: never checked, or not within the interval; their turns spread, so that a box is not due in one day. */
import { Inject, Injectable } from '@nestjs/common';
import { IsNull, LessThanOrEqual } from 'typeorm';
import type { Clock } from '#ingest/kernel';
import { CLOCK } from '../common/clock.module.ts';
import { SETTINGS, type Settings } from '../config/settings.ts';
import { CopyLedger, type CopyToAudit } from '../packages/copy-ledger.service.ts';

/** A copy's turn comes up to this share of the interval early; never late. */
const SPREAD = 0.1;
const DAY_MS = 86_400_000;

@Injectable()
export class DueCopies {
  constructor(
    private readonly ledger: CopyLedger,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Oldest check first. */
  async list(): Promise<CopyToAudit[]> {
    const intervalMs = this.settings.auditIntervalDays * DAY_MS;
    const now = this.clock.now().getTime();
    const earliest = new Date(now - intervalMs * (1 - SPREAD));
    const candidates = await this.ledger.find([{ lastCheckedAt: IsNull() }, { lastCheckedAt: LessThanOrEqual(earliest) }]);
    return candidates.filter(
      ({ id, lastCheckedAt }) =>
        lastCheckedAt === null || lastCheckedAt.getTime() + intervalMs * (1 - SPREAD * shareOf(id)) <= now,
    );
  }
}

/** 0 to 1, the same for a copy every time: the random end of its UUID. */
function shareOf(id: string): number {
  return Number.parseInt(id.slice(-6), 16) / 0xffffff;
}
