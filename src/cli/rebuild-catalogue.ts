/** Makes the catalogue of a home anew beside the old one, and then lets it take the old one's place. */
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder } from '#ingest/kernel';
import { userOfThisProcess } from '../config/agents.ts';
import type { Settings } from '../config/settings.ts';
import { DATABASE_FILES } from '../database/database.module.ts';
import { type RebuildReport, RebuildService } from '../rebuild/rebuild.service.ts';
import { startContext } from './local-archive.ts';

/**
 * The caller holds the home's lock. A crash leaves the old catalogue, or none: then the next start reads the journal.
 * @throws Fault when journal or storage can't be read; the old catalogue stays.
 */
export async function rebuildCatalogue(settings: Settings): Promise<RebuildReport> {
  const { home } = settings;
  await discard(home, DATABASE_FILES.rebuilding);
  const app = await startContext({ settings, access: 'rebuild', person: userOfThisProcess(), roles: [] });
  let report: RebuildReport;
  try {
    report = await app.get(RebuildService).rebuild();
  } finally {
    await app.close();
  }
  await discard(home, DATABASE_FILES.catalogue);
  await rename(join(home, DATABASE_FILES.rebuilding), join(home, DATABASE_FILES.catalogue));
  await syncFolder(home);
  return report;
}

/** A SQLite file with what belongs to it. */
async function discard(home: string, file: string): Promise<void> {
  for (const end of ['', '-wal', '-shm']) await rm(join(home, `${file}${end}`), { force: true });
}
