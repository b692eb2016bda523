/** Joins what follows a revolution to it, so that a sector across the index can be read. */
import type { Flux } from './pll.ts';

/** Most flux changes of one revolution: three times what a 2.88 MB track has. */
export const MOST_FLUX = 600_000;

/** Flux changes in the cells that are looked at past the index, and more. */
export const FLUX_PAST_INDEX = 10_000;

/** @param next what comes after it: the next revolution, or its own beginning again. */
export function continued(own: Float64Array, next: Float64Array): Flux {
  const behind = Math.min(next.length, FLUX_PAST_INDEX);
  const intervals = new Float64Array(own.length + behind);
  intervals.set(own);
  intervals.set(next.subarray(0, behind), own.length);
  return { intervals, ownCount: own.length };
}
