/** strongroom cat ID PATH: one file from inside a disk, streamed, and checked against what the survey found. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { Command } from 'commander';
import { Fault, FaultKind } from '#ingest/kernel';
import type { FileInside } from '../archive.ts';
import type { GlobalOptions } from '../exit-code.ts';
import { openArchive } from '../open-archive.ts';
import { Output } from '../output.ts';
import { volumeNumber } from '../volume-number.ts';

interface Options {
  readonly volume?: number;
  readonly stream?: string;
}

export function catCommand(globals: () => GlobalOptions): Command {
  return new Command('cat')
    .description('writes one file from inside the disk of a package to standard output')
    .argument('<id>', 'id of the package')
    .argument('<path>', 'of the file, as search and inspect show it')
    .option('--volume <number>', 'the volume, from 0, where several have that path', volumeNumber)
    .option('--stream <name>', 'another stream of the file: resource, or alternate:NAME')
    .action(async (id: string, path: string, options: Options) => {
      await using archive = await openArchive(globals(), { command: 'cat', writes: true, creates: false });
      const file = await archive.fileInside(id, { path: path.replace(/^\/+/, ''), ...options });
      if (file.scan?.outcome === 'infected')
        new Output(globals()).remark(`warning: a virus scan found ${file.scan.found ?? 'something'} in "${path}"`);
      await written(file, path);
    });
}

/** @throws Fault 'cat/altered' when the bytes are not those that were surveyed: they have left by then, and must not be trusted. */
async function written({ size, sha256, bytes }: FileInside, path: string): Promise<void> {
  const hash = createHash('sha256');
  let length = 0;
  for await (const piece of bytes) {
    hash.update(piece);
    length += piece.length;
    if (!process.stdout.write(piece)) await once(process.stdout, 'drain');
  }
  const found = hash.digest('hex');
  if (length === size && (sha256 === null || sha256 === found)) return;
  const message = `"${path}" has ${length} bytes with SHA-256 ${found}; the survey found ${size} bytes with ${sha256 ?? 'none'}. What was written is not the file: audit the package`;
  throw new Fault(FaultKind.Corrupt, 'cat/altered', message, { path, size, length, found, expected: sha256 ?? '' });
}
