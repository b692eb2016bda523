/** strongroom known add FILE, known list, known remove NAME */
import { basename, extname, resolve } from 'node:path';
import { Command } from 'commander';
import type { KnownSetView } from '../../known/known-sets.dto.ts';
import type { GlobalOptions } from '../exit-code.ts';
import { openArchive } from '../open-archive.ts';
import { Output } from '../output.ts';
import { table } from '../words.ts';

export function knownCommand(globals: () => GlobalOptions): Command {
  const add = new Command('add')
    .description('takes the digests of a file: the files inside disks that have one are hidden from searches')
    .argument('<file>', 'NSRLFile.txt (NSRL RDS 2), a database of NSRL RDS 3, or a list with a digest in each line')
    .option('--name <name>', "what to call the set (default: the file's name)")
    .action(async (file: string, { name }: { name?: string }) => {
      const output = new Output(globals());
      const path = resolve(file);
      await using archive = await openArchive(globals(), { command: 'known add', writes: true, creates: false });
      const bar = output.progress();
      try {
        const set = await archive.addKnown({ path, name: name ?? basename(path, extname(path)) }, bar.report);
        bar.stop();
        output.result(set, () => [`${set.name}: ${set.digests} known files`]);
      } finally {
        bar.stop();
      }
    });

  const list = new Command('list').description('lists the sets of known files').action(async () => {
    await using archive = await openArchive(globals(), { command: 'known list', writes: false, creates: false });
    const sets = await archive.knownSets();
    new Output(globals()).result({ sets }, () => (sets.length === 0 ? ['no sets of known files'] : linesOf(sets)));
  });

  const remove = new Command('remove')
    .description('removes a set; what only it knows is found by searches again')
    .argument('<name>', 'its name')
    .action(async (name: string) => {
      await using archive = await openArchive(globals(), { command: 'known remove', writes: true, creates: false });
      const set = await archive.removeKnown(name);
      new Output(globals()).result(set, () => [`${set.name} removed`]);
    });

  const command = new Command('known').description('known system files, by sets of digests such as the NSRL: searches hide them');
  for (const each of [add, list, remove]) command.addCommand(each.exitOverride());
  return command;
}

function linesOf(sets: readonly KnownSetView[]): string[] {
  return table([
    ['name', 'state', 'known files', 'form', 'added', 'from'],
    ...sets.map((set) => [set.name, set.state, String(set.digests), set.format, set.addedAt, set.source]),
  ]);
}
