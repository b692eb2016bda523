/** Makes the catalogue of a home anew beside the old one, and then lets it take the old one's place. */
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { INestApplicationContext } from '@nestjs/common';
import { syncFolder, wordsOfSystemError } from '#ingest/kernel';
import { userOfThisProcess } from '../config/agents.ts';
import type { Settings } from '../config/settings.ts';
import { catalogueOptions, openCatalogue } from '../database/data-source.ts';
import { DATABASE_FILES } from '../database/database.module.ts';
import { KnownSet } from '../known/known-set.entity.ts';
import { KnownSetsService } from '../known/known-sets.service.ts';
import { SqliteKnownDigests } from '../known/sqlite.known-digests.ts';
import { type RebuildReport, RebuildService } from '../rebuild/rebuild.service.ts';
import { startContext } from './local-archive.ts';

export interface KeptSets {
  /** Sets of known files that came over from the old catalogue. */
  readonly knownSets: number;
  /** Why they could not: add them again. */
  readonly knownSetsLost?: string;
}

/**
 * The caller holds the home's lock. A crash leaves the old catalogue, or none: then the next start reads the journal.
 * @throws Fault when journal or storage can't be read; the old catalogue stays.
 */
export async function rebuildCatalogue(settings: Settings): Promise<RebuildReport & KeptSets> {
  const { home } = settings;
  await discard(home, DATABASE_FILES.rebuilding);
  const app = await startContext({ settings, access: 'rebuild', person: userOfThisProcess(), roles: [] });
  let report: RebuildReport & KeptSets;
  try {
    const kept = await keepKnownSets(app, join(home, DATABASE_FILES.catalogue));
    report = { ...(await app.get(RebuildService).rebuild()), ...kept };
  } finally {
    await app.close();
  }
  await discard(home, DATABASE_FILES.catalogue);
  await rename(join(home, DATABASE_FILES.rebuilding), join(home, DATABASE_FILES.catalogue));
  await syncFolder(home);
  return report;
}

/** No package and no journal has the sets of known files: they come from the old catalogue, as long as that can be read. */
async function keepKnownSets(app: INestApplicationContext, old: string): Promise<KeptSets> {
  if (!existsSync(old)) return { knownSets: 0 };
  try {
    const before = await openCatalogue(catalogueOptions(old));
    try {
      const sets = await before.manager.find(KnownSet);
      return { knownSets: await app.get(KnownSetsService).takeOver({ sets, digests: new SqliteKnownDigests(before) }) };
    } finally {
      await before.destroy();
    }
  } catch (error) {
    return { knownSets: 0, knownSetsLost: wordsOfSystemError(error) };
  }
}

/** A SQLite file with what belongs to it. */
async function discard(home: string, file: string): Promise<void> {
  for (const end of ['', '-wal', '-shm']) await rm(join(home, `${file}${end}`), { force: true });
}
