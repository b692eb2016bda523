/** strongroom show ID */
import { Command } from 'commander';
import { type AcquisitionDocument, fluxInWords, type ImagingRecord, relationsOf } from '#ingest/package';
import type { DiskView } from '../../files/files.dto.ts';
import type { EventView, PackageFileView, PackageView } from '../../packages/package.dto.ts';
import type { GlobalOptions } from '../exit-code.ts';
import { openArchive } from '../open-archive.ts';
import { Output } from '../output.ts';
import { scanLines } from '../scan-output.ts';
import { bytesInWords, table } from '../words.ts';

/** Files shown to people; --json has all. */
const MOST_FILES = 50;
const MOST_RANGES = 50;

export function showCommand(globals: () => GlobalOptions): Command {
  return new Command('show')
    .description('shows a package: its accession, files, what the imaging says, events, copies')
    .argument('<id>', 'id of the package')
    .action(async (id: string) => {
      await using archive = await openArchive(globals(), { command: 'show', writes: false, creates: false });
      const { accessionRecord, accession: _, ...shown } = await archive.package(id);
      const files: PackageFileView[] = [];
      for await (const file of archive.files(id)) files.push(file);
      const events = await archive.history(id);
      const disk = await archive.disk(id);
      const acquisition: Partial<AcquisitionDocument> = shown.acquisition;
      const relationOf = relationsOf(acquisition);
      const relations = files.flatMap(({ path }) => {
        const relation = relationOf(path);
        return relation === undefined ? [] : [{ path, type: relation.type, subType: relation.subType, image: shown.image }];
      });
      const scan = await archive.scanOf(id);
      new Output(globals()).result({ ...shown, accession: accessionRecord, files, relations, events, disk, scan }, () => [
        ...headLines(shown, accessionRecord),
        '',
        ...imagingLines(acquisition),
        ...fluxLines(acquisition),
        ...diskLines(disk),
        ...withBlank(scanLines(scan)),
        ...fileLines(files, relationOf),
        '',
        ...eventLines(events),
        '',
        ...table([
          ['location', 'status', 'last checked', 'last found right'],
          ...shown.copies.map((copy) => [copy.location, copy.status, copy.lastCheckedAt ?? 'never', copy.lastOkAt ?? 'never']),
        ]),
      ]);
    });
}

function withBlank(lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [...lines, ''];
}

function headLines(
  shown: Omit<PackageView, 'accession' | 'accessionRecord'>,
  accession: PackageView['accessionRecord'],
): string[] {
  const medium =
    shown.mediaSize === null ? notRead(shown.acquisition) : `${shown.mediaSize} bytes, SHA-256 ${shown.mediaSha256 ?? ''}`;
  return [
    `${shown.title}  (${shown.status})`,
    `  package     ${shown.id}, sealed ${shown.sealedAt}`,
    `  accession   ${accession === null ? '-' : `${accession.number}  ${accession.title}${accession.donor === null ? '' : `, from ${accession.donor}`}`}`,
    ...(accession === null || accession.restrictions === null ? [] : [`  restricted  ${accession.restrictions}`]),
    `  image       ${shown.image}: ${shown.format.title}${shown.format.puid === null ? '' : ` (PRONOM ${shown.format.puid})`}`,
    `  the disk    ${medium}`,
    ...shown.sameMedium.map((other) => `  same disk   as in package ${other.id} ("${other.title}")`),
  ];
}

function notRead({ damage = [] }: Partial<AcquisitionDocument>): string {
  return damage.length === 0 ? 'not opened by this version' : 'not read whole: the container is damaged, see the notes';
}

/** The volumes, and how many files they hold. */
function diskLines({ state, hasDigests, detail, volumes, files, directories, deleted, unread, bytes }: DiskView): string[] {
  if (state !== 'indexed') return state === 'unsurveyed' ? [] : [`the files inside: ${detail ?? 'not in the catalogue yet'}`, ''];
  const rows = volumes.map((volume) => [
    String(volume.number),
    volume.scheme === 'none' ? 'whole disk' : `${volume.scheme} ${volume.slot}`,
    volume.fileSystemTitle ?? volume.title ?? volume.type,
    volume.label,
    bytesInWords(volume.length),
  ]);
  return [
    ...table([['volume', 'where', 'file system', 'label', 'size'], ...rows]),
    `${files} files (${bytesInWords(bytes)}) in ${directories} folders${deleted === 0 ? '' : `, ${deleted} deleted entries`}${unread === 0 ? '' : `; ${unread} with sectors that were never read`}`,
    ...(hasDigests ? [] : ['listed without digests yet; "strongroom survey" reads the files']),
    '',
  ];
}

/** Who imaged the disk, when, with what; the mapfile as a table: what was read of the disk, what not, and where. */
function imagingLines({ mapfiles = [], notes = [], imaging = [], facts = [] }: Partial<AcquisitionDocument>): string[] {
  return [
    ...imaging.flatMap((record) => accountLines(record, facts)),
    ...mapfiles.flatMap((map) => [
      `imaging, by ${map.file}`,
      ...table([
        ['  ', 'bytes', 'areas'],
        ...Object.entries(map.sums).map(([status, sum]) => [
          `  ${WORDS[status] ?? status}`,
          String(sum.bytes),
          String(sum.areas),
        ]),
      ]),
      ...(map.ranges.length === 0
        ? []
        : table([
            ['  not read', 'from byte', 'bytes'],
            ...map.ranges
              .slice(0, MOST_RANGES)
              .map((range) => [`  ${WORDS[range.status] ?? range.status}`, String(range.offset), String(range.length)]),
          ])),
      ...(map.ranges.length > MOST_RANGES || map.isTruncated ? ['  … more in the mapfile'] : []),
      '',
    ]),
    ...notes.map((note) => `note: ${note}`),
    ...(notes.length > 0 ? [''] : []),
  ];
}

/** What the flux decodes to, against the image. */
function fluxLines({ flux = [] }: Partial<AcquisitionDocument>): string[] {
  return flux.flatMap((record) => {
    const ranges = record.comparison?.ranges ?? [];
    const rows = ranges
      .slice(0, MOST_RANGES)
      .map(({ offset, length, what }) => [`  ${FLUX_WORDS[what]}`, String(offset), String(length)]);
    const more = ranges.length > MOST_RANGES || record.comparison?.isTruncated === true ? ['  … more in acquisition.json'] : [];
    return [fluxInWords(record), ...(rows.length === 0 ? [] : table([['  ', 'from byte', 'bytes'], ...rows])), ...more, ''];
  });
}

/** One account of the imaging in a few lines. */
function accountLines(record: ImagingRecord, facts: AcquisitionDocument['facts']): string[] {
  const fact = (name: string): string | undefined => {
    const found = facts.find(
      ({ name: own, source }) => own === name && (typeof source === 'string' ? source : source.file) === record.log,
    );
    return found === undefined ? undefined : String(found.value);
  };
  const joined = (separator: string, ...parts: readonly (string | false | undefined)[]): string =>
    parts.filter((part) => typeof part === 'string' && part !== '').join(separator);
  const counted = (name: string, what: string): string | undefined => {
    const count = fact(name);
    return count === undefined || count === '0' ? undefined : `${count} ${what}`;
  };
  const [serial, size] = [fact('deviceSerial'), fact('deviceSize')];
  const badBytes = record.badRanges.reduce((sum, { length }) => sum + length, 0);
  const lost = joined(
    ', ',
    counted('badSectorCount', 'bad sectors'),
    counted('missingSectorCount', 'missing sectors'),
    counted('badTrackCount', 'bad tracks'),
    counted('badAreaCount', 'bad areas'),
    badBytes > 0 && `${badBytes} bytes in ${record.badRanges.length} places${record.isTruncated ? ' and more' : ''}`,
  );
  const rows: readonly (readonly [string, string])[] = [
    ['when', joined(' to ', record.startedAt, record.endedAt)],
    ['who', record.examiner ?? ''],
    ['with', joined(' ', record.tool, record.toolVersion)],
    ['case', joined(', ', fact('caseNumber'), fact('evidenceNumber'))],
    [
      'device',
      joined(', ', joined(' ', fact('deviceVendor'), fact('deviceModel')), serial && `serial ${serial}`, size && `${size} bytes`),
    ],
    ['ended', record.status ?? ''],
    ['not read', lost],
    [
      'compared',
      record.verifications.map(({ what, isVerified }) => `${what} ${isVerified ? 'verified' : 'NOT verified'}`).join(', '),
    ],
  ];
  const told = record.log === 'container' ? 'the image itself' : record.log;
  return [
    `imaging, by ${told} (${record.title})`,
    ...rows.filter(([, value]) => value !== '').map(([label, value]) => `  ${label.padEnd(9)} ${value}`),
    '',
  ];
}

const RELATIONS: Readonly<Record<string, string>> = {
  'is Included In': 'the image',
  'is Source Of': 'source of the image',
  documents: 'documents the image',
};

const FLUX_WORDS = {
  differing: 'differing',
  onlyInFlux: 'in the flux alone',
  onlyInImage: 'in the image alone',
  inNeither: 'in neither',
} as const;

const WORDS: Readonly<Record<string, string>> = {
  rescued: 'rescued',
  bad: 'bad',
  nonTried: 'not tried',
  nonTrimmed: 'not trimmed',
  nonScraped: 'not scraped',
};

function fileLines(files: readonly PackageFileView[], relationOf: ReturnType<typeof relationsOf>): string[] {
  const payload = files.filter(({ role }) => role === 'image' || role === 'submission');
  const rows = payload.slice(0, MOST_FILES).map((file) => {
    const relation = relationOf(file.path)?.subType;
    return [
      file.path,
      relation === undefined ? '' : (RELATIONS[relation] ?? relation),
      bytesInWords(file.size),
      file.format ?? '',
      file.sha256,
    ];
  });
  const more = payload.length > MOST_FILES ? [`… and ${payload.length - MOST_FILES} more files`] : [];
  return [...table([['file', 'is', 'size', 'format', 'SHA-256'], ...rows]), ...more];
}

function eventLines(events: readonly EventView[]): string[] {
  const rows = events.map(({ at, type, outcome, detail }) => [at, type, outcome, detail]);
  return table([['when', 'event', 'outcome', 'detail'], ...rows]);
}
