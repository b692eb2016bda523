/** strongroom rebuild: the catalogue anew, from storage alone. */
import { Command } from 'commander';
import { ExitCode, type GlobalOptions } from '../exit-code.ts';
import { settingsOf } from '../open-archive.ts';
import { Output } from '../output.ts';
import { openHome } from '../../database/home.ts';
import { acquireHomeLock } from '../../database/home-lock.ts';

export function rebuildCommand(globals: () => GlobalOptions): Command {
  return new Command('rebuild')
    .description('makes the catalogue anew from the packages and the journal; the old one is replaced when the new one is whole')
    .action(async () => {
      const settings = settingsOf(globals());
      const output = new Output(globals());
      await openHome(settings.home, { create: false });
      const lock = await acquireHomeLock(settings.home, { command: 'strongroom rebuild' });
      try {
        const { rebuildCatalogue } = await import('../rebuild-catalogue.ts');
        const report = await rebuildCatalogue(settings);
        if (report.problems.length > 0) process.exitCode = ExitCode.No;
        output.result(report, () => [
          ...report.problems.map(({ package: id, code, message }) => `${id}: ${code}: ${message}`),
          `${report.packages} packages and ${report.entries} journal entries are in the new catalogue`,
          ...(report.knownSets === 0 ? [] : [`sets of known files that were kept: ${report.knownSets}`]),
          ...(report.knownSetsLost === undefined
            ? []
            : [
                `the sets of known files could not be kept (${report.knownSetsLost}); add them again with "strongroom known add"`,
              ]),
          ...report.adopted.map((id) => `package ${id} was in storage and not in the journal; it is now`),
        ]);
      } finally {
        await lock.release();
      }
    });
}
