/** Audits as jobs: one for each copy that a person asks for, one for the whole round that the clock asks for. */
import { Inject, Injectable } from '@nestjs/common';
import { newId } from '../common/ids.ts';
import { SETTINGS, type Settings } from '../config/settings.ts';
import { BACKGROUND, type JobContext, OnJob } from '../jobs/job-definition.ts';
import { JobsService } from '../jobs/jobs.service.ts';
import { CopyLedger } from '../packages/copy-ledger.service.ts';
import { type AuditCopy, auditCopy, type AuditDue, auditDue, type AuditStarted, type StartAudit } from './fixity.dto.ts';
import { DueCopies } from './due-copies.service.ts';
import { FixityService } from './fixity.service.ts';

@Injectable()
export class FixityJobs {
  constructor(
    private readonly fixity: FixityService,
    private readonly due: DueCopies,
    private readonly ledger: CopyLedger,
    private readonly jobs: JobsService,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /** Queues an audit of every copy asked for; of those that are due when none is named. @throws Fault 'package/unknown'. */
  async start({ packages, all }: StartAudit): Promise<AuditStarted> {
    const runId = newId();
    const copies = packages === undefined && !all ? await this.due.list() : await this.fixity.select({ packages });
    const jobs: string[] = [];
    for (const copy of copies) {
      jobs.push(await this.jobs.enqueue(auditCopy, { copyId: copy.id, runId }, { dedupeKey: `fixity.audit:${copy.id}` }));
    }
    return { runId, jobs };
  }

  /** Queues the round, unless it waits or runs already. */
  async startRound(): Promise<string> {
    return this.jobs.enqueue(auditDue, { runId: newId() }, { dedupeKey: 'fixity.due', priority: BACKGROUND });
  }

  @OnJob(auditCopy)
  async run({ copyId, runId }: AuditCopy, { signal, progress }: JobContext): Promise<unknown> {
    const [copy] = await this.ledger.find({ id: copyId });
    if (copy === undefined) return { outcome: 'gone' };
    const onBytes = (doneBytes: number, totalBytes: number): void => progress('audit', doneBytes, totalBytes);
    const { outcome, findings, checkedBytes } = await this.fixity.audit(copy, { runId, signal, onBytes });
    return { package: copy.packageId, location: copy.location, outcome, checkedBytes, findings: findings.slice(0, 100) };
  }

  /** One copy after the other, so that the budget is the budget; a copy that can't be read now waits for the next round. */
  @OnJob(auditDue)
  async round({ runId }: AuditDue, { signal, progress, log }: JobContext): Promise<unknown> {
    const copies = await this.due.list();
    const totalBytes = copies.reduce((sum, copy) => sum + copy.bytes, 0);
    const counts: Record<string, number> = {};
    let doneBytes = 0;
    for (const copy of copies) {
      signal.throwIfAborted();
      const before = doneBytes;
      const { outcome, checkedBytes } = await this.fixity.audit(copy, {
        runId,
        signal,
        bytesPerSecond: this.settings.auditBytesPerSecond > 0 ? this.settings.auditBytesPerSecond : undefined,
        onBytes: (done) => progress('audit', Math.min(before + done, totalBytes), totalBytes),
      });
      doneBytes = before + checkedBytes;
      counts[outcome] = (counts[outcome] ?? 0) + 1;
      if (outcome !== 'ok') log(`${copy.packageId}: ${outcome}`, { package: copy.packageId, location: copy.location, outcome });
    }
    return { copies: copies.length, outcomes: counts };
  }
}
