/**
 * Which names belong to one image: pieces of a split raw image, segments of an EWF, extents of a VMDK, tracks of a KryoFlux. Names alone;
 * what the content has to say about it is deposit.ts's part.
 *
 * Conventions of FTK Imager, EnCase, dc3dd, dcfldd, split(1) and VMware: `x.001 x.002` · `x.000` · `x.dd.00` · `x.raw.1` · `x.img.part00` ·
 * `x_1.dd` · `x.1of5` · `x.aa x.ab`, `xaa` (split(1)) · `x00.0.raw x00.1.raw` (KryoFlux) · `x.E01 … x.E99 x.EAA …` · `x.vmdk x-flat.vmdk x-s001.vmdk`.
 */

import { type Family, type Ordered, byLetters, byNumber, bySegment, byTrack, gaps, ofTotal } from './set-orders.ts';

export const SetKind = {
  /** End to end they are the image. */
  Pieces: 'pieces',
  /** A container made of several files; only a reader of its format can join them. */
  Segments: 'segments',
} as const;
export type SetKind = (typeof SetKind)[keyof typeof SetKind];

export interface NamedSet {
  readonly kind: SetKind;
  /** The name of the whole: `disk.img` for `disk.img.001`, the first segment's name for a container. */
  readonly whole: string;
  /** The members that are there, in order. */
  readonly members: readonly string[];
  /** Names that must be there and are not, in order; at most 20 of them. */
  readonly missing: readonly string[];
  /** The first member is one of those missing. */
  readonly headMissing: boolean;
  /** Piece numbers without leading zeros, as single disks are numbered too: `disk.1 disk.2`. */
  readonly looseNumbers: boolean;
  /** Streams of flux, one for each track of a floppy. */
  readonly isFlux: boolean;
}

interface Scheme {
  readonly pattern: RegExp;
  readonly order: (family: Family, tails: ReadonlySet<string>, own: string) => Ordered | undefined;
  readonly kind: SetKind;
  readonly whole: (head: string, end: string) => string;
  readonly loose?: boolean;
  readonly isFlux?: boolean;
}

/** Tails of letters: two or three of them, or more where split(1) was told so or let them grow. */
const LETTERS = '([a-z]{2,3}|aa[a-z]{2,6}|z[a-z]{3,7})';

const { Pieces, Segments } = SetKind;
/** The first scheme that fits a name counts. */
const SCHEMES: readonly Scheme[] = [
  { pattern: /^(.+\.)(\d{1,4})(of\d{1,4})$/is, order: ofTotal, kind: Pieces, whole: withoutLast },
  { pattern: /^(.+\.part)(\d{1,5})()$/is, order: byNumber, kind: Pieces, whole: withoutPart },
  { pattern: new RegExp(`^(.+\\.part)${LETTERS}()$`, 's'), order: byLetters, kind: Pieces, whole: withoutPart },
  { pattern: /^(.+\.)(\d{1,5})()$/s, order: byNumber, kind: Pieces, whole: withoutLast },
  { pattern: /^(.+_)(\d{1,5})(\.(?:dd|raw))$/is, order: byNumber, kind: Pieces, whole: withoutLast, loose: true },
  { pattern: /^(.*)(\d\d\.[01])(\.raw)$/is, order: byTrack, kind: Segments, whole: withoutLast, isFlux: true },
  { pattern: /^(.+\.Ex)(\d\d|[a-z]{2})()$/is, order: bySegment, kind: Segments, whole: withoutLast },
  { pattern: /^(.+\.)([a-z](?:\d\d|[a-z]{2}))()$/is, order: bySegment, kind: Segments, whole: withoutLast },
  { pattern: /^(.+\.ad)([1-9]\d{0,2})()$/is, order: byNumber, kind: Segments, whole: withoutLast },
  {
    pattern: new RegExp(`^(.+\\.(?:img|ima|dd|raw|bin|iso|dsk))${LETTERS}()$`, 's'),
    order: byLetters,
    kind: Pieces,
    whole: asItIs,
  },
  { pattern: new RegExp(`^(.+[._-])${LETTERS}()$`, 's'), order: byLetters, kind: Pieces, whole: withoutLast },
  { pattern: new RegExp(`^(x)${LETTERS}()$`, 's'), order: byLetters, kind: Pieces, whole: asItIs },
];

function withoutLast(head: string, end: string): string {
  return head.slice(0, -1) + (end.startsWith('.') ? end : '');
}

function withoutPart(head: string): string {
  return head.slice(0, -'.part'.length);
}

function asItIs(head: string): string {
  return head;
}

/** Indexes the names of one folder once; the function it returns finds the set that a name belongs to, if any. */
export function namedSets(names: readonly string[]): (name: string) => NamedSet | undefined {
  const tails = new Map<string, Set<string>>();
  for (const name of names) {
    for (const [i, scheme] of SCHEMES.entries()) {
      const match = scheme.pattern.exec(name);
      if (match === null) continue;
      const key = keyOf(i, match);
      tails.set(key, (tails.get(key) ?? new Set()).add(match[2] ?? ''));
    }
  }
  const vmdkSet = vmdkSets(names);
  const known = new WeakMap<Ordered, NamedSet>();
  return (name) => {
    for (const [i, scheme] of SCHEMES.entries()) {
      const match = scheme.pattern.exec(name);
      if (match === null) continue;
      const [, head = '', own = '', end = ''] = match;
      const ordered = scheme.order({ head, end }, tails.get(keyOf(i, match)) ?? new Set([own]), own);
      if (ordered === undefined) continue;
      const same = known.get(ordered);
      if (same !== undefined) return same;
      const members = ordered.tails.map((tail) => head + tail + end);
      const missing = ordered.missing.map((tail) => head + tail + end);
      const whole = scheme.kind === SetKind.Segments ? (members[0] ?? name) : scheme.whole(head, end);
      const headMissing = missing[0] === head + ordered.start + end;
      const looseNumbers = scheme.loose === true || ordered.tails.some((tail) => /^[1-9]$/.test(tail));
      const isFlux = scheme.isFlux === true;
      const set: NamedSet = { kind: scheme.kind, whole, members, missing, headMissing, looseNumbers, isFlux };
      known.set(ordered, set);
      return set;
    }
    return vmdkSet(name);
  };
}

function keyOf(scheme: number, [, head = '', , end = '']: RegExpExecArray): string {
  return `${scheme}\0${head}\0${end}`;
}

const VMDK_PART = /^(.+?)(?:-(?:flat|delta|sesparse|s(\d{3}|[1-9]\d{3,})|f(\d{3}|[1-9]\d{3,})))?(\.vmdk)$/is;

/** Numbers of the extents of one stem. */
interface Extents {
  readonly s: number[];
  readonly f: number[];
}

/** A descriptor and the extents named after it. */
function vmdkSets(names: readonly string[]): (name: string) => NamedSet | undefined {
  const all = new Set(names);
  const extents = new Map<string, Extents>();
  for (const name of names) {
    const [, stem = '', s, f] = VMDK_PART.exec(name) ?? [];
    const letter = s === undefined ? 'f' : 's';
    if ((s ?? f) === undefined || !name.startsWith(`${stem}-${letter}`)) continue;
    const numbers = extents.get(stem) ?? { s: [], f: [] };
    extents.set(stem, numbers);
    numbers[letter].push(Number(s ?? f));
  }
  const known = new Map<string, NamedSet | undefined>();
  return (name) => {
    const match = VMDK_PART.exec(name);
    if (match === null) return undefined;
    const [, stem = '', , , ending = ''] = match;
    const key = stem + ending;
    if (!known.has(key)) known.set(key, vmdkSet(stem, ending, all, extents.get(stem)));
    return known.get(key);
  };
}

function vmdkSet(stem: string, ending: string, all: ReadonlySet<string>, extents: Extents | undefined): NamedSet | undefined {
  const descriptor = stem + ending;
  const single = ['flat', 'delta', 'sesparse'].map((word) => `${stem}-${word}${ending}`).filter((part) => all.has(part));
  const members = [descriptor, ...single].filter((part) => all.has(part));
  const missing = all.has(descriptor) ? [] : [descriptor];
  for (const letter of ['s', 'f'] as const) {
    const write = (n: number): string => `${stem}-${letter}${String(n).padStart(3, '0')}${ending}`;
    const present = (extents?.[letter] ?? []).toSorted((a, b) => a - b);
    for (const n of present) members.push(write(n));
    missing.push(...gaps(present, 1, present.at(-1) ?? 0).map(write));
  }
  if (members.length === 0) return undefined;
  const headMissing = missing[0] === descriptor;
  return { kind: SetKind.Segments, whole: descriptor, members, missing, headMissing, looseNumbers: false, isFlux: false };
}
