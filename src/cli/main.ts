/** The command line: its commands, its exit codes, its one way of saying what went wrong. */
import 'reflect-metadata';
import { BagItError } from 'bagit-js';
import { Command, CommanderError } from 'commander';
import { Fault, FaultKind } from '#ingest/kernel';
import { VERSION } from '../config/agents.ts';
import { accessionCommand } from './commands/accession.ts';
import { auditCommand } from './commands/audit.ts';
import { catCommand } from './commands/cat.ts';
import { doctorCommand } from './commands/doctor.ts';
import { exportCommand } from './commands/export.ts';
import { extractCommand } from './commands/extract.ts';
import { filesCommand } from './commands/files.ts';
import { ingestCommand } from './commands/ingest.ts';
import { inspectCommand } from './commands/inspect.ts';
import { knownCommand } from './commands/known.ts';
import { listCommand } from './commands/list.ts';
import { rebuildCommand } from './commands/rebuild.ts';
import { scanCommand } from './commands/scan.ts';
import { searchCommand } from './commands/search.ts';
import { serveCommand } from './commands/serve.ts';
import { showCommand } from './commands/show.ts';
import { surveyCommand } from './commands/survey.ts';
import { validateCommand } from './commands/validate.ts';
import { ExitCode, exitCodeOf, type GlobalOptions } from './exit-code.ts';
import { Output } from './output.ts';

const COMMANDS = [
  ingestCommand,
  inspectCommand,
  searchCommand,
  listCommand,
  showCommand,
  filesCommand,
  auditCommand,
  surveyCommand,
  scanCommand,
  exportCommand,
  catCommand,
  extractCommand,
  accessionCommand,
  knownCommand,
  validateCommand,
  serveCommand,
  rebuildCommand,
  doctorCommand,
];

const program = new Command('strongroom')
  .description('Keeps disk images: takes them in, proves that every byte is still right, finds them, gives them back.')
  .version(VERSION)
  .option('--home <dir>', 'the folder of the archive ($STRONGROOM_HOME, else ./strongroom-home)')
  .option('--json', 'print one JSON document on stdout; progress and logs go to stderr')
  .showHelpAfterError('(see "strongroom help")')
  .exitOverride();
for (const command of COMMANDS)
  program.addCommand(
    command(() => program.opts<GlobalOptions>())
      .exitOverride()
      .copyInheritedSettings(program),
  );

// Whoever read our answer has gone ("| head"): there is nothing left to do, and nothing wrong.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(process.exitCode ?? ExitCode.Done);
});

try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

function report(error: unknown): number {
  const output = new Output(program.opts<GlobalOptions>());
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return ExitCode.Done;
    output.misuse(error.message);
    return ExitCode.WrongUsage;
  }
  output.failure(asFault(error));
  return exitCodeOf(error);
}

/** What bagit-js refuses is said like everything else; the rest is a mistake of the program, whose stack helps to mend it. */
function asFault(error: unknown): Error {
  if (error instanceof BagItError) return new Fault(FaultKind.Refused, `bag/${error.code}`, error.message);
  return error instanceof Error ? error : new Error(String(error));
}
