/** How the tails of a split set follow each other: numbers, letters, EWF's mixture; and what is missing between them. */

/** A family of names that differ only in their tail. */
export interface Family {
  readonly head: string;
  readonly end: string;
}

export interface Ordered {
  /** The tail that the series begins with, whether it is there or not. */
  readonly start: string;
  readonly tails: readonly string[];
  readonly missing: readonly string[];
}

const MISSING_SHOWN = 20;

/** What was found of a family is kept by what it depends on of a name: else a folder of n pieces would take n² steps. */
const found = new WeakMap<ReadonlySet<string>, Map<string, unknown>>();

/** Small families are looked through again sooner than what was found of each is kept. */
const FEW = 16;

function once<T>(tails: ReadonlySet<string>, what: string, find: () => T): T {
  if (tails.size <= FEW) return find();
  const known = found.get(tails) ?? new Map<string, unknown>();
  found.set(tails, known);
  if (!known.has(what)) known.set(what, find());
  return known.get(what) as T;
}

/** `1 2 3`, `001 002`, `000 001`: the width of the first number is the least width of all. A year is no number of a piece. */
export function byNumber(_family: Family, tails: ReadonlySet<string>, own: string): Ordered | undefined {
  const width = widthOf(tails, own);
  const hasGrown = tails.has(String(10 ** width)) || tails.has(String(10 ** width - 1));
  const isOurs = (tail: string): boolean =>
    tail.length === width || (hasGrown && tail.length === width + 1 && !tail.startsWith('0'));
  if (!isOurs(own) || (width > 3 && !own.startsWith('0'))) return undefined;
  return once(tails, `numbers of ${width}`, () => {
    const numbers = [...tails]
      .filter(isOurs)
      .map(Number)
      .sort((a, b) => a - b);
    const start = numbers[0] === 0 ? 0 : 1;
    const write = (n: number): string => String(n).padStart(width, '0');
    return { start: write(start), tails: numbers.map(write), missing: gaps(numbers, start, numbers.at(-1) ?? start).map(write) };
  });
}

/** The widest writing of which the first number (0 or 1) is there; else the tail's own width. */
function widthOf(tails: ReadonlySet<string>, own: string): number {
  for (let width = own.length; width >= 1; width--) {
    if (width < own.length && own.startsWith('0')) break;
    if (tails.has('0'.padStart(width, '0')) || tails.has('1'.padStart(width, '0'))) return width;
  }
  return own.length;
}

/** `1of5 … 5of5`: the end is known too. */
export function ofTotal({ end }: Family, tails: ReadonlySet<string>, own: string): Ordered | undefined {
  const width = own.startsWith('0') ? own.length : 1;
  return once(tails, `${width} of total, ${own.length}`, () => {
    const total = Number(end.slice(2));
    const numbers = [...tails].filter((tail) => tail.length === own.length || !tail.startsWith('0')).map(Number);
    if (total < 1 || numbers.some((n) => n > total)) return undefined;
    const write = (n: number): string => String(n).padStart(width, '0');
    numbers.sort((a, b) => a - b);
    const start = numbers[0] === 0 ? 0 : 1;
    const missing = gaps(numbers, start, start === 0 ? total - 1 : total);
    return { start: write(start), tails: numbers.map(write), missing: missing.map(write) };
  });
}

/** `00.0 00.1 01.0 …`, cylinder and head of a track; none is missing, since a side or every second cylinder may be left out. */
export function byTrack(_family: Family, tails: ReadonlySet<string>): Ordered {
  return once(tails, 'tracks', () => ({ start: '00.0', tails: [...tails].sort(), missing: [] }));
}

/** Numbers from `start` to `end` that are not in `present` (sorted); the first 20. */
export function gaps(present: readonly number[], start: number, end: number): number[] {
  const there = new Set(present);
  const missing: number[] = [];
  for (let n = start; n <= end && missing.length < MISSING_SHOWN; n++) if (!there.has(n)) missing.push(n);
  return missing;
}

/**
 * split(1): `aa ab … az ba … zz` with a fixed width, or `… yz zaaa` where it may grow. Two letters end many names (`x.dd`),
 * so they are a piece only where the first one or a neighbour is there.
 */
export function byLetters(_family: Family, tails: ReadonlySet<string>, own: string): Ordered | undefined {
  const width = startWidth(own, tails);
  const series = once(tails, `letters of ${width}`, () => seriesOfLetters(tails, width));
  return series.isBeside(own) || (series.isAlone(own) && !tails.has(series.ordered.start)) ? undefined : series.ordered;
}

interface LetterSeries {
  /** Neither the tail before nor the one after is there. */
  isAlone(tail: string): boolean;
  /** An ordinary ending, not a piece. */
  isBeside(tail: string): boolean;
  readonly ordered: Ordered;
}

function seriesOfLetters(tails: ReadonlySet<string>, width: number): LetterSeries {
  const first = 'a'.repeat(width);
  const before = new Set([...tails].flatMap(nextLetters));
  const isAlone = (tail: string): boolean => !before.has(tail) && !nextLetters(tail).some((next) => tails.has(next));
  const series = [...tails].filter((tail) => startWidth(tail, tails) === width && !(isAlone(tail) && isOrdinaryEnding(tail)));
  const isBeside = (tail: string): boolean => isAlone(tail) && isOrdinaryEnding(tail) && !isReached(ordinal(tail), series.length);
  const ours = [...tails].filter((tail) => startWidth(tail, tails) === width && !isBeside(tail));
  const last = ours.sort((a, b) => a.length - b.length || (a < b ? -1 : 1)).at(-1) ?? first;
  const missing: string[] = [];
  let at: string | undefined = first;
  while (at !== undefined && missing.length < MISSING_SHOWN) {
    if (!tails.has(at)) missing.push(at);
    if (at === last) break;
    const candidates: string[] = nextLetters(at).filter((tail) => tail.length <= last.length);
    at = candidates.find((tail) => tails.has(tail)) ?? candidates[0];
  }
  return { isAlone, isBeside, ordered: { start: first, tails: ours, missing } };
}

/** Width of the series' first tail: `zaaa` belongs to the series of `aa`, unless there is `aaaa`. */
function startWidth(tail: string, tails: ReadonlySet<string>): number {
  if (tails.has('a'.repeat(tail.length))) return tail.length;
  const zs = /^z*/.exec(tail)?.[0].length ?? 0;
  const width = tail.length - 2 * zs;
  return width >= 2 ? width : tail.length;
}

/** The tails that may follow: with a fixed width, and where split(1) lets it grow (after `yz` comes `zaaa`). */
function nextLetters(tail: string): string[] {
  const letters = tail.split('');
  let i = letters.length - 1;
  while (i >= 0 && letters[i] === 'z') letters[i--] = 'a';
  if (i < 0) return [];
  letters[i] = String.fromCharCode((letters[i] ?? 'a').charCodeAt(0) + 1);
  const zs = /^(z*)yz+$/.exec(tail)?.[1]?.length;
  return [letters.join(''), ...(zs === undefined ? [] : ['z'.repeat(zs + 1) + 'a'.repeat(tail.length - zs + 1)])];
}

/** Endings that look like the tail of a series and are none, unless a neighbour is there too. */
const ORDINARY = new Set(
  'bz cs db dd gz js md ps py sh so ts xz aff bak bin bmp bz2 cap ccd csv cue dat dmg doc dsk exe gif hfe htm ima img imd ini ipf iso jpg log lst map mds mdf mfi mp3 msa nfo nrg odt pdf png raw rtf scp sha sub sum tar tif toc txt vdi vhd wav wim woz xls xml zip zst conf docx flac html info jpeg json text tiff vhdx vmdk xlsx dfxml hash hashes mapfile'.split(
    ' ',
  ),
);

function isOrdinaryEnding(tail: string): boolean {
  return ORDINARY.has(tail.toLowerCase());
}

/** A name with an ordinary ending is still a piece, with pieces missing before it, where half of those before it are there. */
function isReached(place: number, present: number): boolean {
  return place <= 2 * present;
}

/** `aa` is 0, `az` 25, `ba` 26. */
function ordinal(tail: string): number {
  return Buffer.from(tail).reduce((sum, letter) => sum * 26 + letter - 97, 0);
}

/** EWF: `E01 … E99 EAA … EZZ FAA … ZZZ`; the first letter stays in the case it has. `Ex01 … Ex99 ExAA …` has one letter less. */
export function bySegment({ head }: Family, tails: ReadonlySet<string>, own: string): Ordered | undefined {
  const short = own.length === 2;
  const letter = short ? '' : firstLetter(own, tails);
  if (letter === undefined) return undefined;
  const upper = short ? head.endsWith('.Ex') || head.endsWith('.EX') : letter < 'a';
  const write = (n: number): string => segmentTail(n, letter, upper);
  const letters = short ? 1 : 26 - (letter.toLowerCase().charCodeAt(0) - 97);
  const { members, ordered } = once(tails, `segments ${letter} ${upper}`, () => {
    const hasLetters = tails.has(write(99)) || tails.has(write(100));
    const present: number[] = [];
    for (let n = 1; n <= (hasLetters ? 99 + 676 * letters : 99) && present.length < tails.size; n++) {
      const alone = !tails.has(write(n - 1)) && !tails.has(write(n + 1));
      const isBeside = n > 100 && alone && isOrdinaryEnding(write(n)) && !isReached(n, present.length);
      if (tails.has(write(n)) && !isBeside) present.push(n);
    }
    const missing = gaps(present, 1, present.at(-1) ?? 1).map(write);
    const series: Ordered = { start: write(1), tails: present.map(write), missing };
    return { members: new Set(series.tails), ordered: series };
  });
  return members.has(own) ? ordered : undefined;
}

/** `E01` says E by itself; `EAA` and `FAB` only beside a first segment, since three letters end many names. */
function firstLetter(own: string, tails: ReadonlySet<string>): string | undefined {
  if (/^[esl]\d\d$/i.test(own)) return own.charAt(0);
  return ['E', 'e', 'S', 's', 'L', 'l'].find((letter) => tails.has(`${letter}01`));
}

function segmentTail(n: number, letter: string, upper: boolean): string {
  if (n <= 99) return letter + String(n).padStart(2, '0');
  const k = n - 100;
  const base = upper ? 65 : 97;
  const pair = String.fromCharCode(base + (Math.floor(k / 26) % 26), base + (k % 26));
  return letter === '' ? pair : String.fromCharCode(letter.charCodeAt(0) + Math.floor(k / 676)) + pair;
}
