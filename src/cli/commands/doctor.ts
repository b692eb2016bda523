/** strongroom doctor */
import { Command } from 'commander';
import { ExitCode, type GlobalOptions } from '../exit-code.ts';
import { openArchive } from '../open-archive.ts';
import { Output } from '../output.ts';

export function doctorCommand(globals: () => GlobalOptions): Command {
  return new Command('doctor')
    .description('checks the installation by using it: storage, clock, database, journal, free space, digests, virus scanner')
    .action(async () => {
      await using archive = await openArchive(globals(), { command: 'doctor', writes: false, creates: true });
      const checkup = await archive.checkup();
      if (!checkup.ok) process.exitCode = ExitCode.No;
      new Output(globals()).result(checkup, () => [
        ...checkup.checks.map(({ name, ok, detail }) => `${ok ? 'ok  ' : 'ILL '} ${name.padEnd(11)} ${detail}`),
        checkup.ok ? 'everything works' : 'something needs mending',
      ]);
    });
}
