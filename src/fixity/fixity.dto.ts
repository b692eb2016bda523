/** What is asked and answered about audits. */
import { z } from 'zod';
import { defineJob } from '../jobs/job-definition.ts';

/** One schema guards both doors: the HTTP body and the queued payload. */
export const StartAudit = z
  .strictObject({
    packages: z.array(z.uuid()).max(10_000).optional().describe('Packages to audit; all that are due when left out.'),
    all: z.boolean().default(false).describe('Every package, due or not.'),
  })
  .meta({ id: 'StartAudit' });
export type StartAudit = z.infer<typeof StartAudit>;

export const AuditCopy = z.strictObject({ copyId: z.uuid(), runId: z.uuid() });
export type AuditCopy = z.infer<typeof AuditCopy>;
export const auditCopy = defineJob('fixity.audit', AuditCopy);

export const AuditDue = z.strictObject({ runId: z.uuid() });
export type AuditDue = z.infer<typeof AuditDue>;
export const auditDue = defineJob('fixity.due', AuditDue);

export const FindingView = z
  .object({
    path: z.string(),
    outcome: z.enum(['altered', 'missing', 'extra', 'unreadable']),
    ranges: z.array(z.object({ offset: z.int(), length: z.int() })),
    detail: z.string(),
  })
  .meta({ id: 'FixityFinding' });
export type FindingView = z.infer<typeof FindingView>;

export const FixityStatus = z
  .object({
    intervalDays: z.int(),
    bytesPerSecond: z.int().describe('Budget of the background audit; 0 = none'),
    copies: z.int(),
    ok: z.int(),
    damaged: z.int().describe('Copies whose last audit found altered, missing or extra files'),
    unreadable: z.int(),
    unchecked: z.int().describe('Copies that no audit has read yet'),
    due: z.int().describe('Copies whose interval is over, or that were never checked'),
    dueBytes: z.int(),
    oldestCheckAt: z.iso.datetime().nullable().describe('Last check of the copy that has waited longest'),
    roundDoneAt: z.iso.datetime().nullable().describe('When what is due now will be checked, at the budget'),
    running: z.array(z.object({ package: z.string(), location: z.string(), startedAt: z.iso.datetime(), checkedBytes: z.int() })),
  })
  .meta({ id: 'FixityStatus' });
export type FixityStatus = z.infer<typeof FixityStatus>;

export const AuditStarted = z.object({ runId: z.uuid(), jobs: z.array(z.string()) }).meta({ id: 'AuditStarted' });
export type AuditStarted = z.infer<typeof AuditStarted>;
