/** strongroom survey [ID…] */
import { Command } from 'commander';
import type { SurveyedPackage } from '../../surveys/survey.dto.ts';
import type { SurveyRefused } from '../archive.ts';
import { ExitCode, type GlobalOptions } from '../exit-code.ts';
import { openArchive } from '../open-archive.ts';
import { Output } from '../output.ts';
import { bytesInWords } from '../words.ts';

interface Options {
  readonly all?: boolean;
  readonly again?: boolean;
}

export function surveyCommand(globals: () => GlobalOptions): Command {
  return new Command('survey')
    .description('reads all files inside the disks of packages, and puts the list with digests and formats into the packages')
    .argument('[id...]', 'packages')
    .option('--all', 'all packages whose files inside were not read yet')
    .option('--again', 'also packages whose files were read before')
    .action(async (ids: string[], { all, again }: Options, command: Command) => {
      if (ids.length > 0 === (all === true)) command.error('error: name packages, or use --all');
      if (all === true && again === true) command.error('error: name the packages that are to be surveyed again');
      const output = new Output(globals());
      await using archive = await openArchive(globals(), { command: 'survey', writes: true, creates: false });
      const surveyed: (SurveyedPackage | SurveyRefused)[] = [];
      const bar = output.progress();
      try {
        const ask = { packages: all === true ? undefined : ids, again: again === true };
        for await (const each of archive.survey(ask, bar.report)) surveyed.push(each);
      } finally {
        bar.stop();
      }
      // One package alone: the Fault is the answer.
      const [first] = surveyed;
      if (first?.outcome === 'refused' && ids.length === 1) throw first.error;
      const count = surveyed.filter(({ outcome }) => outcome !== 'refused').length;
      if (count < surveyed.length) process.exitCode = ExitCode.No;
      output.result({ surveyed: surveyed.map(documentOf) }, () => [...surveyed.flatMap(linesOf), `${count} surveyed`]);
    });
}

function documentOf(each: SurveyedPackage | SurveyRefused): unknown {
  return each.outcome === 'refused' ? { ...each, error: each.error.toJSON() } : each;
}

function linesOf(each: SurveyedPackage | SurveyRefused): string[] {
  if (each.outcome === 'refused') return [`${each.package}  refused: ${each.error.code}: ${each.error.message}`];
  const { package: id, outcome, volumes, files, bytes, notes } = each;
  const what = `${files} files (${bytesInWords(bytes)}) in ${volumes} ${volumes === 1 ? 'volume' : 'volumes'}`;
  return [
    outcome === 'present' ? `${id}  ${what}, read before; "--again" reads them once more` : `${id}  ${what}`,
    ...notes.map((note) => `  note: ${note}`),
  ];
}
