/** What is asked and answered about the files inside disks. */
import { z } from 'zod';
import { PageQuery, pageSchema } from '../common/paging.ts';

const yes = z.stringbool().optional();

export const FilesFilter = z.object({
  q: z.string().min(1).max(500).optional().describe('Parts of the name, in any case, without accents; all of them must be in it'),
  path: z.string().min(1).max(4096).optional().describe('Folders whose path begins so'),
  extension: z.string().min(1).max(16).toLowerCase().optional().describe('Without the dot'),
  puid: z.string().min(1).max(40).optional().describe('PRONOM identifier of the format'),
  mime: z.string().min(1).max(200).optional(),
  digest: z
    .string()
    .regex(/^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})$/i, 'MD5, SHA-1 or SHA-256 in hex')
    .toLowerCase()
    .optional(),
  minSize: z.coerce.number().int().min(0).optional().describe('In bytes'),
  maxSize: z.coerce.number().int().min(0).optional().describe('In bytes'),
  from: z
    .string()
    .regex(/^\d{4}(-\d\d(-\d\d)?)?$/)
    .optional()
    .describe('Modified on or after: 1993, 1993-05 or 1993-05-12'),
  to: z
    .string()
    .regex(/^\d{4}(-\d\d(-\d\d)?)?$/)
    .optional()
    .describe('Modified on or before'),
  deleted: yes.describe('Only deleted entries, or none of them'),
  unread: yes.describe('Only files with sectors that were never read from the carrier'),
  duplicate: yes.describe('Only files whose bytes lie elsewhere too, on this disk or another; or none of them'),
  known: z
    .enum(['include', 'only', 'hide'])
    .optional()
    .describe('Files in a set of known system files: hidden when nothing is said, but for a search by digest'),
  scan: z.enum(['clean', 'infected', 'not-scanned']).optional().describe('What the last virus scan said'),
  package: z.string().min(1).max(64).optional().describe('Inside this disk'),
  accession: z.string().min(1).max(200).optional().describe('On disks of this accession'),
});
export type FilesQuery = z.infer<typeof FilesFilter>;

export const FilesPage = FilesFilter.extend(PageQuery.shape);
export type FilesPage = z.infer<typeof FilesPage>;

export const FileScanView = z
  .object({
    outcome: z.enum(['clean', 'infected', 'not-scanned']),
    found: z.string().nullable().describe("The scanner's name for what it found"),
    because: z.string().nullable().describe('Why it was not scanned'),
    at: z.iso.datetime(),
    scanner: z
      .object({
        name: z.string(),
        version: z.string(),
        signatures: z.string().optional().describe('Version of its signatures'),
        signaturesFrom: z.string().optional().describe('When they were made, as the scanner says it'),
      })
      .nullable(),
  })
  .meta({ id: 'FileScan' });
export type FileScanView = z.infer<typeof FileScanView>;

export const DiskFileView = z
  .object({
    package: z.string(),
    packageTitle: z.string(),
    accession: z.string().nullable(),
    volume: z.number().int().describe('Number of the volume, from 0'),
    volumeLabel: z.string(),
    path: z.string().describe('From the root of the volume; names joined by /'),
    name: z.string(),
    kind: z.string().describe('file, directory, link …'),
    stream: z.string().nullable().describe('resource, alternate:NAME …; null for the file itself'),
    size: z.number().int(),
    modified: z.string().nullable().describe('With a zone where the disk records one'),
    deleted: z.boolean(),
    unread: z.boolean().describe('It has sectors that were never read from the carrier'),
    known: z
      .object({ set: z.string(), digest: z.enum(['sha256', 'sha1', 'md5']) })
      .nullable()
      .describe('The set of known system files that it is in, and by which of its digests'),
    sha256: z.string().nullable(),
    md5: z.string().nullable(),
    sha1: z.string().nullable(),
    puid: z.string().nullable(),
    format: z.string().nullable(),
    mime: z.string().nullable(),
    scan: FileScanView.nullable().describe('What the last virus scan said of it; null where none looked at it'),
    details: z.record(z.string(), z.unknown()).nullable(),
  })
  .meta({ id: 'DiskFile' });
export type DiskFileView = z.infer<typeof DiskFileView>;

export const DiskFiles = pageSchema(DiskFileView).meta({ id: 'DiskFiles' });
export type DiskFiles = z.infer<typeof DiskFiles>;

/** Files that facets are counted over. */
export const MOST_COUNTED = 2000;

const FacetView = z.object({ value: z.string(), title: z.string().nullable(), count: z.number().int() });

export const FileFacets = z
  .object({
    count: z.number().int().describe('How many files fit, counted up to the limit'),
    hidden: z.number().int().describe('Known system files that fit too and are hidden, counted up to the limit'),
    isAtLeast: z.boolean().describe('There are more than were counted'),
    facets: z.object({
      extension: z.array(FacetView),
      format: z.array(FacetView),
      package: z.array(FacetView),
      accession: z.array(FacetView),
    }),
  })
  .meta({ id: 'FileFacets' });
export type FileFacets = z.infer<typeof FileFacets>;

export const DiskVolumeView = z
  .object({
    number: z.number().int(),
    scheme: z.string(),
    slot: z.string(),
    offset: z.number().int(),
    length: z.number().int(),
    type: z.string(),
    title: z.string().nullable(),
    label: z.string(),
    serial: z.string().nullable(),
    fileSystem: z.string().nullable(),
    fileSystemTitle: z.string().nullable(),
    listed: z.boolean(),
    encrypted: z.boolean(),
    remarks: z.array(z.object({ code: z.string(), message: z.string() })),
    facts: z.record(z.string(), z.union([z.string(), z.number()])),
  })
  .meta({ id: 'DiskVolume' });
export type DiskVolumeView = z.infer<typeof DiskVolumeView>;

export const DiskView = z
  .object({
    state: z.string().describe('unsurveyed, pending, indexed or failed'),
    hasDigests: z.boolean().describe('The files were read, not only listed: their digests and formats are known'),
    detail: z.string().nullable(),
    files: z.number().int(),
    directories: z.number().int(),
    deleted: z.number().int(),
    unread: z.number().int(),
    bytes: z.number().int(),
    volumes: z.array(DiskVolumeView),
  })
  .meta({ id: 'Disk' });
export type DiskView = z.infer<typeof DiskView>;

export const FolderQuery = PageQuery.extend({
  path: z.string().max(8192).default('').describe('Of the folder; empty for the root'),
});
export type FolderQuery = z.infer<typeof FolderQuery>;

export const ListingQuery = PageQuery.extend({
  volume: z.coerce.number().int().min(0).max(1_000_000).optional().describe('Only of this volume, from 0'),
});
export type ListingQuery = z.infer<typeof ListingQuery>;

export const ExtractSelection = z
  .strictObject({
    paths: z
      .array(z.string().max(8192))
      .min(1)
      .max(1000)
      .describe("Of files, or of folders with all that is in them, from the root of a volume; '' for the whole disk"),
    volume: z.int().min(0).max(1_000_000).optional().describe('Only from this volume, from 0'),
    withDeleted: z.boolean().default(false).describe('Deleted files too, as far as they are still there'),
  })
  .meta({ id: 'ExtractSelection' });
export type ExtractSelection = z.infer<typeof ExtractSelection>;

export const FileQuery = z.object({
  path: z.string().min(1).max(8192).describe('Of the file, from the root of the volume'),
  stream: z.string().max(1000).optional().describe('resource, or alternate:NAME'),
});
export type FileQuery = z.infer<typeof FileQuery>;
