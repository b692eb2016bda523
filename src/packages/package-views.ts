/** Rows as the API and the command line show them. */
import type { RecordedEvent } from '../events/events.service.ts';
import { type Copy, CopyStatus } from './copy.entity.ts';
import type { CopyView, EventView, PackageFileView, PackageSummary } from './package.dto.ts';
import type { Package } from './package.entity.ts';
import type { PackageFile } from './package-file.entity.ts';

/** Worst first: a package is what its worst copy is. */
const GRAVITY = [
  CopyStatus.Altered,
  CopyStatus.Missing,
  CopyStatus.Extra,
  CopyStatus.Unreadable,
  CopyStatus.Unchecked,
  CopyStatus.Ok,
];

export function summaryOf(row: Package, copies: readonly Copy[]): PackageSummary {
  const checks = copies.map((copy) => copy.lastCheckedAt?.toISOString()).filter((at) => at !== undefined);
  return {
    id: row.id,
    title: row.title,
    accession: row.accessionNumber,
    image: row.imageName,
    format: { id: row.formatId, title: row.formatTitle, puid: row.puid },
    mediaSize: row.mediumSize,
    mediaSha256: row.mediumSha256,
    bytes: row.bytes,
    files: row.fileCount,
    sealedAt: row.sealedAt.toISOString(),
    status: GRAVITY.find((status) => copies.some((copy) => copy.status === status)) ?? CopyStatus.Missing,
    lastCheckedAt: checks.toSorted()[0] ?? null,
  };
}

export function fileView(row: PackageFile): PackageFileView {
  return {
    path: row.path,
    role: row.role,
    size: row.size,
    sha256: row.sha256,
    digests: row.digests,
    format: row.formatTitle,
    puid: row.puid,
  };
}

export function copyView(row: Copy): CopyView {
  return {
    id: row.id,
    location: row.location,
    status: row.status,
    storedAt: row.storedAt.toISOString(),
    lastCheckedAt: row.lastCheckedAt?.toISOString() ?? null,
    lastOkAt: row.lastOkAt?.toISOString() ?? null,
  };
}

export function eventView(row: RecordedEvent): EventView {
  return {
    id: row.id,
    type: row.type,
    at: row.at.toISOString(),
    outcome: row.outcome,
    detail: row.detail,
    notes: [...row.notes],
    agents: row.agents.map((agent) => ({ ...agent })),
    sealed: row.sealed,
  };
}
