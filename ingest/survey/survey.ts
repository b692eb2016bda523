/** The survey of a medium: every volume, every file system, every file, in batches, studied as they lie on the disk. */
import { type Algorithm, Budget, ManyDigests } from '../digest/index.ts';
import { type Damage, type Entry, type FileSystem, OPEN_OPTIONS, openFileSystems, StreamKind } from '../filesystems/index.ts';
import type { Progress } from '../kernel/index.ts';
import { type Media, type Range, rangeSource } from '../media/index.ts';
import { type FoundVolume, volumesOf } from '../volumes/index.ts';
import { inBatches } from './batches.ts';
import { bare, damageRecord, fileRecord, remark, volumeRecord } from './make-record.ts';
import { readAhead } from './read-ahead.ts';
import type { Remark, SurveyedDamage, SurveyedFile, SurveyedStream, SurveyedVolume, SurveyTotals } from './record.ts';
import { studyStreams } from './study.ts';
import { SurveyCounter } from './totals.ts';
import { mergedRanges } from './unread.ts';

export interface SurveyOptions {
  /** Digests of every file; empty for a listing without reading the files. */
  readonly algorithms: readonly Algorithm[];
  /** Identify the format of every file; only where files are read. */
  readonly observer?: URL;
  /** Ranges of the medium that were never read from the carrier, besides those that the medium itself tells. */
  readonly unread?: readonly Range[];
  /** Code page of names that carry none. */
  readonly codePage?: string;
  /** Without it, `runs` of streams stay empty where nothing is digested: a mere listing is faster. */
  readonly withRuns?: boolean;
  /** Only volumes and file systems, not what is in them. */
  readonly volumesOnly?: boolean;
  /** Where an earlier survey of the same medium, by the same program, stopped: what is before is not told, nor its files read. */
  readonly from?: SurveyPosition | undefined;
  /** A batch ends with the entry that brings it to so many bytes; without it only the number of entries counts. */
  readonly batchBytes?: number | undefined;
  /** The most of the files' bytes that is read in a second; absent = as fast as it goes. */
  readonly bytesPerSecond?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: Progress | undefined;
}

/** How far a survey is. */
export interface SurveyPosition {
  /** Volumes that are told to their ends. */
  readonly volumes: number;
  /** Entries of the next one that are told. */
  readonly entries: number;
  /** Bytes of files that were read. */
  readonly doneBytes: number;
}

/** In this order: `volume`, its `files`, its `end`; the next volume; at last `totals`. A survey that goes on does so without `disk`. */
export type SurveyItem =
  | {
      readonly kind: 'disk';
      readonly tables: readonly SurveyedTable[];
      readonly gaps: readonly Range[];
      readonly remarks: readonly Remark[];
    }
  /** `isContinued`: it was told by the survey before, with a part of its files. */
  | { readonly kind: 'volume'; readonly volume: SurveyedVolume; readonly isContinued?: true }
  | { readonly kind: 'files'; readonly files: readonly SurveyedFile[] }
  /** What could not be listed in the volume. */
  | { readonly kind: 'end'; readonly volume: number; readonly damages: readonly SurveyedDamage[] }
  /** Of what was told here. */
  | { readonly kind: 'totals'; readonly totals: SurveyTotals };

export interface SurveyedTable {
  readonly scheme: string;
  readonly offset: number;
  readonly sectorSize: number;
  readonly diskId?: string;
}

/** Entries that are studied together: enough to read a disk in its own order, few enough for any memory. */
const BATCH = 50_000;
/** Damages that are told one by one. */
const MOST_DAMAGES = 10_000;
/** What is read of a disk's files: more than it has, since files may share bytes, and sparse ones have some that take no room. */
const SLACK = 64 * 2 ** 30;

/** @throws Fault of kind 'unreadable' when the storage fails; `signal.reason`. Everything else is told. */
export async function* surveyOf(media: Media, options: SurveyOptions): AsyncGenerator<SurveyItem, void, undefined> {
  const { algorithms, observer, onProgress, signal, bytesPerSecond } = options;
  const from = options.from ?? { volumes: 0, entries: 0, doneBytes: 0 };
  const source = readAhead(media);
  const found = await volumesOf(source, media.sectorSize);
  using digests = algorithms.length === 0 ? undefined : new ManyDigests({ algorithms, ...(observer && { observer }) });
  using pace = bytesPerSecond === undefined ? undefined : new Budget(bytesPerSecond);
  const unread = mergedRanges([...(options.unread ?? []), ...(await absentOf(media))]);
  const counter = new SurveyCounter();
  // What is not read needs no order of the disk: held back, it would only outlive the collector's youngest generation.
  const batch = { entries: digests === undefined ? 1 : BATCH, bytes: options.batchBytes ?? Infinity, signal };
  const budget = { bytes: media.size * 4 + SLACK };
  let { doneBytes } = from;
  let count = 0;
  if (options.from === undefined) yield diskItem(found);

  for (const volume of found.volumes) {
    if (volume.isContainer) {
      yield* bareVolume(volume, []);
      continue;
    }
    const inside = rangeSource(source, volume.offset, volume.length, 'the volume');
    await using systems = await openFileSystems(inside, {
      ...OPEN_OPTIONS,
      ...(options.codePage && { codePage: options.codePage }),
    });
    const warnings = systems.warnings.map(remark);
    if (systems.found.length === 0) yield* bareVolume(volume, warnings);
    for (const system of systems.found) yield* withFiles(volume, system, warnings);
  }
  yield { kind: 'totals', totals: counter.totals };

  function* bareVolume(volume: FoundVolume, warnings: readonly Remark[]): Generator<SurveyItem> {
    const index = count++;
    if (index < from.volumes) return;
    counter.totals.volumes += 1;
    yield { kind: 'volume', volume: volumeRecord(volume, index, undefined, warnings) };
    yield { kind: 'end', volume: index, damages: [] };
  }

  async function* withFiles(volume: FoundVolume, system: FileSystem, warnings: readonly Remark[]): AsyncGenerator<SurveyItem> {
    const index = count++;
    if (index < from.volumes) return;
    counter.totals.volumes += 1;
    const skip = index === from.volumes ? from.entries : 0;
    yield {
      kind: 'volume',
      volume: volumeRecord(volume, index, system, warnings),
      ...(skip === 0 ? {} : { isContinued: true as const }),
    };
    const damages: SurveyedDamage[] = [];
    const onDamage = (damage: Damage): void => {
      counter.totals.damages += 1;
      if (damages.length < MOST_DAMAGES) damages.push(damageRecord(damage));
    };
    for await (const entries of options.volumesOnly === true ? [] : inBatches(system, { ...batch, skip }, onDamage)) {
      const files = await filesOf(entries, index, volume.offset);
      for (const file of files) counter.count(file);
      yield { kind: 'files', files };
    }
    yield { kind: 'end', volume: index, damages };
  }

  async function filesOf(entries: readonly Entry[], volume: number, base: number): Promise<SurveyedFile[]> {
    const onBytes = (bytes: number): void => {
      doneBytes += bytes;
      onProgress?.({ stage: 'survey', doneBytes: Math.min(doneBytes, media.size), totalBytes: media.size });
    };
    if (digests === undefined && options.withRuns !== true)
      return entries.map((entry) => fileRecord(entry, volume, entry.streams.map(bare)));
    const streams = await studyStreams(entries, { digests, base, unread, budget, pace, signal, onBytes });
    return entries.map((entry, at) => fileRecord(entry, volume, streams[at] ?? []));
  }
}

function diskItem({ tables, gaps, warnings }: Awaited<ReturnType<typeof volumesOf>>): SurveyItem {
  const told = tables.map(({ scheme, base, sectorSize, diskId }) => {
    return { scheme, offset: base, sectorSize, ...(diskId === undefined ? {} : { diskId }) };
  });
  return { kind: 'disk', tables: told, gaps, remarks: warnings.map(remark) };
}

async function absentOf(media: Media): Promise<Range[]> {
  const absent: Range[] = [];
  for await (const { kind, offset, length } of media.extents()) if (kind === 'absent') absent.push({ offset, length });
  return absent;
}

/** The file itself, not a fork or an attribute of it. */
export function dataOf({ streams }: SurveyedFile): SurveyedStream | undefined {
  return streams.find(({ kind }) => kind === StreamKind.Data);
}
