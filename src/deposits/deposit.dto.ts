/** What is asked and answered about deposits: disk images handed over to be ingested. */
import { z } from 'zod';
import { AccessionNumber } from '../common/accession-number.ts';
import { Title } from '../common/title.ts';
import { defineJob } from '../jobs/job-definition.ts';

const how = {
  accession: AccessionNumber.optional().describe('Number of the accession it belongs to; it must exist'),
  title: Title.optional(),
  again: z.boolean().default(false).describe('Keep the disk although the archive holds it already'),
};

/** Uploaded files that are one carrier: its image with what came with it. */
export const NewDeposit = z
  .strictObject({
    uploads: z
      .array(z.string().regex(/^[0-9a-f]{32}$/))
      .min(1)
      .max(10_000)
      .describe('Ids of finished uploads (the last part of their tus URL)'),
    ...how,
  })
  .meta({ id: 'NewDeposit' });
export type NewDeposit = z.infer<typeof NewDeposit>;

/** For this machine's own command line alone: paths that the server itself reads. */
export const LocalDeposit = z.strictObject({ path: z.string().min(1).max(4096), ...how }).meta({ id: 'LocalDeposit' });
export type LocalDeposit = z.infer<typeof LocalDeposit>;

/** Either a path, or uploads. */
export const Ingest = z.strictObject({ path: z.string().nullable(), uploads: z.array(z.string()), ...how });
export type Ingest = z.infer<typeof Ingest>;
export const ingestJob = defineJob('deposit.ingest', Ingest);

export const DepositAccepted = z.object({ job: z.string() }).meta({ id: 'DepositAccepted' });
export type DepositAccepted = z.infer<typeof DepositAccepted>;

export const IngestedPackage = z
  .object({
    id: z.string(),
    outcome: z.literal('stored'),
    title: z.string(),
    bytes: z.int().describe('Bytes of the payload'),
    files: z.int(),
    mediaSize: z.int().nullable(),
    mediaSha256: z.string().nullable(),
    volumes: z.number().int().nullable().describe('Volumes of the disk; null when it was not surveyed'),
    filesInside: z.number().int().nullable().describe('Files inside the disk; null when it was not surveyed'),
    tagManifestSha256: z.string(),
    notes: z.array(z.string()),
  })
  .meta({ id: 'IngestedPackage' });
export type IngestedPackage = z.infer<typeof IngestedPackage>;
