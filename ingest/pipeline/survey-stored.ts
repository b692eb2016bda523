/** The survey of a package that is stored already: the same that an ingest makes, at leisure; goes on where it was stopped. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { readMapfile } from '../acquisition/index.ts';
import type { Identification } from '../identification/index.ts';
import { type Clock, Fault, FaultKind, isSystemError, type Progress, wordsOfSystemError } from '../kernel/index.ts';
import type { Range } from '../media/index.ts';
import {
  type AcquisitionDocument,
  dfxmlPath,
  type EventAgent,
  openMedium,
  packageKey,
  SUBMISSION_FOLDER,
  type UpdatedFile,
} from '../package/index.ts';
import type { Storage } from '../storage/index.ts';
import { readDfxml, surveyOf, writeDfxml } from '../survey/index.ts';
import { DIGESTS } from './steps/survey.ts';
import { surveyStage, SurveyWork, updateFolder } from './survey-work.ts';
import { type SurveyAnswer, Told } from './told.ts';

export interface StoredSurveyOrder {
  readonly storage: Storage;
  readonly packageId: string;
  /** Of the package. */
  readonly document: AcquisitionDocument;
  readonly program: EventAgent;
  readonly identification: Identification;
  readonly clock: Clock;
  /** The most of the files' bytes that is read in a second; undefined for as fast as it goes. */
  readonly bytesPerSecond: number | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: Progress | undefined;
}

/** A list that is whole, durable and read back, in staging. */
export interface StoredSurvey extends SurveyAnswer {
  /** In staging; stageUpdate() takes it from there. */
  readonly folder: string;
  readonly file: UpdatedFile;
  readonly startedAt: Date;
}

/** After so many bytes of files it is kept how far the survey is: a kill costs so much reading, or one file. */
const BATCH_BYTES = 256 << 20;

/**
 * What is made stays in staging until the caller drops the stage, also when this throws: the next call goes on there.
 * @throws Fault 'package/medium-not-read', 'survey/storage-failed'; as openImage and surveyOf; `signal.reason`.
 */
export async function surveyStored(order: StoredSurveyOrder): Promise<StoredSurvey> {
  const { storage, packageId, document, program, identification, clock, signal } = order;
  const image = basename(document.image.name);
  const { signatures } = identification;
  const maker = `${program.name} ${program.version ?? ''}; ${signatures.name} ${signatures.version}`;
  try {
    const stage = await storage.stageAgain(surveyStage(packageId));
    await using work = await SurveyWork.open(stage, maker, image, clock.now());
    if (!work.note.isWhole) await write(work, order);
    signal?.throwIfAborted();
    const { answer, ...read } = await readBack(work.list);
    const file = { path: dfxmlPath(image), ...read };
    return { ...answer, folder: updateFolder(stage), file, startedAt: new Date(work.note.startedAt) };
  } catch (error) {
    throw isSystemError(error) ? asFault(error, storage.place) : error;
  }
}

async function write(work: SurveyWork, order: StoredSurveyOrder): Promise<void> {
  const { storage, packageId, document, program, identification, bytesPerSecond, signal, onProgress } = order;
  const { mark, startedAt } = work.note;
  let { doneBytes } = work.note;
  await using opened = await openMedium(storage, packageId, document);
  const items = surveyOf(opened.media, {
    algorithms: DIGESTS,
    observer: identification.observer,
    withRuns: true,
    unread: await unreadRanges(order),
    from: mark === undefined ? undefined : { volumes: mark.volumes, entries: mark.entries, doneBytes },
    batchBytes: BATCH_BYTES,
    bytesPerSecond,
    signal,
    onProgress: (progress) => {
      ({ doneBytes } = progress);
      onProgress?.(progress);
    },
  });
  const head = {
    image: work.note.image,
    program: program.name,
    version: program.version ?? '',
    startedAt: new Date(startedAt),
    signatures: identification.signatures,
  };
  await writeDfxml(items, head, (text) => work.append(text), {
    from: mark,
    onMark: async (at) => {
      await work.keep({ mark: at, doneBytes, isWhole: false });
      signal?.throwIfAborted();
    },
  });
  await work.keep({ mark: work.note.mark, doneBytes, isWhole: true });
}

/** The list as it lies there now: what it says is told by it alone. */
async function readBack(path: string): Promise<{ size: number; sha256: string; answer: SurveyAnswer }> {
  const hash = createHash('sha256');
  let size = 0;
  async function* chunks(): AsyncGenerator<Buffer> {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 18 }) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      size += chunk.length;
      yield chunk;
    }
  }
  const told = new Told();
  for await (const item of told.listening(readDfxml(chunks())))
    if (item.kind === 'totals') throw new TypeError('a list has none');
  return { size, sha256: hash.digest('hex'), answer: told.answer() };
}

/** What the imaging station could not read, as acquisition.json keeps it; of a long mapfile, the map itself. */
async function unreadRanges({ storage, packageId, document }: StoredSurveyOrder): Promise<Range[]> {
  const ranges: Range[] = [];
  for (const { file, ranges: told, isTruncated } of document.mapfiles) {
    const path = isTruncated ? storage.localPath(`${packageKey(packageId)}/${SUBMISSION_FOLDER}${file}`) : undefined;
    if (path === undefined) for (const { offset, length } of told) ranges.push({ offset, length });
    else
      for await (const { offset, length, status } of (
        await readMapfile({ path, name: file, size: 0, mtime: new Date(0) })
      ).blocks())
        if (status !== 'rescued') ranges.push({ offset, length });
  }
  for (const { badRanges } of document.imaging ?? []) ranges.push(...badRanges);
  for (const { offset, length } of document.damage ?? [])
    if (offset !== undefined && length !== undefined) ranges.push({ offset, length });
  return ranges;
}

function asFault(error: NodeJS.ErrnoException, place: string): Fault {
  return new Fault(
    FaultKind.Unreadable,
    'survey/storage-failed',
    `the list of files could not be written at ${place}: ${wordsOfSystemError(error)}; the package is as it was. Mend that and survey again`,
    { place, code: error.code ?? '' },
    { cause: error },
  );
}
