/** Studies the streams of a batch in the order in which they lie on the disk: where each byte is, its digests, its format. */
import type { Handle, ManyDigests } from '../digest/index.ts';
import { contentOf, type DataStream, type Entry } from '../filesystems/index.ts';
import { Fault, FaultKind } from '../kernel/index.ts';
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
  /** Bytes that were read. */
  onBytes(count: number): void;
}

/** What an observer of the digests is told of a stream. */
export interface StreamHint {
  readonly name: string;
  readonly size: number;
}

interface Place {
  readonly entry: number;
  readonly stream: number;
  readonly source: DataStream;
  readonly name: string;
  readonly runs: readonly Run[];
  readonly told: readonly ByteRun[];
  readonly first: number;
}

/** For each entry, its streams; in the order of `entries`. @throws Fault of kind 'unreadable'; `signal.reason`. */
export async function studyStreams(entries: readonly Entry[], settings: StudySettings): Promise<SurveyedStream[][]> {
  const studied: SurveyedStream[][] = entries.map(() => []);
  const places: Place[] = [];
  for (const [index, entry] of entries.entries())
    for (const [number, stream] of entry.streams.entries()) {
      const { surveyed, runs } = await placed(stream, settings);
      const list = studied[index];
      if (list === undefined) throw new RangeError(`no entry ${index}`);
      list[number] = surveyed;
      if (runs === undefined || settings.digests === undefined) continue;
      const told = surveyed.runs;
      const first = told.find(({ imageOffset }) => imageOffset !== undefined)?.imageOffset ?? 0;
      places.push({ entry: index, stream: number, source: stream, name: entry.name.text, runs, told, first });
    }
  if (settings.digests !== undefined)
    await readAll(
      places.toSorted((a, b) => a.first - b.first),
      studied,
      settings.digests,
      settings,
    );
  return studied;
}

/** The stream with its byte runs; the runs themselves, unless they can't be told. */
async function placed(
  stream: DataStream,
  { base, unread }: StudySettings,
): Promise<{ surveyed: SurveyedStream; runs: readonly Run[] | undefined }> {
  const { kind, name, size, packing, doubt } = stream;
  const said = { kind, name, size, ...(packing === undefined ? {} : { packing }), ...(doubt === undefined ? {} : { doubt }) };
  try {
    const runs = await stream.runs();
    const { runs: told, hasMore } = byteRunsOf(runs, base);
    const parts = unreadParts(told, unread);
    const surveyed = {
      ...said,
      runs: told,
      ...(hasMore ? { hasMoreRuns: true as const } : {}),
      ...(parts.length === 0 ? {} : { unread: parts }),
    };
    return { surveyed, runs };
  } catch (error) {
    return { surveyed: { ...said, runs: [], remark: remarkOf(error) }, runs: undefined };
  }
}

async function readAll(
  places: readonly Place[],
  studied: SurveyedStream[][],
  digests: ManyDigests,
  settings: StudySettings,
): Promise<void> {
  const answers: Promise<void>[] = [];
  let next = 0;
  const reader = async (): Promise<void> => {
    for (let place = places[next++]; place !== undefined; place = places[next++]) {
      settings.signal?.throwIfAborted();
      const { entry, stream, source } = place;
      const list = studied[entry];
      const known = list?.[stream];
      if (list === undefined || known === undefined) throw new RangeError(`no stream ${stream} of entry ${entry}`);
      const outcome = await readOne(place, source, digests, settings);
      if (outcome.remark !== undefined) list[stream] = { ...known, remark: outcome.remark };
      else
        answers.push(
          outcome.answer.then(({ digests: found, observed }) => {
            const format = observed as FileFormat | undefined;
            list[stream] = { ...known, digests: found, ...(format === undefined ? {} : { format }) };
          }),
        );
    }
  };
  await Promise.all(Array.from({ length: TOGETHER }, reader));
  digests.flush();
  await Promise.all(answers);
}

type Outcome =
  | { readonly remark: Remark; readonly answer?: never }
  | { readonly remark?: never; readonly answer: ReturnType<ManyDigests['finish']> };

/** A stream whose bytes can't all be had gets no digest: there is none of a part. */
async function readOne(
  { name, runs }: Place,
  stream: DataStream,
  digests: ManyDigests,
  settings: StudySettings,
): Promise<Outcome> {
  const { size } = stream;
  if (size > settings.budget.bytes) return { remark: overBudget(size, settings.budget.bytes) };
  settings.budget.bytes -= size;
  const hint: StreamHint = { name: stream.kind === 'data' ? name : '', size };
  const handle: Handle = digests.begin(hint);
  try {
    const content = await contentOf({ ...stream, runs: () => Promise.resolve(runs) });
    for (let at = 0; at < size; ) {
      const length = Math.min(PIECE, size - at);
      await digests.update(handle, await content.read(at, length));
      settings.onBytes(length);
      at += length;
    }
    return { answer: digests.finish(handle) };
  } catch (error) {
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
