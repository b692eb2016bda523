/** strongroom ingest PATH… */
import { resolve } from 'node:path';
import { Command } from 'commander';
import { Fault } from '#ingest/kernel';
import type { IngestedPackage } from '../../deposits/deposit.dto.ts';
import { ExitCode, exitCodeOf, type GlobalOptions } from '../exit-code.ts';
import { openArchive } from '../open-archive.ts';
import { Output } from '../output.ts';
import { bytesInWords } from '../words.ts';

interface Options {
  readonly accession?: string;
  readonly title?: string;
  readonly again?: boolean;
}

interface Refusal {
  readonly path: string;
  readonly id: null;
  readonly outcome: 'refused';
  readonly bytes: 0;
  readonly mediaSha256: null;
  readonly error: ReturnType<Fault['toJSON']>;
}

export function ingestCommand(globals: () => GlobalOptions): Command {
  return new Command('ingest')
    .description(
      'takes in disk images: each PATH is an image, or a folder that holds one carrier: its image with logs, photographs, papers',
    )
    .argument('<path...>', 'images or folders')
    .option('--accession <number>', 'the accession they belong to')
    .option('--title <text>', "what to call the package (default: the image's name)")
    .option('--again', 'keep a disk although the archive holds it already')
    .action(async (paths: string[], options: Options) => {
      const output = new Output(globals());
      const packages: (IngestedPackage | Refusal)[] = [];
      await using archive = await openArchive(globals(), { command: 'ingest', writes: true, creates: true });
      for (const path of paths) {
        const bar = output.progress();
        try {
          const ask = { path: resolve(path), accession: options.accession, title: options.title, again: options.again === true };
          packages.push(await archive.ingest(ask, bar.report));
        } catch (error) {
          // One path alone: the error is the answer. Several: what was kept is told, and the others go on unless the system fails.
          if (paths.length === 1 || !(error instanceof Fault)) throw error;
          bar.stop();
          output.remark(`${path}: ${error.code}: ${error.message}`);
          packages.push({ path, id: null, outcome: 'refused', bytes: 0, mediaSha256: null, error: error.toJSON() });
          process.exitCode = exitCodeOf(error);
          if (process.exitCode === ExitCode.SystemFailed) break;
        } finally {
          bar.stop();
        }
      }
      output.result({ packages }, () => packages.flatMap(linesOf));
    });
}

function linesOf(each: IngestedPackage | Refusal): string[] {
  if (each.outcome === 'refused') return [];
  const medium = each.mediaSha256 === null ? [] : [`  SHA-256 of the disk   ${each.mediaSha256}`];
  return [
    each.id,
    `  ${each.title}: ${each.files} ${each.files === 1 ? 'file' : 'files'}, ${bytesInWords(each.bytes)}; kept, read back and verified`,
    ...medium,
    ...each.notes.map((note) => `  note: ${note}`),
  ];
}
