/** The survey of a medium: every volume, every file system, every file, in batches, studied as they lie on the disk. */
import { type Algorithm, ManyDigests } from '../digest/index.ts';
import {
  type Damage,
  type Entry,
  EntryKind,
  type FileSystem,
  LISTING_LIMITS,
  OPEN_OPTIONS,
  openFileSystems,
  StreamKind,
} from '../filesystems/index.ts';
import { type Fault, type Progress } from '../kernel/index.ts';
import { type Media, type Range, rangeSource } from '../media/index.ts';
import { type FoundVolume, volumesOf } from '../volumes/index.ts';
import { readAhead } from './read-ahead.ts';
import type { Remark, SurveyedFile, SurveyedFileSystem, SurveyedStream, SurveyedVolume, SurveyTotals } from './record.ts';
import { remarkOf, studyStreams } from './study.ts';
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
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: Progress | undefined;
}

/** In this order: `volume`, its `files`, its `end`; the next volume; at last `totals`. */
export type SurveyItem =
  | {
      readonly kind: 'disk';
      readonly tables: readonly SurveyedTable[];
      readonly gaps: readonly Range[];
      readonly remarks: readonly Remark[];
    }
  | { readonly kind: 'volume'; readonly volume: SurveyedVolume }
  | { readonly kind: 'files'; readonly files: readonly SurveyedFile[] }
  /** What could not be listed in the volume. */
  | { readonly kind: 'end'; readonly volume: number; readonly damages: readonly SurveyedDamage[] }
  | { readonly kind: 'totals'; readonly totals: SurveyTotals };

export interface SurveyedTable {
  readonly scheme: string;
  readonly offset: number;
  readonly sectorSize: number;
  readonly diskId?: string;
}

export interface SurveyedDamage extends Remark {
  readonly path: string;
}

/** Entries that are studied together: enough to read a disk in its own order, few enough for any memory. */
const BATCH = 50_000;
/** Damages that are told one by one. */
const MOST_DAMAGES = 10_000;
/** What is read of a disk's files: more than it has, since files may share bytes, and sparse ones have some that take no room. */
const SLACK = 64 * 2 ** 30;

/** @throws Fault of kind 'unreadable' when the storage fails; `signal.reason`. Everything else is told. */
export async function* surveyOf(media: Media, options: SurveyOptions): AsyncGenerator<SurveyItem, void, undefined> {
  const { algorithms, observer, onProgress, signal } = options;
  const source = readAhead(media);
  const found = await volumesOf(source, media.sectorSize);
  using digests = algorithms.length === 0 ? undefined : new ManyDigests({ algorithms, ...(observer && { observer }) });
  const unread = mergedRanges([...(options.unread ?? []), ...(await absentOf(media))]);
  const totals = { volumes: 0, files: 0, directories: 0, deleted: 0, bytes: 0, withUnread: 0, withFaults: 0, damages: 0 };
  // What is not read needs no order of the disk: held back, it would only outlive the collector's youngest generation.
  const batchSize = digests === undefined ? 1 : BATCH;
  const budget = { bytes: media.size * 4 + SLACK };
  const tables = found.tables.map(({ scheme, base, sectorSize, diskId }) => {
    return { scheme, offset: base, sectorSize, ...(diskId === undefined ? {} : { diskId }) };
  });
  yield { kind: 'disk', tables, gaps: found.gaps, remarks: found.warnings.map(remark) };
  let doneBytes = 0;

  for (const volume of found.volumes) {
    if (volume.isContainer) {
      yield { kind: 'volume', volume: volumeRecord(volume, totals.volumes++, undefined, []) };
      yield { kind: 'end', volume: totals.volumes - 1, damages: [] };
      continue;
    }
    const inside = rangeSource(source, volume.offset, volume.length, 'the volume');
    await using systems = await openFileSystems(inside, {
      ...OPEN_OPTIONS,
      ...(options.codePage && { codePage: options.codePage }),
    });
    const warnings = systems.warnings.map(remark);
    if (systems.found.length === 0) {
      yield { kind: 'volume', volume: volumeRecord(volume, totals.volumes++, undefined, warnings) };
      yield { kind: 'end', volume: totals.volumes - 1, damages: [] };
    }
    for (const system of systems.found) {
      const index = totals.volumes++;
      yield { kind: 'volume', volume: volumeRecord(volume, index, system, warnings) };
      const damages: SurveyedDamage[] = [];
      for await (const batch of options.volumesOnly === true ? [] : inBatches(system, batchSize, damages, totals, signal)) {
        const files = await filesOf(batch, index, volume.offset);
        for (const file of files) count(file);
        yield { kind: 'files', files };
      }
      yield { kind: 'end', volume: index, damages };
    }
  }
  yield { kind: 'totals', totals };

  async function filesOf(entries: readonly Entry[], volume: number, base: number): Promise<SurveyedFile[]> {
    const onBytes = (count: number): void => {
      doneBytes += count;
      onProgress?.({ stage: 'survey', doneBytes: Math.min(doneBytes, media.size), totalBytes: media.size });
    };
    if (digests === undefined && options.withRuns !== true)
      return entries.map((entry) => fileRecord(entry, volume, entry.streams.map(bare)));
    const streams = await studyStreams(entries, { digests, base, unread, budget, signal, onBytes });
    return entries.map((entry, at) => fileRecord(entry, volume, streams[at] ?? []));
  }

  function count({ kind, isDeleted, streams, remarks = [] }: SurveyedFile): void {
    if (isDeleted) totals.deleted += 1;
    else if (kind === EntryKind.Directory) totals.directories += 1;
    else {
      totals.files += 1;
      totals.bytes += streams[0]?.size ?? 0;
      if (streams.some((stream) => stream.unread !== undefined)) totals.withUnread += 1;
      if (remarks.length > 0 || streams.some((stream) => stream.remark !== undefined)) totals.withFaults += 1;
    }
  }
}

async function* inBatches(
  system: FileSystem,
  batchSize: number,
  damages: SurveyedDamage[],
  totals: { damages: number },
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly Entry[]> {
  let batch: Entry[] = [];
  for await (const some of system.entries(LISTING_LIMITS, signal)) {
    for (const found of some)
      if (found.kind === 'damage') {
        totals.damages += 1;
        if (damages.length < MOST_DAMAGES) damages.push(damageRecord(found));
      } else batch.push(found);
    if (batch.length < batchSize) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

async function absentOf(media: Media): Promise<Range[]> {
  const absent: Range[] = [];
  for await (const { kind, offset, length } of media.extents()) if (kind === 'absent') absent.push({ offset, length });
  return absent;
}

function volumeRecord(
  { scheme, number, offset, length, type, title, label, id }: FoundVolume,
  index: number,
  system: FileSystem | undefined,
  warnings: readonly Remark[],
): SurveyedVolume {
  return {
    index,
    scheme,
    number,
    offset,
    length,
    type,
    ...(title === undefined ? {} : { title }),
    ...(label === undefined ? {} : { label }),
    ...(id === undefined ? {} : { id }),
    ...(system === undefined ? {} : { fileSystem: systemRecord(system) }),
    remarks: [...warnings, ...(system?.warnings ?? []).map(remark)],
  };
}

function systemRecord({
  format,
  type,
  label,
  serial,
  size,
  blockSize,
  isListed,
  isEncrypted,
  facts,
}: FileSystem): SurveyedFileSystem {
  return {
    format,
    type,
    label,
    ...(serial === undefined ? {} : { serial }),
    size,
    blockSize,
    isListed,
    ...(isEncrypted === undefined ? {} : { isEncrypted }),
    facts,
  };
}

function fileRecord(entry: Entry, volume: number, streams: readonly SurveyedStream[]): SurveyedFile {
  const { kind, path, name, id, parentId, isDeleted, times, attributes, facts, tree, target, faults } = entry;
  const { mode, ownerId, groupId, linkCount } = entry;
  const { bytes: nameBytes, encoding } = name;
  // There are millions: put together step by step, which costs a third of doing it at once.
  const file: Writable<SurveyedFile> = { volume, kind, path, nameBytes, encoding, id, isDeleted, streams, times, attributes };
  if (parentId !== undefined) file.parentId = parentId;
  if (mode !== undefined) file.mode = mode;
  if (ownerId !== undefined) file.ownerId = ownerId;
  if (groupId !== undefined) file.groupId = groupId;
  if (linkCount !== undefined) file.linkCount = linkCount;
  if (target !== undefined) file.target = target;
  if (facts !== undefined) file.facts = facts;
  if (tree !== undefined) file.tree = tree;
  if (faults !== undefined) file.remarks = faults.map(remark);
  return file;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

const NO_RUNS: SurveyedStream['runs'] = [];

/** A stream by what its entry says of it alone. */
function bare({ kind, name, size, packing, doubt }: Entry['streams'][number]): SurveyedStream {
  const stream: Writable<SurveyedStream> = { kind, name, size, runs: NO_RUNS };
  if (packing !== undefined) stream.packing = packing;
  if (doubt !== undefined) stream.doubt = doubt;
  return stream;
}

function damageRecord({ path, fault }: Damage): SurveyedDamage {
  return { path, ...remarkOf(fault) };
}

function remark({ code, message }: Fault): Remark {
  return { code, message };
}

/** The file itself, not a fork or an attribute of it. */
export function dataOf({ streams }: SurveyedFile): SurveyedStream | undefined {
  return streams.find(({ kind }) => kind === StreamKind.Data);
}
