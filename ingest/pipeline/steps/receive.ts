/** receive: looks at what lies at the path: which files are the image, what came with it, and whether there is room. */
import { stat } from 'node:fs/promises';
import { type Acquisition, acquisitionOf, type Deposit, imageSource, readDeposit, readPapers } from '../../acquisition/index.ts';
import { Fault, FaultKind } from '../../kernel/index.ts';
import { alone, type Identification, identify, type MediaFacts, openMedia } from '../../media/index.ts';
import type { IngestContext, IngestRequest } from '../request.ts';

/** What is known before the first byte is copied. */
export interface Received {
  readonly deposit: Deposit;
  readonly format: Identification;
  /** The disk inside the image: here always the image's own bytes; undefined for a container that is not opened. */
  readonly medium: { readonly sectorSize: number; readonly facts: MediaFacts } | undefined;
  /** What lists and mapfiles say. */
  readonly known: Acquisition;
  readonly totalBytes: number;
  /** For the archivist. */
  readonly notes: readonly string[];
  readonly startedAt: Date;
}

/** Kept free beside the package: its metadata, the journal, the catalogue. */
const MARGIN_SHARE = 0.01;
const MARGIN_BYTES = 16 << 20;

/** @throws Fault 'acquisition/…' for what can't be taken in, 'ingest/no-space'. */
export async function receive(request: IngestRequest, context: IngestContext): Promise<Received> {
  const startedAt = context.clock.now();
  const deposit = await readDeposit(request.path);
  const known = await acquisitionOf(deposit, await readPapers(deposit));
  await using source = await imageSource(deposit);
  const format = await identify(source, deposit.image.name);
  const notes = known.notes.map(({ message }) => message);
  const medium = format.readable ? await mediumOf(source, notes) : undefined;
  if (medium === undefined) notes.push(`${format.title} is kept as it is; this version does not look inside`);
  if (format.nameMismatch !== undefined) {
    notes.push(`the name ends in .${format.nameMismatch.extension}; the content is ${format.title}`);
  }
  const totalBytes = deposit.image.totalSize + deposit.submission.reduce((sum, { size }) => sum + size, 0);
  await mustFit(deposit, totalBytes, context);
  return { deposit, format, medium, known, totalBytes, notes, startedAt };
}

async function mediumOf(source: Parameters<typeof openMedia>[0], notes: string[]): Promise<Received['medium']> {
  await using media = await openMedia(source, alone);
  notes.push(...media.warnings.map(({ message }) => message));
  return { sectorSize: media.sectorSize, facts: media.facts };
}

/** Holes in a sparse source take no room in the copy either: what the source takes on its disk is what counts. */
async function mustFit(deposit: Deposit, totalBytes: number, context: IngestContext): Promise<void> {
  const free = await context.storage.freeBytes();
  let taken = 0;
  for (const { path, size } of [...deposit.image.files, ...deposit.submission]) {
    taken += Math.min(size, (await stat(path)).blocks * 512);
  }
  const needed = Math.ceil(taken * (1 + MARGIN_SHARE)) + MARGIN_BYTES;
  if (free === undefined || free >= needed) return;
  throw new Fault(
    FaultKind.Refused,
    'ingest/no-space',
    `the package needs ${needed} bytes and ${context.storage.place} has ${free} free; make room, or choose a larger location`,
    { needed, free, totalBytes },
  );
}
