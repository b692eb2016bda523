/** survey: what is inside the disk: every volume and file, as DFXML in the package. Of a disk too large to be read again, the list alone. */
import { mkdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Algorithm } from '../../digest/index.ts';
import type { Identification } from '../../identification/index.ts';
import { Fault, FaultKind } from '../../kernel/index.ts';
import { dfxmlPath } from '../../package/index.ts';
import { dataOf, surveyOf, type SurveyedFile, type SurveyItem, type SurveyTotals, writeDfxml } from '../../survey/index.ts';
import type { IngestContext } from '../request.ts';
import { openStaged } from '../staged-image.ts';
import { unreadRanges } from '../unread-ranges.ts';
import { writeDocument } from '../write-document.ts';
import type { Copied } from './copy.ts';
import type { Measured } from './measure.ts';
import type { Received } from './receive.ts';

export interface Surveyed {
  /** Of the DFXML, in the package. */
  readonly path: string;
  readonly totals: SurveyTotals;
  /** As people call them, in order: `FAT12 "NOVEL 93"`. */
  readonly fileSystems: readonly string[];
  readonly at: Date;
  /** False for a disk that is too large to be read again while it is taken in. */
  readonly hasDigests: boolean;
  /** For the archivist: files with unread sectors, branches that could not be listed. */
  readonly notes: readonly string[];
}

const NO_DIGESTS = 'the files inside are listed without digests: to read them all would have kept the ingest waiting';
/** Files that a note names. */
const MOST_NAMED = 10;

const DIGESTS = ['sha256', 'md5', 'sha1'] as const;
/** A list without digests may take so many times longer than the ingest wants to wait: it is the last chance of having one. */
const PATIENCE = 10;

/** Undefined for what is not opened, and for a disk that can't be listed in the time that an ingest may wait. */
export async function survey(
  received: Received,
  copied: Copied,
  measured: Measured | undefined,
  bag: string,
  { observer, signatures }: Identification,
  context: IngestContext,
): Promise<Surveyed | undefined> {
  if (received.medium === undefined || measured === undefined || context.surveyBudgetMs === 0) return undefined;
  const path = dfxmlPath(basename(received.deposit.image.name));
  const unread = await unreadRanges(received, measured);
  await mkdir(dirname(join(bag, path)), { recursive: true });
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
    return (await attempt(DIGESTS, context.surveyBudgetMs)) ?? (await attempt([], context.surveyBudgetMs * PATIENCE));
  } catch (error) {
    // A disk that can't be surveyed is kept all the same; the measuring has told why.
    if (error instanceof Fault && error.kind !== FaultKind.Unreadable && error.kind !== FaultKind.Refused) return undefined;
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

/** Listens to a survey while it is written. */
class Told {
  readonly #fileSystems: string[] = [];
  readonly #unread: string[] = [];
  readonly #notes: string[] = [];
  #totals: SurveyTotals | undefined;

  async *listening(items: AsyncIterable<SurveyItem>): AsyncGenerator<SurveyItem> {
    for await (const item of items) {
      if (item.kind === 'volume' && item.volume.fileSystem !== undefined) {
        const { type, label } = item.volume.fileSystem;
        this.#fileSystems.push(label === '' ? type : `${type} "${label}"`);
      } else if (item.kind === 'files') for (const file of item.files) this.#see(file);
      else if (item.kind === 'end')
        for (const { path, message } of item.damages.slice(0, MOST_NAMED))
          this.#notes.push(`what is in ${path === '' ? 'the root folder' : `"${path}"`} could not be listed whole: ${message}`);
      else if (item.kind === 'totals') this.#totals = item.totals;
      yield item;
    }
  }

  answer(): Pick<Surveyed, 'totals' | 'fileSystems' | 'notes'> {
    if (this.#totals === undefined) throw new TypeError('a survey without totals');
    const { withUnread } = this.#totals;
    const names = this.#unread.join(', ');
    const more = withUnread > this.#unread.length ? ` and ${withUnread - this.#unread.length} more` : '';
    const count = withUnread === 1 ? '1 file has' : `${withUnread} files have`;
    const unread = withUnread === 0 ? [] : [`${count} sectors that were never read from the carrier: ${names}${more}`];
    return { totals: this.#totals, fileSystems: this.#fileSystems, notes: [...unread, ...this.#notes] };
  }

  #see(file: SurveyedFile): void {
    const parts = dataOf(file)?.unread;
    if (parts === undefined || file.isDeleted || this.#unread.length >= MOST_NAMED) return;
    const [first] = parts;
    const range = first === undefined ? '' : `bytes ${first.offset} to ${first.offset + first.length - 1}`;
    this.#unread.push(`${file.path} (${range}${parts.length === 1 ? '' : ' and others'})`);
  }
}
