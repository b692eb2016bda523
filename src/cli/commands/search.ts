/** strongroom search QUERY */
import { Command, InvalidArgumentError } from 'commander';
import type { GlobalOptions } from '../exit-code.ts';
import { openArchive } from '../open-archive.ts';
import { Output } from '../output.ts';

export function searchCommand(globals: () => GlobalOptions): Command {
  return new Command('search')
    .description('finds packages and accessions by words (beginnings of words, any case, accents or not) or by a digest')
    .argument('<query...>', 'words, or a digest in hex')
    .option('--limit <hits>', 'how many hits at most', number, 50)
    .action(async (words: string[], { limit }: { limit: number }) => {
      await using archive = await openArchive(globals(), { command: 'search', writes: false, creates: false });
      const hits = await archive.search(words.join(' '), limit);
      new Output(globals()).result({ hits }, () =>
        hits.length === 0
          ? ['nothing found']
          : hits.flatMap((hit) => [
              `${hit.package ?? `accession ${hit.accession ?? ''}`}  ${hit.title}`,
              `  ${hit.path === null ? '' : `${hit.path}  `}${hit.snippet.replaceAll(/\s+/g, ' ')}`,
            ]),
      );
    });
}

function number(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 200) return value;
  throw new InvalidArgumentError('a number from 1 to 200.');
}
