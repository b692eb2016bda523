/** Where the runs of a stream lie on the medium, for people and for other programs. */
import type { HeldSource, PiecesSource } from '../filesystems/index.ts';
import type { Run } from '../media/index.ts';
import type { ByteRun } from './record.ts';

/** Runs that are told of one stream; a file in more pieces is rare, and its digest covers all. */
const MOST_TOLD = 20_000;

type Source = object;

/** @param base where the volume begins on the medium. */
export function byteRunsOf(runs: readonly Run[], base: number): { runs: ByteRun[]; hasMore: boolean } {
  const told: ByteRun[] = [];
  for (const run of runs) {
    const next = byteRunOf(run, base);
    const last = told.at(-1);
    const continues =
      last?.kind === next.kind &&
      (next.kind === 'zero' ||
        next.kind === 'absent' ||
        (next.kind === 'stored' && (last.imageOffset ?? 0) + last.length === next.imageOffset));
    if (last !== undefined && continues) told[told.length - 1] = { ...last, length: last.length + next.length };
    else if (told.length >= MOST_TOLD) return { runs: told, hasMore: true };
    else told.push(next);
  }
  return { runs: told, hasMore: false };
}

function byteRunOf(run: Run, base: number): ByteRun {
  const { offset: fileOffset, length } = run;
  if (run.kind === 'filled') return { kind: run.absent === true ? 'absent' : 'resident', fileOffset, length };
  if (run.kind === 'packed') {
    const { source, at, packedLength } = run.chunk;
    const pieces = piecesIn(source);
    const inPlace = pieces === undefined ? base + at : pieces.length === 1 ? base + (pieces[0]?.offset ?? 0) + at : undefined;
    const where = inPlace === undefined ? {} : { imageOffset: inPlace };
    return { kind: 'packed', fileOffset, length, ...where, packedLength };
  }
  if (run.kind !== 'stored') return { kind: run.kind, fileOffset, length };
  const held = heldIn(run.source);
  if (held === undefined) return { kind: 'stored', fileOffset, length, imageOffset: base + run.at };
  if (held.heldAt === undefined) return { kind: 'resident', fileOffset, length };
  return { kind: 'resident', fileOffset, length, imageOffset: base + held.heldAt + run.at };
}

function heldIn(source: Source): HeldSource | undefined {
  return 'heldAt' in source ? (source as HeldSource) : undefined;
}

function piecesIn(source: Source): PiecesSource['pieces'] | undefined {
  return 'pieces' in source ? (source as PiecesSource).pieces : undefined;
}
