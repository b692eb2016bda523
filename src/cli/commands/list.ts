/** strongroom list */
import { Command } from 'commander';
import type { PackageSummary } from '../../packages/package.dto.ts';
import type { GlobalOptions } from '../exit-code.ts';
import { openArchive } from '../open-archive.ts';
import { Output } from '../output.ts';
import { bytesInWords, table } from '../words.ts';

export function listCommand(globals: () => GlobalOptions): Command {
  return new Command('list')
    .description('lists the packages, newest first')
    .option('--accession <number>', 'only those of one accession')
    .action(async ({ accession }: { accession?: string }) => {
      await using archive = await openArchive(globals(), { command: 'list', writes: false, creates: false });
      const packages: PackageSummary[] = [];
      for await (const each of archive.packages(accession)) packages.push(each);
      new Output(globals()).result({ packages }, () =>
        packages.length === 0
          ? ['no packages']
          : table([
              ['package', 'status', 'size', 'sealed', 'accession', 'title'],
              ...packages.map((each) => [
                each.id,
                each.status,
                bytesInWords(each.bytes),
                each.sealedAt.slice(0, 10),
                each.accession ?? '-',
                each.title,
              ]),
            ]),
      );
    });
}
