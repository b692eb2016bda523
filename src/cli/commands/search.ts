/** strongroom search QUERY: packages, accessions, and files inside the disks. */
import { Command, InvalidArgumentError } from 'commander';
import { Fault, FaultKind } from '#ingest/kernel';
import type { Hit } from '../../catalogue/catalogue.dto.ts';
import { type DiskFileView, FilesFilter, type FilesQuery, MOST_COUNTED } from '../../files/files.dto.ts';
import type { GlobalOptions } from '../exit-code.ts';
import { openArchive } from '../open-archive.ts';
import { Output } from '../output.ts';
import { bytesInWords } from '../words.ts';

/** No name of a file is longer, so that the rest of a query finds none. */
const LONGEST_NAME = 500;

/** Options that only files have, as the API calls them. */
type FileOptions = Partial<
  Record<'path' | 'extension' | 'puid' | 'digest' | 'minSize' | 'maxSize' | 'from' | 'to' | 'package' | 'accession', string>
> & {
  deleted?: boolean;
  unread?: boolean;
  duplicate?: boolean;
  infected?: boolean;
};

interface Options extends FileOptions {
  limit: number;
  /** Known system files are shown too. */
  known?: boolean;
  onlyKnown?: boolean;
}

export function searchCommand(globals: () => GlobalOptions): Command {
  return new Command('search')
    .description(
      'finds packages and accessions by words (beginnings of words, any case, accents or not) or by a digest, and files inside the disks by parts of their names',
    )
    .argument('[query...]', 'words, or a digest in hex')
    .option('--limit <hits>', 'how many hits at most', number, 50)
    .option('--extension <ext>', 'files inside disks, with this extension')
    .option('--puid <id>', 'files of this format, by PRONOM')
    .option('--path <folder>', 'files in folders that begin so')
    .option('--digest <hex>', 'files with this MD5, SHA-1 or SHA-256')
    .option('--min-size <bytes>', 'files of this size or more')
    .option('--max-size <bytes>', 'files of this size or less')
    .option('--from <date>', 'files modified on this day or later: 1993, 1993-05, 1993-05-12')
    .option('--to <date>', 'files modified on this day or earlier')
    .option('--deleted', 'only deleted files')
    .option('--no-deleted', 'no deleted files')
    .option('--unread', 'only files with sectors that were never read from the carrier')
    .option('--duplicate', 'only files whose bytes lie elsewhere too, on the same disk or another')
    .option('--no-duplicate', 'only files whose bytes lie nowhere else')
    .option('--known', 'known system files too, which are hidden otherwise')
    .option('--only-known', 'known system files alone')
    .option('--infected', 'only files in which a virus scan found something')
    .option('--package <id>', 'files inside this disk')
    .option('--accession <number>', 'files on the disks of this accession')
    .action(async (words: string[], { limit, known: withKnown, onlyKnown, ...options }: Options) => {
      const q = words.join(' ');
      const isForFiles = Object.keys(options).length > 0;
      if (q === '' && !isForFiles)
        throw new Fault(FaultKind.Refused, 'search/nothing', 'say what to search for: words, a digest, or an option');
      await using archive = await openArchive(globals(), { command: 'search', writes: false, creates: false });
      const known = onlyKnown === true ? 'only' : withKnown === true ? 'include' : undefined;
      const filter: FilesQuery = isForFiles ? filterOf(q, { ...options, known }) : { q: q.slice(0, LONGEST_NAME), known };
      const hits = isForFiles ? (await archive.findFiles(filter, limit)).map(fileHit) : await archive.search(q, limit, known);
      const { hidden } = await archive.countFiles(filter);
      new Output(globals()).result({ hits, hidden }, () => [
        ...(hits.length === 0 ? ['nothing found'] : hits.flatMap(hitLines)),
        ...(hidden === 0
          ? []
          : [`${hidden < MOST_COUNTED ? '' : 'at least '}${hidden} known system files are hidden; --known shows them`]),
      ]);
    });
}

/** @throws Fault 'search/option' that says which option is wrong. */
function filterOf(q: string, { infected, ...options }: FileOptions & Pick<FilesQuery, 'known'>): FilesQuery {
  const scan = infected === true ? { scan: 'infected' } : {};
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const texts = Object.fromEntries(given.map(([name, value]) => [name, String(value)]));
  const read = FilesFilter.safeParse({ ...texts, ...scan, ...(q === '' ? {} : { q }) });
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  const name = String(issue?.path[0] ?? '').replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  throw new Fault(FaultKind.Refused, 'search/option', `--${name}: ${issue?.message ?? 'wrong'}`, { option: name });
}

type FileHit = DiskFileView & { readonly kind: 'file'; readonly title: string; readonly entryKind: string };

function fileHit(file: DiskFileView): FileHit {
  return { ...file, kind: 'file', title: file.packageTitle, entryKind: file.kind };
}

function hitLines(hit: Hit | FileHit): string[] {
  if (hit.kind !== 'file' || hit.volume === null)
    return [
      `${hit.package ?? `accession ${hit.accession ?? ''}`}  ${hit.title}`,
      `  ${hit.path === null ? '' : `${hit.path}  `}${'snippet' in hit ? hit.snippet.replaceAll(/\s+/g, ' ') : ''}`,
    ];
  const accession = hit.accession === null ? '' : `, accession ${hit.accession}`;
  const known =
    typeof hit.known === 'object' && hit.known !== null ? `known: ${hit.known.set}` : hit.known === true ? 'known' : '';
  const marks = [
    hit.deleted ? 'deleted' : '',
    known,
    'unread' in hit && hit.unread ? 'has unread sectors' : '',
    scanMark(hit),
  ].filter((mark) => mark !== '');
  const about = 'size' in hit ? `  ${bytesInWords(hit.size)}${hit.modified === null ? '' : `, ${hit.modified}`}` : '';
  return [
    `${hit.path ?? ''}${about}${marks.length === 0 ? '' : `  (${marks.join(', ')})`}`,
    `  in volume ${hit.volume} of ${hit.package ?? ''}  ${hit.title}${accession}`,
  ];
}

function scanMark(hit: Hit | FileHit): string {
  return 'scan' in hit && hit.scan?.outcome === 'infected' ? `INFECTED ${hit.scan.found ?? ''}` : '';
}

function number(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 200) return value;
  throw new InvalidArgumentError('a number from 1 to 200.');
}
