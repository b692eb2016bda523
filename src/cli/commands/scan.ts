/** strongroom scan [ID…] */
import { Command } from 'commander';
import type { ScanView } from '../../scanning/scanning.dto.ts';
import type { Archive } from '../archive.ts';
import { ExitCode, type GlobalOptions } from '../exit-code.ts';
import { openArchive } from '../open-archive.ts';
import { Output } from '../output.ts';
import { scanLines } from '../scan-output.ts';

interface Options {
  readonly all?: boolean;
}

export function scanCommand(globals: () => GlobalOptions): Command {
  return new Command('scan')
    .description(
      'gives every file of packages and of the disks in them to the virus scanner (STRONGROOM_CLAMD); nothing is changed; exit code 1 when one is infected',
    )
    .argument('[id...]', 'packages (default: those that were never scanned to the end)')
    .option('--all', 'all packages, scanned or not')
    .action(async (ids: string[], { all }: Options, command: Command) => {
      if (ids.length > 0 && all === true) command.error('error: name packages, or use --all, not both');
      const output = new Output(globals());
      await using archive = await openArchive(globals(), { command: 'scan', writes: true, creates: false });
      const packages: ScanView[] = [];
      const bar = output.progress();
      try {
        for await (const id of ids.length > 0 ? ids : wanted(archive, all === true))
          packages.push(await archive.scan(id, bar.report));
      } finally {
        bar.stop();
      }
      const infected = packages.filter(({ summary }) => (summary?.infected ?? 0) > 0).length;
      if (infected > 0) process.exitCode = ExitCode.No;
      output.result({ scanned: packages.length, infected, packages }, () => [
        ...packages.flatMap((each) => [each.package, ...scanLines(each)]),
        `${packages.length} scanned, ${infected} with infected files`,
      ]);
    });
}

async function* wanted(archive: Archive, all: boolean): AsyncGenerator<string, void, undefined> {
  for await (const { id } of archive.packages()) if (all || (await archive.scanOf(id)).state !== 'done') yield id;
}
