/** Which parts of a file were never read from the carrier: the ranges of the medium, joined to the runs of its streams. */
import type { Range } from '../media/index.ts';
import type { ByteRun } from './record.ts';

/** Ranges of the medium in order, apart from each other. */
export function mergedRanges(ranges: Iterable<Range>): Range[] {
  const merged: { offset: number; length: number }[] = [];
  for (const { offset, length } of [...ranges].toSorted((a, b) => a.offset - b.offset)) {
    const last = merged.at(-1);
    if (length <= 0) continue;
    if (last !== undefined && offset <= last.offset + last.length)
      last.length = Math.max(last.length, offset + length - last.offset);
    else merged.push({ offset, length });
  }
  return merged;
}

/** @param unread as mergedRanges gives them. The parts of the stream, in order; a packed run is spoilt whole. */
export function unreadParts(runs: readonly ByteRun[], unread: readonly Range[]): Range[] {
  const found: Range[] = [];
  if (unread.length === 0) return found;
  for (const run of runs) {
    if (run.imageOffset === undefined) continue;
    const lengthThere = run.packedLength ?? run.length;
    for (const range of overlapping(unread, run.imageOffset, lengthThere)) {
      if (run.kind === 'packed') {
        found.push({ offset: run.fileOffset, length: run.length });
        break;
      }
      const start = Math.max(range.offset, run.imageOffset);
      const end = Math.min(range.offset + range.length, run.imageOffset + run.length);
      found.push({ offset: run.fileOffset + start - run.imageOffset, length: end - start });
    }
  }
  return mergedRanges(found);
}

function* overlapping(ranges: readonly Range[], offset: number, length: number): Generator<Range> {
  let low = 0;
  for (let high = ranges.length; low < high; ) {
    const middle = (low + high) >> 1;
    const range = ranges[middle];
    if (range !== undefined && range.offset + range.length <= offset) low = middle + 1;
    else high = middle;
  }
  for (let index = low; index < ranges.length; index++) {
    const range = ranges[index];
    if (range === undefined || range.offset >= offset + length) return;
    yield range;
  }
}
