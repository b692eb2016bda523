/** What is asked and answered about exports. */
import { z } from 'zod';
import { exporters, mediaWriters } from '#ingest/export';
import { defineJob } from '../jobs/job-definition.ts';

/** What is one file, and so can be fetched: packages but as a folder, and disks. */
const asFiles = [...[...exporters.values()].filter(({ extension }) => extension !== ''), ...mediaWriters.values()].map(
  ({ id }) => id,
);

export const StartExport = z
  .strictObject({
    package: z.uuid(),
    as: z
      .enum(asFiles)
      .default('tar')
      .describe(
        'The package (tar, zip) or the disk inside its image, converted; a folder (bag) can only be exported by the command line',
      ),
    withHistory: z
      .boolean()
      .default(false)
      .describe('Adds the events since sealing as metadata/premis-since-sealing.xml; not to a disk'),
  })
  .meta({ id: 'StartExport' });
export type StartExport = z.infer<typeof StartExport>;

/** For this machine's own command line alone: the server writes to a path. */
export const LocalExport = z
  .strictObject({
    package: z.uuid(),
    as: z.string().min(1).max(50),
    to: z.string().min(1).max(4096).describe('A path that does not exist, in a folder that does'),
    withHistory: z.boolean().default(false),
  })
  .meta({ id: 'LocalExport' });
export type LocalExport = z.infer<typeof LocalExport>;

/** `to` null: into the exports area, until it expires. */
export const MakeExport = LocalExport.extend({ to: z.string().nullable() });
export type MakeExport = z.infer<typeof MakeExport>;
export const makeExport = defineJob('export.make', MakeExport);

export const ExportView = z
  .object({
    id: z.uuid().describe('Id of the export and of its job'),
    package: z.string(),
    as: z.string(),
    state: z.enum(['queued', 'active', 'done', 'failed', 'cancelled', 'expired']),
    bytes: z.int().nullable(),
    sha256: z.string().nullable(),
    mediaSha256: z.string().nullable().describe('Of the disk, when it was exported: the same before and after'),
    expiresAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Export' });
export type ExportView = z.infer<typeof ExportView>;

export const ExportResultView = z.object({
  target: z.string(),
  bytes: z.int(),
  files: z.int(),
  sha256: z.string().optional(),
  mediumSha256: z.string().optional(),
});
