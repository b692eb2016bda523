/**
 * From the time between flux changes to bit cells: a phase-locked loop in software, and the guess of the cell's length it begins with.
 * Gains as Greaseweazle has found them to read most disks.
 */
import { type Cells, MOST_CELLS } from './cells.ts';

/** What a revolution is before its cells are known. */
export interface Flux {
  /** Nanoseconds between neighbouring flux changes. */
  readonly intervals: Float64Array;
  /** Intervals of the revolution itself; those behind it go on past the index. */
  readonly ownCount: number;
}

export interface Tuning {
  /** Share of the error by which the cell's length follows. */
  readonly period: number;
  /** Share of the error by which the phase follows. */
  readonly phase: number;
}

/** The first follows a worn drive fast, the second is not shaken by single bad intervals. */
export const TUNINGS: readonly Tuning[] = [
  { period: 0.05, phase: 0.6 },
  { period: 0.01, phase: 0.1 },
];

const CLOCK_RANGE = 0.1; // the cell's length stays within this share of its first value
const MOST_EMPTY = 200; // more cells than that without a flux change tell nothing more

/** @param cellNs expected length of a cell in nanoseconds. */
export function cellsOfFlux({ intervals, ownCount }: Flux, cellNs: number, { period, phase }: Tuning): Cells {
  let total = 0;
  for (let i = 0; i < intervals.length; i++) total += Math.min(intervals[i] ?? 0, MOST_EMPTY * cellNs * 2);
  const cells = new Uint8Array(Math.min(MOST_CELLS, Math.ceil(total / (cellNs * (1 - CLOCK_RANGE))) + 16));
  const [least, most] = [cellNs * (1 - CLOCK_RANGE), cellNs * (1 + CLOCK_RANGE)];
  let clock = cellNs;
  let time = 0;
  let at = 0;
  let length = -1;
  for (let i = 0; i < intervals.length; i++) {
    if (i === ownCount) length = at;
    time += intervals[i] ?? 0;
    if (time < clock / 2) continue;
    const count = Math.floor(time / clock + 0.5);
    time -= count * clock;
    at += count > MOST_EMPTY ? MOST_EMPTY : count;
    if (at > cells.length) break;
    cells[at - 1] = 1;
    clock += (count <= 4 ? time : cellNs - clock) * period;
    if (clock < least) clock = least;
    else if (clock > most) clock = most;
    time *= 1 - phase;
  }
  const end = Math.min(at, cells.length);
  return { cells: cells.subarray(0, end), length: length < 0 ? end : Math.min(length, end) };
}

const BIN_NS = 25;
const BINS = 800; // up to 20 µs
const SMOOTH = 4;
const FREQUENT = 0.03;

/**
 * The shortest interval that is frequent, in nanoseconds: two cells in MFM, one in FM and GCR. Undefined for noise and silence.
 */
export function shortestPeak({ intervals, ownCount }: Flux): number | undefined {
  const bins = new Uint32Array(BINS);
  let counted = 0;
  for (let i = 0; i < ownCount; i++) {
    const bin = Math.floor((intervals[i] ?? 0) / BIN_NS);
    if (bin < 8 || bin >= BINS) continue;
    bins[bin] = (bins[bin] ?? 0) + 1;
    counted++;
  }
  if (counted < 500) return undefined;
  const smooth = (bin: number): number => {
    let sum = 0;
    for (let b = bin - SMOOTH; b <= bin + SMOOTH; b++) sum += bins[b] ?? 0;
    return sum;
  };
  let first = SMOOTH;
  while (first < BINS - SMOOTH && smooth(first) < counted * FREQUENT) first++;
  if (first === BINS - SMOOTH) return undefined;
  let top = first;
  for (let bin = first; bin <= first * 1.3; bin++) if (smooth(bin) > smooth(top)) top = bin;
  let sum = 0;
  let weight = 0;
  for (let bin = Math.floor(top * 0.85); bin <= top * 1.15; bin++) {
    sum += (bins[bin] ?? 0) * (bin + 0.5);
    weight += bins[bin] ?? 0;
  }
  return (sum / weight) * BIN_NS;
}
