/** strongroom audit [ID…] */
import { Command } from 'commander';
import { ExitCode, type GlobalOptions } from '../exit-code.ts';
import type { Audited } from '../archive.ts';
import { openArchive } from '../open-archive.ts';
import { Output } from '../output.ts';
import { bytesInWords } from '../words.ts';

interface Options {
  readonly due?: boolean;
  readonly all?: boolean;
}

const MOST_RANGES = 20;

export function auditCommand(globals: () => GlobalOptions): Command {
  return new Command('audit')
    .description('reads every byte of copies and compares it with what was sealed; exit code 1 when anything differs')
    .argument('[id...]', 'packages')
    .option('--due', 'those whose last audit is too long ago (the default)')
    .option('--all', 'all packages')
    .action(async (ids: string[], { due, all }: Options, command: Command) => {
      if (ids.length > 0 && (due === true || all === true)) {
        command.error('error: name packages, or use --all or --due, not both');
      }
      const output = new Output(globals());
      await using archive = await openArchive(globals(), { command: 'audit', writes: true, creates: false });
      const results: Audited[] = [];
      const bar = output.progress();
      try {
        for await (const result of archive.audit({ packages: ids.length > 0 ? ids : undefined, all: all === true }, bar.report)) {
          results.push(result);
        }
      } finally {
        bar.stop();
      }
      const ok = results.filter(({ outcome }) => outcome === 'ok');
      const found = results.flatMap(({ package: id, location, findings }) =>
        findings.map((finding) => ({ package: id, location, ...finding })),
      );
      const damaged = found.filter(({ outcome }) => outcome !== 'unreadable').map((finding) => ({ ...finding, files: [] }));
      const unreadable = found
        .filter(({ outcome }) => outcome === 'unreadable')
        .map(({ package: id, location, path, ranges, detail }) => ({ package: id, location, path, ranges, detail }));
      if (ok.length < results.length) process.exitCode = ExitCode.No;
      output.result({ checked: results.length, ok: ok.length, damaged, unreadable }, () => [
        ...results.flatMap(linesOf),
        `${results.length} checked, ${ok.length} as sealed, ${results.length - ok.length} not`,
      ]);
    });
}

function linesOf({ package: id, outcome, checkedBytes, findings }: Audited): string[] {
  return [
    `${id}  ${outcome}  ${bytesInWords(checkedBytes)} read`,
    ...findings.flatMap(({ path, outcome: what, ranges, detail }) => [
      `  ${path}: ${what}; ${detail}`,
      ...ranges.slice(0, MOST_RANGES).map(({ offset, length }) => `    bytes ${offset} to ${offset + length - 1}`),
      ...(ranges.length > MOST_RANGES ? [`    … and ${ranges.length - MOST_RANGES} more ranges`] : []),
    ]),
  ];
}
