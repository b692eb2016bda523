/** What is asked and answered about exports. */
import { z } from 'zod';
import { defineJob } from '../jobs/job-definition.ts';

export const StartExport = z
  .strictObject({
    package: z.uuid(),
    as: z.enum(['tar', 'zip']).default('tar').describe('One file; a folder (bag) can only be exported by the command line'),
    withHistory: z.boolean().default(false).describe('Adds the events since sealing as metadata/premis-since-sealing.xml'),
  })
  .meta({ id: 'StartExport' });
export type StartExport = z.infer<typeof StartExport>;

export const MakeExport = StartExport.extend({ id: z.uuid() });
export type MakeExport = z.infer<typeof MakeExport>;
export const makeExport = defineJob('export.make', MakeExport);

export const ExportView = z
  .object({
    id: z.uuid(),
    package: z.string(),
    as: z.string(),
    state: z.enum(['queued', 'active', 'done', 'failed', 'cancelled', 'expired']),
    bytes: z.int().nullable(),
    sha256: z.string().nullable(),
    expiresAt: z.iso.datetime().nullable(),
    job: z.string(),
  })
  .meta({ id: 'Export' });
export type ExportView = z.infer<typeof ExportView>;
