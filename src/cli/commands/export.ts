/** strongroom export ID --to PATH */
import { resolve } from 'node:path';
import { Command } from 'commander';
import { exporters, mediaWriters } from '#ingest/export';
import type { GlobalOptions } from '../exit-code.ts';
import { openArchive } from '../open-archive.ts';
import { Output } from '../output.ts';
import { bytesInWords } from '../words.ts';

interface Options {
  readonly to: string;
  readonly as: string;
  readonly withHistory?: boolean;
}

export function exportCommand(globals: () => GlobalOptions): Command {
  return new Command('export')
    .description(
      'writes a package as it was sealed, or the disk inside, every byte verified; the same package gives the same bytes',
    )
    .argument('<id>', 'id of the package')
    .requiredOption('--to <path>', 'where to: a path that does not exist yet')
    .option('--as <kind>', `the package as ${listed(exporters)}; the disk inside as ${listed(mediaWriters)}`, 'bag')
    .option('--with-history', 'adds the events since sealing, as metadata/premis-since-sealing.xml')
    .action(async (id: string, { to, as, withHistory }: Options) => {
      const output = new Output(globals());
      await using archive = await openArchive(globals(), { command: 'export', writes: true, creates: false });
      const bar = output.progress();
      try {
        const ask = { package: id, as, to: resolve(to), withHistory: withHistory === true };
        const { to: _, ...asked } = ask;
        const { target, bytes, files, sha256, mediumSha256, notes } = await archive.export(ask, bar.report);
        bar.stop();
        const { summary } = await archive.scanOf(id);
        if (summary !== null && summary.infected > 0)
          output.remark(
            `warning: a virus scan found something in ${summary.infected} of its files; "strongroom show ${id}" tells in which`,
          );
        output.result({ ...asked, target, bytes, files, sha256, mediumSha256, notes }, () => [
          mediumSha256 === undefined
            ? `${target}: ${files} files, ${bytesInWords(bytes)}; every byte verified`
            : `${target}: ${bytesInWords(bytes)}; the disk in it was read back and is the one of the package`,
          ...(sha256 === undefined ? [] : [`SHA-256 ${sha256}`]),
          ...(mediumSha256 === undefined ? [] : [`SHA-256 of the disk ${mediumSha256}`]),
          ...(notes ?? []),
        ]);
      } finally {
        bar.stop();
      }
    });
}

function listed(kinds: ReadonlyMap<string, { readonly id: string; readonly title: string }>): string {
  return [...kinds.values()].map(({ id, title }) => `${id} (${title})`).join(', ');
}
