/** strongroom accession add N, accession list */
import { Command } from 'commander';
import { Fault, FaultKind } from '#ingest/kernel';
import { type AccessionView, NewAccession } from '../../accessions/accession.dto.ts';
import type { GlobalOptions } from '../exit-code.ts';
import { openArchive } from '../open-archive.ts';
import { Output } from '../output.ts';
import { table } from '../words.ts';

export function accessionCommand(globals: () => GlobalOptions): Command {
  const add = new Command('add')
    .description('records an accession: material received together from one source')
    .argument('<number>', 'its number in this archive')
    .option('--title <text>', 'what to call it')
    .option('--donor <name>', 'who gave it')
    .option('--received <day>', 'when, as 2026-11-22')
    .option('--restrictions <text>', 'what the deed of gift says about access and use')
    .option('--notes <text>')
    .action(async (number: string, options: Record<string, string>) => {
      const asked = NewAccession.safeParse({ number, ...options });
      if (!asked.success) {
        const wrong = asked.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
        throw new Fault(FaultKind.Refused, 'accession/wrong', wrong.join('; '), { wrong });
      }
      await using archive = await openArchive(globals(), { command: 'accession add', writes: true, creates: true });
      const accession = await archive.addAccession(asked.data);
      new Output(globals()).result(accession, () => [`accession ${accession.number} recorded`]);
    });

  const list = new Command('list').description('lists the accessions').action(async () => {
    await using archive = await openArchive(globals(), { command: 'accession list', writes: false, creates: false });
    const accessions: AccessionView[] = [];
    for await (const accession of archive.accessions()) accessions.push(accession);
    new Output(globals()).result({ accessions }, () =>
      accessions.length === 0
        ? ['no accessions']
        : table([
            ['number', 'received', 'packages', 'donor', 'title'],
            ...accessions.map((each) => [
              each.number,
              each.received ?? '-',
              String(each.packages),
              each.donor ?? '-',
              each.title,
            ]),
          ]),
    );
  });

  const command = new Command('accession').description('accessions: material received together from one source');
  command.addCommand(add.exitOverride()).addCommand(list.exitOverride());
  return command;
}
