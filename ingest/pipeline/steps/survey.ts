/** survey: what is inside the disk: every volume and file, as DFXML in the package. Of a disk too large to be read again, the list alone. */
import { mkdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Algorithm } from '../../digest/index.ts';
import type { Identification } from '../../identification/index.ts';
import { Fault, FaultKind } from '../../kernel/index.ts';
import { dfxmlPath } from '../../package/index.ts';
import { surveyOf, type SurveyItem, writeDfxml } from '../../survey/index.ts';
import type { IngestContext } from '../request.ts';
import { openStaged } from '../staged-image.ts';
import { type SurveyAnswer, Told } from '../told.ts';
import { unreadRanges } from '../unread-ranges.ts';
import { writeDocument } from '../write-document.ts';
import type { Copied } from './copy.ts';
import type { Measured } from './measure.ts';
import type { Received } from './receive.ts';

export interface Surveyed extends SurveyAnswer {
  /** Of the DFXML, in the package. */
  readonly path: string;
  readonly at: Date;
  /** False for a disk that is too large to be read again while it is taken in. */
  readonly hasDigests: boolean;
}

export interface SurveyedInTime {
  /** Undefined for what is not opened, and for a disk that can't be listed in the time that an ingest may wait. */
  readonly surveyed: Surveyed | undefined;
  /** The disk can be surveyed whole, and was not: it is to be done when the package is safe. */
  readonly isDue: boolean;
}

const NO_DIGESTS = 'the files inside are listed without digests: to read them all would have kept the ingest waiting';

export const DIGESTS = ['sha256', 'md5', 'sha1'] as const;
/** A list without digests may take so many times longer than the ingest wants to wait: it is the last chance of having one. */
const PATIENCE = 10;

export async function survey(
  received: Received,
  copied: Copied,
  measured: Measured | undefined,
  bag: string,
  { observer, signatures }: Identification,
  context: IngestContext,
): Promise<SurveyedInTime> {
  if (received.medium === undefined || measured === undefined) return { surveyed: undefined, isDue: false };
  // Without its digest the medium is not one that the archive opens again.
  const canBeDue = measured.digests !== undefined;
  if (context.surveyBudgetMs === 0) return { surveyed: undefined, isDue: canBeDue };
  const path = dfxmlPath(basename(received.deposit.image.name));
  const unread = await unreadRanges(received, measured);
  await mkdir(dirname(join(bag, path)), { recursive: true });
  const noFolder = (): Promise<void> => rm(dirname(join(bag, path)), { recursive: true, force: true });
  const attempt = async (algorithms: readonly Algorithm[], budgetMs: number): Promise<Surveyed | undefined> => {
    const late = AbortSignal.timeout(budgetMs);
    const signal = context.signal === undefined ? late : AbortSignal.any([context.signal, late]);
    try {
      await using image = await openStaged(received, copied, bag);
      const { onProgress } = context;
      const items = surveyOf(image.media, { algorithms, observer, withRuns: true, unread, signal, onProgress });
      return await written(items, received, path, bag, algorithms.length > 0 ? signatures : undefined, context);
    } catch (error) {
      await rm(join(bag, path), { force: true });
      if (late.aborted && context.signal?.aborted !== true) return undefined;
      throw error;
    }
  };
  try {
    const surveyed = (await attempt(DIGESTS, context.surveyBudgetMs)) ?? (await attempt([], context.surveyBudgetMs * PATIENCE));
    if (surveyed === undefined) await noFolder();
    return { surveyed, isDue: canBeDue && surveyed?.hasDigests !== true };
  } catch (error) {
    await noFolder();
    // A disk that can't be surveyed is kept all the same; the measuring has told why.
    if (error instanceof Fault && error.kind !== FaultKind.Unreadable && error.kind !== FaultKind.Refused)
      return { surveyed: undefined, isDue: false };
    throw error;
  }
}

/** @param signatures undefined when the files were not read, but listed. */
async function written(
  items: AsyncIterable<SurveyItem>,
  { deposit }: Received,
  path: string,
  bag: string,
  signatures: Identification['signatures'] | undefined,
  context: IngestContext,
): Promise<Surveyed> {
  const at = context.clock.now();
  const told = new Told();
  const [{ name, version = '' }] = context.agents;
  const head = { image: basename(deposit.image.name), program: name, version, startedAt: at, ...(signatures && { signatures }) };
  await writeDocument(join(bag, path), (sink) => writeDfxml(told.listening(items), head, sink));
  const { notes, ...answer } = told.answer();
  const hasDigests = signatures !== undefined;
  return { path, at, hasDigests, ...answer, notes: hasDigests ? notes : [...notes, NO_DIGESTS] };
}
