/** strongroom rebuild: the catalogue anew, from storage alone. */
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { ExitCode, type GlobalOptions } from '../exit-code.ts';
import { startContext } from '../local-archive.ts';
import { settingsOf } from '../open-archive.ts';
import { Output } from '../output.ts';
import { userOfThisProcess } from '../../config/agents.ts';
import { DATABASE_FILES } from '../../database/database.module.ts';
import { openHome } from '../../database/home.ts';
import { acquireHomeLock } from '../../database/home-lock.ts';
import { type RebuildReport, RebuildService } from '../../rebuild/rebuild.service.ts';
import { syncFolder } from '#ingest/kernel';

export function rebuildCommand(globals: () => GlobalOptions): Command {
  return new Command('rebuild')
    .description('makes the catalogue anew from the packages and the journal; the old one is replaced when the new one is whole')
    .action(async () => {
      const settings = settingsOf(globals());
      const output = new Output(globals());
      await openHome(settings.home, { create: false });
      const lock = await acquireHomeLock(settings.home, { command: 'strongroom rebuild' });
      try {
        await discard(settings.home, DATABASE_FILES.rebuilding);
        const app = await startContext({ settings, access: 'rebuild', person: userOfThisProcess(), roles: [] });
        let report: RebuildReport;
        try {
          report = await app.get(RebuildService).rebuild();
        } finally {
          await app.close();
        }
        await discard(settings.home, DATABASE_FILES.catalogue);
        await rename(join(settings.home, DATABASE_FILES.rebuilding), join(settings.home, DATABASE_FILES.catalogue));
        await syncFolder(settings.home);
        if (report.problems.length > 0) process.exitCode = ExitCode.No;
        output.result(report, () => [
          ...report.problems.map(({ package: id, code, message }) => `${id}: ${code}: ${message}`),
          `${report.packages} packages and ${report.entries} journal entries are in the new catalogue`,
          ...report.adopted.map((id) => `package ${id} was in storage and not in the journal; it is now`),
        ]);
      } finally {
        await lock.release();
      }
    });
}

/** A SQLite file with what belongs to it. */
async function discard(home: string, file: string): Promise<void> {
  for (const end of ['', '-wal', '-shm']) await rm(join(home, `${file}${end}`), { force: true });
}
