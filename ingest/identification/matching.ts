/**
 * Does a sequence stand in these bytes? Without going back: what is kept is every place where an element may begin, as ranges,
 * so the work is at most elements times bytes, and stops when its budget is spent.
 */
import type { Choice, Sequence, Step } from './sequence.ts';

/** Comparisons that may still be made for a file. */
export interface Budget {
  left: number;
}

/** @param bytes from where the sequence is anchored; for `end`, the wrong way round. False as well when the budget is spent. */
export function matches({ elements }: Sequence, bytes: Buffer, budget: Budget): boolean {
  let places: number[] = [0, 0];
  for (const [index, { offset, choices }] of elements.entries()) {
    const next = elements[index + 1];
    // The first occurrence stands for all the others where what follows may come at any distance, or nothing follows.
    const isFirstEnough = next === undefined || next.offset.max === Number.POSITIVE_INFINITY;
    const found: number[] = [];
    for (const choice of choices)
      for (let at = 0; at < places.length; at += 2) {
        const from = (places[at] ?? 0) + offset.min + choice.before.min;
        const to = Math.min((places[at + 1] ?? 0) + offset.max + choice.before.max, bytes.length - choice.length);
        if (from > to) continue;
        occurrences(choice, bytes, from, to, isFirstEnough, budget, found);
        if (budget.left < 0) return false;
        if (isFirstEnough && found.length > 0) break;
      }
    if (found.length === 0) return false;
    places = merged(found);
  }
  return true;
}

/** Adds [least, most] place of what follows for each occurrence that begins in from..to. */
function occurrences(
  choice: Choice,
  bytes: Buffer,
  from: number,
  to: number,
  isFirstEnough: boolean,
  budget: Budget,
  found: number[],
): void {
  const { run, steps, length, after } = choice;
  const window = from === to || run.bytes.length === 0 ? undefined : bytes.subarray(0, to + run.at + run.bytes.length);
  for (let at = from; at <= to; at++) {
    if (window !== undefined) {
      const hit = window.indexOf(run.bytes, at + run.at);
      // A search over 16 bytes takes about as long as one comparison.
      budget.left -= ((hit < 0 ? window.length : hit) - at - run.at) >> 4;
      if (hit < 0) return;
      at = hit - run.at;
    }
    budget.left -= 1 + steps.length;
    if (budget.left < 0) return;
    if (!standsAt(steps, bytes, at)) continue;
    found.push(at + length + after.min, at + length + after.max);
    if (isFirstEnough) return;
  }
}

function standsAt(steps: readonly Step[], bytes: Buffer, start: number): boolean {
  let at = start;
  for (const step of steps)
    if (typeof step === 'number') {
      if (bytes[at++] !== step) return false;
    } else if (step instanceof Uint8Array) {
      if (step[bytes[at++] ?? 0] !== 1) return false;
    } else {
      const end = at + step.low.length;
      const isIn = bytes.compare(step.low, 0, undefined, at, end) >= 0 && bytes.compare(step.high, 0, undefined, at, end) <= 0;
      if (isIn === step.isNegated) return false;
      at = end;
    }
  return true;
}

/** Pairs in order, those that touch as one. */
function merged(pairs: readonly number[]): number[] {
  if (pairs.length === 2) return [...pairs];
  const order = Array.from({ length: pairs.length / 2 }, (_, index) => index * 2).toSorted(
    (a, b) => (pairs[a] ?? 0) - (pairs[b] ?? 0),
  );
  const result: number[] = [];
  for (const at of order) {
    const low = pairs[at] ?? 0;
    const high = pairs[at + 1] ?? 0;
    const last = result[result.length - 1];
    if (last !== undefined && low <= last + 1) result[result.length - 1] = Math.max(last, high);
    else result.push(low, high);
  }
  return result;
}
