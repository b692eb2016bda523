/** Audits as jobs: asked for over HTTP or by the clock, one job for each copy. */
import { Inject, Injectable } from '@nestjs/common';
import { newId } from '../common/ids.ts';
import { SETTINGS, type Settings } from '../config/settings.ts';
import { type JobContext, OnJob } from '../jobs/job-definition.ts';
import { JobsService } from '../jobs/jobs.service.ts';
import { CopyLedger, type CopyToAudit } from '../packages/copy-ledger.service.ts';
import { type AuditCopy, auditCopy, type AuditStarted, type StartAudit } from './fixity.dto.ts';
import { FixityService } from './fixity.service.ts';

/** After everything that a person waits for. */
const BACKGROUND = 10;

@Injectable()
export class FixityJobs {
  constructor(
    private readonly fixity: FixityService,
    private readonly ledger: CopyLedger,
    private readonly jobs: JobsService,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /** Queues an audit of every copy asked for. @throws Fault 'package/unknown'. */
  async start({ packages, all }: StartAudit): Promise<AuditStarted> {
    const runId = newId();
    const copies = await this.fixity.select({ packages, all });
    const jobs: string[] = [];
    for (const copy of copies) jobs.push(await this.enqueue(copy, runId, false));
    return { runId, jobs };
  }

  /** A copy is never audited twice at the same time: asking again answers the job that waits or runs. */
  async enqueue(copy: CopyToAudit, runId: string, budgeted: boolean): Promise<string> {
    const options = { dedupeKey: `fixity.audit:${copy.id}`, priority: budgeted ? BACKGROUND : 0 };
    return this.jobs.enqueue(auditCopy, { copyId: copy.id, runId, budgeted }, options);
  }

  @OnJob(auditCopy)
  async run({ copyId, runId, budgeted }: AuditCopy, { signal, progress }: JobContext): Promise<unknown> {
    const [copy] = await this.ledger.find({ id: copyId });
    if (copy === undefined) return { outcome: 'gone' };
    const { outcome, findings, checkedBytes } = await this.fixity.audit(copy, {
      runId,
      bytesPerSecond: budgeted && this.settings.auditBytesPerSecond > 0 ? this.settings.auditBytesPerSecond : undefined,
      signal,
      onBytes: (doneBytes, totalBytes) => progress('audit', doneBytes, totalBytes),
    });
    return { package: copy.packageId, location: copy.location, outcome, checkedBytes, findings: findings.slice(0, 100) };
  }
}
