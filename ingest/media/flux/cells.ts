/** Bit cells of one revolution of a floppy track: the form in which every decoder of this folder takes them. */

/** One byte a cell, 0 or 1. */
export interface Cells {
  readonly cells: Uint8Array;
  /** Cells of the revolution itself; those behind it go on past the index, so that a sector that crosses it is whole. */
  readonly length: number;
}

/** Most cells that a revolution may have: a 2.88 MB track has 400,000. */
export const MOST_CELLS = 2_000_000;

/** How far past the index the cells go on: more than a sector of 1024 bytes, its header and the gap between. */
export const PAST_INDEX = 20_000;

/**
 * Unpacks `count` cells, and joins the end of the track to its beginning.
 * @param bytes eight cells each.
 * @param lowFirst whether the lowest bit of a byte comes first.
 */
export function cellsOfBytes(bytes: Uint8Array, count: number, lowFirst = false): Cells {
  const length = Math.min(count, bytes.length * 8, MOST_CELLS);
  const cells = new Uint8Array(length + Math.min(length, PAST_INDEX));
  for (let at = 0; at < length; at++) {
    const place = at & 7;
    cells[at] = ((bytes[at >> 3] ?? 0) >> (lowFirst ? place : 7 - place)) & 1;
  }
  return joined(cells, length);
}

/** The cells of `track`, of which the first `length` count, with its beginning behind them. */
export function joined(track: Uint8Array, length: number): Cells {
  const behind = Math.min(length, PAST_INDEX);
  const cells = track.length === length + behind ? track : new Uint8Array(length + behind);
  if (cells !== track) cells.set(track.subarray(0, length));
  cells.copyWithin(length, 0, behind);
  return { cells, length };
}

/** Every second cell left out: FM written with the cells of MFM, as some bit images have it. */
export function halved({ cells, length }: Cells): Cells {
  const half = new Uint8Array(cells.length >> 1);
  for (let at = 0; at < half.length; at++) half[at] = (cells[2 * at] ?? 0) | (cells[2 * at + 1] ?? 0);
  return { cells: half, length: length >> 1 };
}
