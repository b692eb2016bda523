/** receive: looks at what lies at the path: which files are the image, what came with it, and whether there is room. */
import { stat } from 'node:fs/promises';
import {
  type Acquisition,
  acquisitionOf,
  type Deposit,
  type FoundMedium,
  membersOf,
  readDeposit,
  readPapers,
} from '../../acquisition/index.ts';
import type { Algorithm } from '../../digest/index.ts';
import { Fault, FaultKind, inParallel } from '../../kernel/index.ts';
import { type Identification, openImage } from '../../media/index.ts';
import type { IngestContext, IngestRequest } from '../request.ts';

/** What is known before the first byte is copied. */
export interface Received {
  readonly deposit: Deposit;
  readonly format: Identification;
  /** The disk inside the image; undefined for a container that is not opened. */
  readonly medium: FoundMedium | undefined;
  /** What is wrong with the container: what hinders its opening, or what its own checks find. */
  readonly warnings: readonly Fault[];
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
  const { format } = known;
  const notes = known.notes.map(({ message }) => message);
  const { medium, warnings } = format.readable ? await lookInside(deposit) : { medium: undefined, warnings: [] };
  notes.push(...warnings.map(({ message }) => message));
  if (medium === undefined) notes.push(`${format.title} is kept as it came; what is inside was not read`);
  if (format.nameMismatch !== undefined) {
    notes.push(`the name ends in .${format.nameMismatch.extension}; the content is ${format.title}`);
  }
  const totalBytes = deposit.image.totalSize + deposit.submission.reduce((sum, { size }) => sum + size, 0);
  await mustFit(deposit, totalBytes, context);
  return { deposit, format, medium, warnings, known, totalBytes, notes, startedAt };
}

/** A damaged container is kept all the same: it may be the only one there is. One whose parent was not deposited is not. */
async function lookInside({ image }: Deposit): Promise<{ medium: FoundMedium | undefined; warnings: readonly Fault[] }> {
  if (image.medium instanceof Fault) return { medium: undefined, warnings: [image.medium] };
  if (image.medium !== undefined) return { medium: image.medium, warnings: image.medium.warnings };
  try {
    await using opened = await openImage(membersOf(image), image.scheme === 'pieces');
    const { isWhole, sectorSize, facts, storedDigests, warnings } = opened.media;
    return { medium: { isWhole, sectorSize, facts, storedDigests, warnings }, warnings };
  } catch (error) {
    if (!(error instanceof Fault) || error.kind === FaultKind.Missing || error.kind === FaultKind.Unreadable) throw error;
    return { medium: undefined, warnings: [error] };
  }
}

/** Holes in a sparse source take no room in the copy either: what the source takes on its disk is what counts. */
async function mustFit(deposit: Deposit, totalBytes: number, context: IngestContext): Promise<void> {
  const free = await context.storage.freeBytes();
  let taken = 0;
  const files = [...deposit.image.files, ...deposit.submission];
  for await (const bytes of inParallel(files, async ({ path, size }) => Math.min(size, (await stat(path)).blocks * 512))) {
    taken += bytes;
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

/** SHA-256, and those that the container or a log brings. */
export function mediumAlgorithms({ known, medium }: Received): Algorithm[] {
  const given = known.expected.filter(({ of }) => of === 'medium').map(({ algorithm }) => algorithm);
  return [...new Set<Algorithm>(['sha256', ...given, ...(Object.keys(medium?.storedDigests ?? {}) as Algorithm[])])];
}
