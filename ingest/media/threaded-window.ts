/** Which runs of a window a thread can make by itself: those whose bytes lie in open files, packed in a way that threads know. */
import type { OpenFile, Range } from './media.ts';
import type { Run } from './runs.ts';
import { makeInThread } from './unpack-threads.ts';
import { FIELD_COUNT, NO_MARK, PieceKind } from './window-task.ts';

/** Fewer packed chunks are unpacked sooner than a thread is told of them. */
const LEAST_CHUNKS = 16;
/** Of packed bytes in one chunk, which the thread holds besides the window. */
const LARGEST_CHUNK = 4 * 1024 * 1024;

interface Piece {
  readonly run: Run;
  readonly file: OpenFile;
  readonly at: number;
}

export interface PartlyMade {
  readonly bytes: Buffer;
  /** The runs that are not in `bytes` yet, in order. */
  readonly left: readonly Run[];
}

/**
 * @param runs in order, covering the window exactly. @param isKnown whether a chunk need not be unpacked.
 * @param spare memory for the window, which goes to the thread.
 * @returns undefined where threads would not help. What they can't make is left, be it damaged or not theirs.
 */
export async function threadedWindow(
  runs: readonly Run[],
  window: Range,
  isKnown: (run: Run) => boolean,
  spare?: ArrayBuffer,
): Promise<PartlyMade | undefined> {
  if (runs.length < LEAST_CHUNKS) return undefined;
  const pieces: Piece[] = [];
  let chunkCount = 0;
  for (const run of runs) {
    const place = placeOf(run, isKnown);
    if (place === undefined) continue;
    pieces.push({ run, ...place });
    if (run.kind === 'packed') chunkCount++;
  }
  if (chunkCount < LEAST_CHUNKS) return undefined;
  const files = [...new Set(pieces.map(({ file }) => file))];
  const sorted =
    files.length === 1
      ? pieces.toSorted((a, b) => a.at - b.at)
      : pieces.toSorted((a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.at - b.at);
  const made = await lendAll(files, new Map(), (fds) => makeInThread(window.length, tableOf(sorted, window.offset, fds), spare));
  if (made === undefined) return undefined;
  const done = new Set(sorted.map(({ run }) => run));
  for (const index of made.failed) {
    const piece = sorted[index];
    if (piece !== undefined) done.delete(piece.run);
  }
  return { bytes: made.bytes, left: runs.filter((run) => !done.has(run)) };
}

function placeOf(run: Run, isKnown: (run: Run) => boolean) {
  if (run.kind === 'stored') return run.source.fileAt?.(run.at, run.length);
  if (run.kind !== 'packed' || run.chunk.recipe === undefined) return undefined;
  const { source, at, packedLength, size } = run.chunk;
  if (run.length !== size || packedLength > LARGEST_CHUNK || isKnown(run)) return undefined;
  return source.fileAt?.(at, packedLength);
}

function tableOf(pieces: readonly Piece[], base: number, fds: ReadonlyMap<OpenFile, number>): Float64Array<ArrayBuffer> {
  const table = new Float64Array(pieces.length * FIELD_COUNT);
  let next = 0;
  for (const { run, file, at } of pieces) {
    const chunk = run.kind === 'packed' ? run.chunk : undefined;
    const kind = PieceKind[chunk?.recipe?.kind ?? 'stored'];
    const packedLength = chunk?.packedLength ?? run.length;
    // In the order of Field.
    table.set([fds.get(file) ?? -1, at, packedLength, run.offset - base, run.length, kind, chunk?.recipe?.mark ?? NO_MARK], next);
    next += FIELD_COUNT;
  }
  return table;
}

/** The numbers of all files, each held open until `act` has settled. */
function lendAll<T>(
  files: readonly OpenFile[],
  fds: Map<OpenFile, number>,
  act: (fds: ReadonlyMap<OpenFile, number>) => Promise<T>,
): Promise<T> {
  const [file, ...others] = files;
  return file === undefined ? act(fds) : file.lend((fd) => lendAll(others, fds.set(file, fd), act));
}
