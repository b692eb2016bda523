/** strongroom files ID: all files inside the disk of a package, for people, as JSON, or as CSV. */
import { Command } from 'commander';
import { escaped } from '#ingest/kernel';
import { csvOf } from '../../files/file-csv.ts';
import type { DiskFileView } from '../../files/files.dto.ts';
import type { GlobalOptions } from '../exit-code.ts';
import { openArchive } from '../open-archive.ts';
import { Output } from '../output.ts';
import { volumeNumber } from '../volume-number.ts';

interface Options {
  readonly csv?: boolean;
  readonly volume?: number;
}

export function filesCommand(globals: () => GlobalOptions): Command {
  return new Command('files')
    .description('lists the files inside the disk of a package, deleted ones too')
    .argument('<id>', 'id of the package')
    .option('--csv', "prints CSV (RFC 4180, UTF-8); what a spreadsheet would take for a formula has a ' before it")
    .option('--volume <number>', 'only this volume, from 0', volumeNumber)
    .action(async (id: string, { csv, volume }: Options) => {
      const output = new Output(globals());
      await using archive = await openArchive(globals(), { command: 'files', writes: false, creates: false });
      const pages = archive.filesInside(id, volume);
      const pieces = output.isJson ? documentOf(id, pages) : csv === true ? csvOf(pages) : linesOf(pages);
      for await (const piece of pieces) await output.piece(piece);
    });
}

async function* documentOf(id: string, pages: AsyncIterable<readonly DiskFileView[]>): AsyncGenerator<string> {
  let open = `{"package":${JSON.stringify(id)},"files":[`;
  for await (const files of pages) {
    if (files.length > 0) yield open + files.map((file) => JSON.stringify(file)).join(',');
    if (files.length > 0) open = ',';
  }
  yield `${open === ',' ? '' : open}]}\n`;
}

async function* linesOf(pages: AsyncIterable<readonly DiskFileView[]>): AsyncGenerator<string> {
  let last: number | undefined;
  for await (const files of pages) {
    let text = '';
    for (const file of files) {
      if (file.volume !== last)
        text += `${escaped(`volume ${file.volume}${file.volumeLabel === '' ? '' : ` "${file.volumeLabel}"`}`)}\n`;
      last = file.volume;
      text += `${escaped(lineOf(file))}\n`;
    }
    yield text;
  }
}

function lineOf({ path, kind, stream, size, modified, deleted, unread, known }: DiskFileView): string {
  const isFolder = kind === 'directory' && stream === null;
  const marks = [
    ...(deleted ? ['deleted'] : []),
    ...(unread ? ['has unread sectors'] : []),
    ...(known === null ? [] : [`known: ${known.set}`]),
    ...(stream === null ? [] : [stream]),
  ];
  const about = `${(isFolder ? '' : String(size)).padStart(14)}  ${(modified ?? '').padEnd(20)}`;
  return `${about}  ${path}${isFolder ? '/' : ''}${marks.length === 0 ? '' : `  (${marks.join(', ')})`}`;
}
