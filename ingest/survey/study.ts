/** Studies the streams of a batch in the order in which they lie on the disk: where each byte is, its digests, its format. */
import type { Answer, Budget, Handle, ManyDigests } from '../digest/index.ts';
import { contentOf, type DataStream, type Entry } from '../filesystems/index.ts';
import { Fault, FaultKind, inParallel } from '../kernel/index.ts';
import type { Range, Run } from '../media/index.ts';
import { byteRunsOf } from './byte-runs.ts';
import type { ByteRun, FileFormat, Remark, SurveyedStream } from './record.ts';
import { unreadParts } from './unread.ts';

/** Read and sent on at once. */
const PIECE = 2 << 20;
/** Streams whose reading is under way together: small ones wait for the disk side by side. */
const TOGETHER = 8;

export interface StudySettings {
  /** Undefined when nothing is to be read. */
  readonly digests: ManyDigests | undefined;
  /** Where the volume begins on the medium. */
  readonly base: number;
  /** Ranges of the medium, as mergedRanges gives them. */
  readonly unread: readonly Range[];
  readonly signal?: AbortSignal | undefined;
  /** Bytes that may still be read: a sparse file can claim any size. */
  readonly budget: { bytes: number };
  /** How fast files are read; undefined for as fast as it goes. */
  readonly pace?: Budget | undefined;
  /** Bytes that were read. */
  onBytes(count: number): void;
}

/** What an observer of the digests is told of a stream. */
export interface StreamHint {
  readonly name: string;
  readonly size: number;
}

/** A stream that is to be read, and where its record goes. */
interface Place {
  readonly records: SurveyedStream[];
  readonly index: number;
  readonly record: SurveyedStream;
  readonly runs: readonly Run[];
  readonly hint: StreamHint;
  /** Byte of the medium where it begins. */
  readonly first: number;
}

/** For each entry, its streams; in the order of `entries`. @throws Fault of kind 'unreadable'; `signal.reason`. */
export async function studyStreams(entries: readonly Entry[], settings: StudySettings): Promise<SurveyedStream[][]> {
  const { digests } = settings;
  const studied: SurveyedStream[][] = [];
  const places: Place[] = [];
  for (const { name, streams } of entries) {
    const records: SurveyedStream[] = [];
    studied.push(records);
    for (const stream of streams) {
      let record: SurveyedStream;
      let runs: readonly Run[] | undefined;
      try {
        const given = stream.runs();
        runs = given instanceof Promise ? await given : given;
        record = placed(stream, runs, settings);
      } catch (error) {
        record = { ...said(stream, []), remark: remarkOf(error) };
      }
      const index = records.push(record) - 1;
      if (runs === undefined || digests === undefined) continue;
      const first = record.runs.find(({ imageOffset }) => imageOffset !== undefined)?.imageOffset ?? 0;
      const hint = { name: stream.kind === 'data' ? name.text : '', size: stream.size };
      places.push({ records, index, record, runs, hint, first });
    }
  }
  if (digests !== undefined) {
    places.sort((a, b) => a.first - b.first);
    await readAll(places, digests, settings);
  }
  return studied;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

function said({ kind, name, size, packing, doubt }: DataStream, runs: readonly ByteRun[]): Writable<SurveyedStream> {
  const record: Writable<SurveyedStream> = { kind, name, size, runs };
  if (packing !== undefined) record.packing = packing;
  if (doubt !== undefined) record.doubt = doubt;
  return record;
}

/** The stream with its byte runs. */
function placed(stream: DataStream, runs: readonly Run[], { base, unread }: StudySettings): SurveyedStream {
  const { runs: told, hasMore } = byteRunsOf(runs, base);
  const record = said(stream, told);
  if (hasMore) record.hasMoreRuns = true;
  const parts = unreadParts(told, unread);
  if (parts.length > 0) record.unread = parts;
  return record;
}

async function readAll(places: readonly Place[], digests: ManyDigests, settings: StudySettings): Promise<void> {
  const awaited: { readonly place: Place; readonly answer: Promise<Answer> }[] = [];
  const read = (place: Place): Promise<Outcome> => readOne(place, digests, settings);
  let done = 0;
  for await (const { remark, answer } of inParallel(places, read, TOGETHER)) {
    const place = places[done++];
    if (place === undefined) throw new RangeError(`no stream ${done}`);
    if (answer === undefined) place.records[place.index] = { ...place.record, remark };
    else awaited.push({ place, answer });
  }
  digests.flush();
  for (const { place, answer } of awaited) {
    const { digests: found, observed } = await answer;
    const format = observed as FileFormat | undefined;
    place.records[place.index] = { ...place.record, digests: found, ...(format === undefined ? {} : { format }) };
  }
}

type Outcome =
  | { readonly remark: Remark; readonly answer?: never }
  | { readonly remark?: never; readonly answer: Promise<Answer> };

/** A stream whose bytes can't all be had gets no digest: there is none of a part. */
async function readOne({ runs, hint }: Place, digests: ManyDigests, settings: StudySettings): Promise<Outcome> {
  const { size } = hint;
  const { budget, signal } = settings;
  signal?.throwIfAborted();
  if (size > budget.bytes) return { remark: overBudget(size, budget.bytes) };
  budget.bytes -= size;
  const handle: Handle = digests.begin(hint);
  try {
    const content = await contentOf({ size, runs: () => Promise.resolve(runs) });
    for (let at = 0; at < size; ) {
      const length = Math.min(PIECE, size - at);
      signal?.throwIfAborted();
      await settings.pace?.take(length, signal);
      await digests.update(handle, await content.read(at, length));
      settings.onBytes(length);
      at += length;
    }
    const answer = digests.finish(handle);
    answer.catch(() => undefined); // told when it is awaited
    return { answer };
  } catch (error) {
    // Being stopped says nothing of the file.
    signal?.throwIfAborted();
    const remark = remarkOf(error);
    await digests.drop(handle);
    return { remark };
  }
}

function overBudget(size: number, left: number): Remark {
  const message = `the file claims ${size} bytes, and ${left} more are read of this disk, of which most would be zeros: it is not read`;
  return { code: 'survey/over-budget', message };
}

/** @throws what is no fault of the disk. */
export function remarkOf(error: unknown): Remark {
  if (!(error instanceof Fault) || error.kind === FaultKind.Unreadable) throw error;
  return { code: error.code, message: error.message };
}
