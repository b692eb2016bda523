/** Bitmaps of sectors, as runs of equal bits. */

export interface BitRun {
  readonly isSet: boolean;
  /** Numbers of its first bit, and of the first after it. */
  readonly first: number;
  readonly end: number;
}

/**
 * The bits `from` to `to` (exclusive), as runs.
 * @param firstBit which bit of a byte comes first: VHD counts from the highest, VHDX from the lowest.
 */
export function* bitRuns(bitmap: Buffer, from: number, to: number, firstBit: 'highest' | 'lowest'): Generator<BitRun> {
  const turn = firstBit === 'highest' ? 7 : 0;
  const isSet = (bit: number): boolean => (((bitmap[bit >> 3] ?? 0) >> ((bit & 7) ^ turn)) & 1) === 1;
  for (let first = from; first < to; ) {
    const set = isSet(first);
    const full = set ? 0xff : 0;
    let end = first + 1;
    while (end < to && ((end & 7) === 0 && bitmap[end >> 3] === full ? true : isSet(end) === set))
      end += (end & 7) === 0 && bitmap[end >> 3] === full ? 8 : 1;
    end = Math.min(end, to);
    yield { isSet: set, first, end };
    first = end;
  }
}
