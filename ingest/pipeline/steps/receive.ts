/** receive: looks at what lies at the path: which files are the image, what came with it, and whether there is room. */
import {
  type Checksum,
  type Deposit,
  imageSource,
  type Mapfile,
  matchChecksums,
  readChecksumList,
  readDeposit,
  readMapfile,
} from '../../acquisition/index.ts';
import { Fault, FaultKind } from '../../kernel/index.ts';
import { alone, type Identification, identify, openMedia } from '../../media/index.ts';
import type { IngestContext, IngestRequest } from '../request.ts';

/** What is known before the first byte is copied. */
export interface Received {
  readonly deposit: Deposit;
  readonly format: Identification;
  /** The disk inside the image: here always the image's own bytes; undefined for a container that is not opened. */
  readonly medium: { readonly sectorSize: number; readonly facts: Readonly<Record<string, string | number>> } | undefined;
  /** Digests that came along, each with the file it is of. */
  readonly checksums: readonly Checksum[];
  readonly mapfile: Mapfile | undefined;
  readonly totalBytes: number;
  /** For the archivist. */
  readonly notes: readonly string[];
  readonly startedAt: Date;
}

/** Kept free beside the package: its metadata, the journal, the catalogue. */
const MARGIN_SHARE = 0.01;
const MARGIN_BYTES = 16 << 20;

/** @throws Fault 'acquisition/…' for what can't be taken in, 'ingest/no-space', 'ingest/two-mapfiles'. */
export async function receive(request: IngestRequest, context: IngestContext): Promise<Received> {
  const startedAt = context.clock.now();
  const deposit = await readDeposit(request.path);
  const lists = [];
  for (const file of deposit.checksumLists) lists.push(await readChecksumList(file));
  const checksums = await matchChecksums(deposit, lists);
  const [mapfile, second] = deposit.mapfiles;
  if (second !== undefined) {
    const names = deposit.mapfiles.map(({ name }) => name);
    const message = `the deposit has ${names.length} ddrescue mapfiles (${names.join(', ')}); leave the one that belongs to the image`;
    throw new Fault(FaultKind.Refused, 'ingest/two-mapfiles', message, { files: names });
  }
  await using source = await imageSource(deposit);
  const format = await identify(source, deposit.image.name);
  const notes = deposit.notes.map(({ message }) => message);
  const medium = format.readable ? await mediumOf(source, notes) : undefined;
  if (medium === undefined) notes.push(`${format.title} is kept as it is; this version does not look inside`);
  if (format.nameMismatch !== undefined) {
    notes.push(`the name ends in .${format.nameMismatch.extension}; the content is ${format.title}`);
  }
  const totalBytes = deposit.image.totalSize + deposit.submission.reduce((sum, { size }) => sum + size, 0);
  await mustFit(deposit, totalBytes, context);
  return {
    deposit,
    format,
    medium,
    checksums,
    mapfile: mapfile === undefined ? undefined : await readMapfile(mapfile),
    totalBytes,
    notes,
    startedAt,
  };
}

async function mediumOf(source: Parameters<typeof openMedia>[0], notes: string[]): Promise<Received['medium']> {
  await using media = await openMedia(source, alone);
  notes.push(...media.warnings.map(({ message }) => message));
  return { sectorSize: media.sectorSize, facts: media.facts };
}

/** Holes in a sparse source take no room in the copy either: what the source takes on its disk is what counts. */
async function mustFit(deposit: Deposit, totalBytes: number, context: IngestContext): Promise<void> {
  const free = await context.storage.freeBytes();
  const files = [...deposit.image.files, ...deposit.submission];
  const taken = files.reduce((sum, file) => sum + Math.min(file.size, file.allocatedBytes), 0);
  const needed = Math.ceil(taken * (1 + MARGIN_SHARE)) + MARGIN_BYTES;
  if (free === undefined || free >= needed) return;
  throw new Fault(
    FaultKind.Refused,
    'ingest/no-space',
    `the package needs ${needed} bytes and ${context.storage.place} has ${free} free; make room, or choose a larger location`,
    { needed, free, totalBytes },
  );
}
