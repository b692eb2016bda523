/** What is answered about packages. */
import { z } from 'zod';

const Format = z.object({ id: z.string(), title: z.string(), puid: z.string().nullable() }).meta({ id: 'Format' });

export const PackageSummary = z
  .object({
    id: z.uuid(),
    title: z.string(),
    accession: z.string().nullable().describe('Number of its accession'),
    image: z.string().describe('Name of the disk image as received'),
    format: Format,
    mediaSize: z.int().nullable().describe('Bytes of the disk inside the image; null for a container that is not opened'),
    mediaSha256: z.string().nullable(),
    bytes: z.int().describe('Bytes of the payload'),
    files: z.int().describe('Files of the payload'),
    sealedAt: z.iso.datetime(),
    status: z
      .string()
      .describe('The worst that the last audits of its copies say: ok, altered, missing, extra, unreadable, unchecked'),
    lastCheckedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'PackageSummary' });
export type PackageSummary = z.infer<typeof PackageSummary>;

export const PackageFileView = z
  .object({
    path: z.string(),
    role: z.string(),
    size: z.int(),
    sha256: z.string(),
    digests: z.record(z.string(), z.string()),
    format: z.string().nullable(),
    puid: z.string().nullable(),
  })
  .meta({ id: 'PackageFile' });
export type PackageFileView = z.infer<typeof PackageFileView>;

export const EventView = z
  .object({
    id: z.string(),
    type: z.string(),
    at: z.iso.datetime(),
    outcome: z.string(),
    detail: z.string(),
    notes: z.array(z.string()),
    agents: z.array(z.object({ name: z.string(), type: z.string(), version: z.string().optional(), role: z.string() })),
    sealed: z.boolean().describe('Part of the package itself; else of the journal'),
  })
  .meta({ id: 'Event' });
export type EventView = z.infer<typeof EventView>;

export const CopyView = z
  .object({
    id: z.string(),
    location: z.string(),
    status: z.string(),
    storedAt: z.iso.datetime(),
    lastCheckedAt: z.iso.datetime().nullable(),
    lastOkAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Copy' });
export type CopyView = z.infer<typeof CopyView>;

/** A package with everything that is short; files and events have lists of their own for when there are many. */
export const PackageView = PackageSummary.extend({
  tagManifestSha256: z.string(),
  acquisition: z
    .record(z.string(), z.unknown())
    .describe('What the imaging logs, lists and maps say; see acquisition.schema.json'),
  accessionRecord: z
    .object({
      number: z.string(),
      title: z.string(),
      donor: z.string().nullable(),
      received: z.string().nullable(),
      restrictions: z.string().nullable(),
    })
    .nullable(),
  sameMedium: z
    .array(z.object({ id: z.string(), title: z.string() }))
    .describe('Other packages whose image holds the same disk, whatever is around it.'),
  copies: z.array(CopyView),
}).meta({ id: 'Package' });
export type PackageView = z.infer<typeof PackageView>;
