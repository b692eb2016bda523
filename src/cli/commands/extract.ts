/** strongroom extract ID PATH... --to FOLDER|FILE.zip */
import { resolve } from 'node:path';
import { Command } from 'commander';
import type { GlobalOptions } from '../exit-code.ts';
import { openArchive } from '../open-archive.ts';
import { Output } from '../output.ts';
import { volumeNumber } from '../volume-number.ts';
import { bytesInWords } from '../words.ts';

interface Options {
  readonly to: string;
  readonly volume?: number;
  readonly withDeleted?: boolean;
}

export function extractCommand(globals: () => GlobalOptions): Command {
  return new Command('extract')
    .description(
      'takes files out of the disk of a package, every byte verified: a BagIt bag with the files in data/, under names that every platform takes, and files.csv that tells what each was',
    )
    .argument('<id>', 'id of the package')
    .argument('<path...>', "of files, or of folders with all that is in them; '' for the whole disk")
    .requiredOption('--to <path>', 'where to: a folder that does not exist yet, or a file that ends in .zip')
    .option('--volume <number>', 'only from this volume, from 0', volumeNumber)
    .option('--with-deleted', 'deleted files too, as far as they are still there')
    .action(async (id: string, paths: string[], { to, volume, withDeleted }: Options) => {
      const output = new Output(globals());
      await using archive = await openArchive(globals(), { command: 'extract', writes: true, creates: false });
      const bar = output.progress();
      try {
        const ask = { package: id, paths, to: resolve(to), volume, withDeleted: withDeleted === true };
        const result = await archive.extract(ask, bar.report);
        bar.stop();
        const { target, files, folders, bytes, skipped, unread, infected, sha256 } = result;
        if (infected > 0)
          output.remark(`warning: a virus scan found something in ${infected} of the files; files.csv says in which`);
        output.result({ package: id, ...result }, () => [
          `${target}: ${files} files (${bytesInWords(bytes)}) in ${folders} folders; every byte verified`,
          ...(skipped === 0 ? [] : [`${skipped} entries have no content, or none that can be read; files.csv says why`]),
          ...(unread === 0 ? [] : [`${unread} files have sectors that were never read from the carrier; files.csv says which`]),
          ...(sha256 === undefined ? [] : [`SHA-256 ${sha256}`]),
        ]);
      } finally {
        bar.stop();
      }
    });
}
