/** What is written as metadata/acquisition.json: everything the imaging station said, each fact with where it stands. */
import { escaped } from '../kernel/index.ts';
import { type Identification, identify } from '../media/index.ts';
import { type Matched, type ExpectedDigest, checkAgreement, matchChecksums } from './checksum-match.ts';
import { type ChecksumList, readChecksumList } from './checksum-list.ts';
import { type Deposit, imageSource } from './deposit.ts';
import type { DepositNote } from './folder.ts';
import { digestsOfLogs } from './log-digests.ts';
import { type BlockStatus, type MapBlock, type Mapfile, type RangeSum, readMapfile } from './mapfile.ts';
import { type ParsedLog, readLogs } from './read-logs.ts';

/** Where a fact stands: a line of a file, the image's container, or our own arithmetic. */
export type FactSource = { readonly file: string; readonly line?: number } | 'container' | 'computed';

export interface AcquisitionFact {
  readonly name: string;
  readonly value: string | number | boolean;
  readonly source: FactSource;
}

/** Runs of the medium that the mapfile does not call rescued, in order. */
export interface MapRange {
  readonly offset: number;
  readonly length: number;
  readonly status: BlockStatus;
}

export interface MapSummary {
  readonly file: string;
  readonly sums: Readonly<Record<BlockStatus, RangeSum>>;
  /** All areas but the rescued ones; the first 100,000 of them. */
  readonly ranges: readonly MapRange[];
  /** There are more areas than `ranges` holds; `sums` counts them all. */
  readonly isTruncated: boolean;
}

export interface Acquisition {
  /** Of the image, by its content. */
  readonly format: Identification;
  readonly facts: readonly AcquisitionFact[];
  readonly expected: readonly ExpectedDigest[];
  readonly mapfiles: readonly MapSummary[];
  readonly logs: readonly ParsedLog[];
  /** The deposit's notes, and what the lists, mapfiles and logs add. */
  readonly notes: readonly DepositNote[];
}

/** The parsed papers of a deposit. */
export interface Parsed {
  readonly checksums: readonly ChecksumList[];
  readonly mapfiles: readonly Mapfile[];
  readonly logs: readonly ParsedLog[];
  readonly notes: readonly DepositNote[];
}

const RANGE_LIMIT = 100_000;

/** Reads all lists, mapfiles and logs of the deposit. @throws Fault 'acquisition/…' naming file and line of what is wrong. */
export async function readPapers(deposit: Deposit): Promise<Parsed> {
  const checksums: ChecksumList[] = [];
  const mapfiles: Mapfile[] = [];
  for (const file of deposit.checksumLists) checksums.push(await readChecksumList(file));
  for (const file of deposit.mapfiles) mapfiles.push(await readMapfile(file));
  const { parsed, notes } = await readLogs(deposit.logs);
  return { checksums, mapfiles, logs: parsed, notes };
}

/** Puts together what is known before the image is read as a whole. @throws Fault 'acquisition/checksum-…'. */
export async function acquisitionOf(deposit: Deposit, papers: Parsed): Promise<Acquisition> {
  const { checksums, mapfiles, logs } = papers;
  const given: Matched = matchChecksums(deposit, checksums);
  const logged: Matched = digestsOfLogs(deposit, logs);
  const expected = [...given.expected, ...logged.expected];
  checkAgreement(expected);
  const format = await formatOf(deposit);
  const facts: AcquisitionFact[] = [
    { name: 'imageName', value: deposit.image.name, source: 'computed' },
    { name: 'imageSize', value: deposit.image.totalSize, source: 'computed' },
    { name: 'imageFiles', value: deposit.image.files.length, source: 'computed' },
    ...formatFacts(format),
  ];
  for (const { algorithm, digest, of, source } of expected) {
    facts.push({ name: `${of === 'medium' ? 'medium' : `file "${of.file}"`} ${algorithm}`, value: digest, source });
  }
  for (const { file, record } of logs) {
    for (const { name, value, line } of record.facts) facts.push({ name, value, source: { file, line } });
  }
  const notes: DepositNote[] = [...deposit.notes, ...papers.notes, ...given.notes, ...logged.notes];
  const summaries: MapSummary[] = [];
  for (const map of mapfiles) {
    facts.push(...mapFacts(map));
    summaries.push(await summaryOf(map));
    // Of a container only its reader knows how large the medium is.
    if (format.isWhole) notes.push(...sizeNotes(map, deposit.image.totalSize));
  }
  return { format, facts, expected, mapfiles: summaries, logs, notes };
}

async function formatOf(deposit: Deposit): Promise<Identification> {
  await using source = await imageSource(deposit);
  return await identify(source, deposit.image.name);
}

function formatFacts({ id, title, puid, nameMismatch }: Identification): AcquisitionFact[] {
  const facts: AcquisitionFact[] = [
    { name: 'format', value: id, source: 'container' },
    { name: 'formatTitle', value: title, source: 'container' },
  ];
  if (puid !== undefined) facts.push({ name: 'puid', value: puid, source: 'container' });
  if (nameMismatch !== undefined) {
    const value = `.${nameMismatch.extension} promises ${nameMismatch.suggests.join(' or ')}`;
    facts.push({ name: 'nameMismatch', value, source: 'computed' });
  }
  return facts;
}

function mapFacts(map: Mapfile): AcquisitionFact[] {
  const source = { file: map.file };
  const said: readonly (readonly [string, string | number | undefined])[] = [
    ['ddrescue version', map.toolVersion],
    ['ddrescue command line', map.commandLine],
    ['ddrescue start time', map.startedAt],
    ['ddrescue current time', map.endedAt],
    ['ddrescue status', map.status],
    ['ddrescue pass', map.pass],
    ['ddrescue mapped from', map.start],
    ['ddrescue mapped to', map.end],
  ];
  const facts: AcquisitionFact[] = said.flatMap(([name, value]) => (value === undefined ? [] : [{ name, value, source }]));
  for (const [status, { bytes, areas }] of Object.entries(map.ranges)) {
    facts.push(
      { name: `ddrescue ${status} bytes`, value: bytes, source },
      { name: `ddrescue ${status} areas`, value: areas, source },
    );
  }
  return facts;
}

/** Neighbouring blocks of one status become one range. */
async function summaryOf(map: Mapfile): Promise<MapSummary> {
  const ranges: MapBlock[] = [];
  let isTruncated = false;
  for await (const block of map.blocks()) {
    if (block.status === 'rescued') continue;
    const last = ranges.at(-1);
    if (last !== undefined && last.status === block.status && last.offset + last.length === block.offset) {
      ranges[ranges.length - 1] = { ...last, length: last.length + block.length };
    } else if (ranges.length < RANGE_LIMIT) {
      ranges.push(block);
    } else {
      isTruncated = true;
      break;
    }
  }
  return { file: map.file, sums: map.ranges, ranges, isTruncated };
}

/** ddrescue cuts nothing off, so a map that ends elsewhere than the image deserves a look; it hinders nothing. */
function sizeNotes(map: Mapfile, size: number): DepositNote[] {
  if (map.end === size) return [];
  const ends = `the map "${escaped(map.file)}" ends at byte ${map.end}, the image at byte ${size}`;
  if (map.end > size) {
    const tail = `${map.end - size} bytes of the carrier are not in the image (its end was not read, or the image is cut)`;
    return [{ code: 'acquisition/mapfile-beyond-image', message: `${ends}: ${tail}` }];
  }
  return [
    { code: 'acquisition/mapfile-short-of-image', message: `${ends}: nothing is known of the last ${size - map.end} bytes` },
  ];
}
