/** What is asked and answered about virus scans. */
import { z } from 'zod';
import { defineJob } from '../jobs/job-definition.ts';
import { ScanSummary } from './scan-summary.ts';

export const ScanPackage = z.strictObject({ package: z.uuid() });
export type ScanPackage = z.infer<typeof ScanPackage>;
export const scanPackage = defineJob('scanning.package', ScanPackage);

export const ScanStarted = z.object({ job: z.string().describe('Follow it at /jobs') }).meta({ id: 'ScanStarted' });
export type ScanStarted = z.infer<typeof ScanStarted>;

export const ScanView = z
  .object({
    package: z.string(),
    state: z
      .enum(['never', 'unfinished', 'done'])
      .describe(
        'Whether its files were scanned for viruses; unfinished: a scan runs, or was stopped and goes on when asked again',
      ),
    startedAt: z.iso.datetime().nullable(),
    endedAt: z.iso.datetime().nullable(),
    summary: ScanSummary.nullable().describe('Of the last scan that was done'),
  })
  .meta({ id: 'VirusScan' });
export type ScanView = z.infer<typeof ScanView>;
