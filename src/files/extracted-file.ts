/** A row of the index as the engine extracts it. */
import { z } from 'zod';
import type { ExtractedFile } from '#ingest/export';
import type { DiskVolume } from './disk-volume.entity.ts';
import { type FoundFile, pathOf } from './file-index.port.ts';

/** What the index keeps as JSON, of which an older version may have written less. */
const Details = z.object({
  unread: z.array(z.object({ offset: z.number(), length: z.number() })).optional(),
  target: z.string().optional(),
  doubt: z.string().optional(),
  attributes: z.array(z.string()).optional(),
  facts: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  remarks: z.array(z.string()).optional(),
});
const Runs = z.array(z.tuple([z.number(), z.number(), z.number()]));

export function extractedFile({ number, offset, length, fileSystem }: DiskVolume, file: FoundFile): ExtractedFile {
  const told = Details.parse(file.details ?? {});
  const infected = file.scan?.outcome === 'infected' ? [`a virus scan found ${file.scan.found ?? 'something'} in it`] : [];
  const { kind, stream, entry, size, sha256, md5, sha1, modified, isDeleted, hasUnread, runs } = file;
  return {
    ...told,
    remarks: [...infected, ...(told.remarks ?? [])],
    volume: { offset, length },
    number,
    fileSystem: fileSystem ?? '',
    entry,
    path: pathOf(file),
    stream: stream ?? undefined,
    kind,
    size,
    runs: runs === null ? undefined : Runs.parse(JSON.parse(runs)),
    sha256: sha256 ?? undefined,
    md5: md5 ?? undefined,
    sha1: sha1 ?? undefined,
    modified: modified ?? undefined,
    isDeleted,
    hasUnread,
  };
}
