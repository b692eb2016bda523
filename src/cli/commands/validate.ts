/** strongroom validate BAG: any bag, ours or not; needs no archive. */
import { resolve } from 'node:path';
import { loadProfile, validateBag } from 'bagit-js';
import { Command } from 'commander';
import { ExitCode, type GlobalOptions } from '../exit-code.ts';
import { Output } from '../output.ts';

export function validateCommand(globals: () => GlobalOptions): Command {
  return new Command('validate')
    .description('checks any BagIt bag: a folder, a tar or a zip; exit code 1 when it is not valid')
    .argument('<bag>', 'the bag')
    .option('--profile <file>', 'a BagIt profile (JSON) that it should conform to')
    .option('--completeness-only', 'do not read the files, only look whether they are all there')
    .action(async (bag: string, { profile, completenessOnly }: { profile?: string; completenessOnly?: boolean }) => {
      const output = new Output(globals());
      const bar = output.progress();
      try {
        const report = await validateBag(resolve(bag), {
          ...(profile === undefined ? {} : { profile: await loadProfile(resolve(profile)) }),
          completenessOnly: completenessOnly === true,
          onProgress: ({ doneFiles, totalFiles }) =>
            bar.report({ stage: 'validate', doneBytes: doneFiles, totalBytes: totalFiles }),
        });
        bar.stop();
        const isGood = (completenessOnly === true ? report.complete : report.valid) && report.profile?.conforms !== false;
        if (!isGood) process.exitCode = ExitCode.No;
        output.result({ ...report, bag }, () => [
          ...report.errors.map(
            ({ code, path, message }) => `error    ${code}  ${path === undefined ? '' : `${path}: `}${message}`,
          ),
          ...report.warnings.map(
            ({ code, path, message }) => `warning  ${code}  ${path === undefined ? '' : `${path}: `}${message}`,
          ),
          ...(report.profile?.errors ?? []).map(({ code, message }) => `profile  ${code}  ${message}`),
          `${bag}: BagIt ${report.version ?? 'of unknown version'}, ${report.complete ? 'complete' : 'not complete'}, ${wordOf(report.valid, completenessOnly)}`,
        ]);
      } finally {
        bar.stop();
      }
    });
}

function wordOf(valid: boolean | null, completenessOnly: boolean | undefined): string {
  if (completenessOnly === true) return 'files not read';
  return valid ? 'valid' : 'not valid';
}
