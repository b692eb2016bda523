/**
 * Which signatures can be in a file at all: those whose first bytes stand at a fixed place are looked up by these; the others by
 * pairs of bytes that must occur somewhere. What is left is compared byte by byte.
 */
import type { Budget } from './matching.ts';
import { matches } from './matching.ts';
import { HEAD_SIZE, type Sample } from './sample.ts';
import type { Choice, Element, Sequence } from './sequence.ts';
import type { Signature } from './signature-set.ts';

/** Signatures by the two bytes, or the one, that stand at a place. */
interface Place {
  readonly offset: number;
  /** 1 for each byte that a signature has there: most files are done with a place by that. */
  readonly firsts: Uint8Array;
  readonly pairs: Map<number, Signature[]>;
  readonly bytes: Map<number, Signature[]>;
}

interface Loose {
  readonly signature: Signature;
  /** Pairs of bytes that must stand in the head. */
  readonly pairs: readonly number[];
}

/** More choices than that are no key. */
const MOST_KEYS = 300;
const MOST_PAIRS = 12;
/** Comparisons for one file: far more than any real one needs. */
const BUDGET = 10_000_000;
/** Bytes at the end of a file that most signatures there need. */
const NEAR_END = 2048;

export class SignatureIndex {
  readonly #places: readonly Place[];
  readonly #loose: readonly Loose[];
  /** The number of the last head in which a pair of bytes stood: so it is seldom cleared. */
  readonly #seen = new Uint8Array(65_536);
  #heads = 0;

  constructor(signatures: readonly Signature[]) {
    const places = new Map<number, Place>();
    const loose: Loose[] = [];
    for (const given of signatures) {
      // What stands at the beginning is the sooner refuted.
      const signature = {
        ...given,
        sequences: given.sequences.toSorted((a, b) => Number(a.anchor === 'end') - Number(b.anchor === 'end')),
      };
      const choices = signature.sequences.map(keysOf).find((keys) => keys !== undefined);
      if (choices === undefined) loose.push({ signature, pairs: pairsOf(signature) });
      for (const { offset, bytes } of choices ?? []) {
        const place = places.get(offset) ?? { offset, firsts: new Uint8Array(256), pairs: new Map(), bytes: new Map() };
        places.set(offset, place);
        const [first = 0, second] = bytes;
        place.firsts[first] = 1;
        const [map, key] = second === undefined ? [place.bytes, first] : [place.pairs, first * 256 + second];
        const list = map.get(key) ?? [];
        if (!list.includes(signature)) list.push(signature);
        map.set(key, list);
      }
    }
    this.#places = [...places.values()].toSorted((a, b) => a.offset - b.offset);
    this.#loose = loose;
  }

  /** For how many signatures all bytes must be looked at. */
  get looseCount(): number {
    return this.#loose.length;
  }

  found(sample: Sample): Set<Signature> {
    const found = new Set<Signature>();
    const file = new Windows(sample);
    const budget: Budget = { left: BUDGET };
    const { head } = sample;
    const judge = (signature: Signature): void => {
      if (stands(signature.sequences, file, budget)) found.add(signature);
    };
    for (const { offset, firsts, pairs, bytes } of this.#places) {
      const first = head[offset];
      if (first === undefined) break;
      if (firsts[first] === 0) continue;
      const second = head[offset + 1];
      if (second !== undefined) pairs.get(first * 256 + second)?.forEach(judge);
      if (bytes.size > 0) bytes.get(first)?.forEach(judge);
    }
    this.#look(head);
    const seen = this.#seen;
    const now = this.#heads;
    loose: for (const { signature, pairs } of this.#loose) {
      for (const pair of pairs) if (seen[pair] !== now) continue loose;
      judge(signature);
    }
    return found;
  }

  #look(head: Buffer): void {
    if (this.#heads === 255) this.#seen.fill(0);
    this.#heads = this.#heads === 255 ? 1 : this.#heads + 1;
    const seen = this.#seen;
    const now = this.#heads;
    const length = Math.min(head.length, HEAD_SIZE);
    let last = head[0] ?? 0;
    for (let at = 1; at < length; at++) {
      const byte = head[at] ?? 0;
      seen[(last << 8) | byte] = now;
      last = byte;
    }
  }
}

/** Do all these sequences stand in the bytes? */
export function stands(sequences: readonly Sequence[], file: Windows, budget: Budget): boolean {
  return sequences.every((sequence) => file.mayHold(sequence) && matches(sequence, file.of(sequence), budget));
}

/** The bytes a sequence is looked for in: from the beginning, or from the end and backwards. */
export class Windows {
  readonly #head: Buffer;
  readonly #tail: Buffer;
  #near: Buffer | undefined;
  #backwards: Buffer | undefined;

  constructor({ head, tail }: Pick<Sample, 'head' | 'tail'>) {
    this.#head = head.subarray(0, HEAD_SIZE);
    this.#tail = tail.subarray(Math.max(0, tail.length - HEAD_SIZE));
  }

  /** Spares the turning of a whole tail, where a search shows that it is in vain. */
  mayHold(sequence: Sequence): boolean {
    if (sequence.anchor === 'start' || reachOf(sequence) <= NEAR_END || this.#backwards !== undefined) return true;
    return sequence.elements.every(({ choices: [choice, ...others] }) => {
      return (
        choice === undefined ||
        others.length > 0 ||
        choice.run.bytes.length < 2 ||
        this.#tail.includes(backwards(choice.run.bytes))
      );
    });
  }

  of(sequence: Sequence): Buffer {
    if (sequence.anchor === 'start') return this.#head;
    if (reachOf(sequence) > NEAR_END) return (this.#backwards ??= backwards(this.#tail));
    return (this.#near ??= backwards(this.#tail.subarray(Math.max(0, this.#tail.length - NEAR_END))));
  }
}

function backwards(bytes: Buffer): Buffer {
  // oxlint-disable-next-line unicorn/no-array-reverse -- of a copy, in place: ten times as fast as toReversed
  return Buffer.from(bytes).reverse();
}

const reaches = new WeakMap<Sequence, number>();

/** Bytes within which a sequence must stand. */
function reachOf(sequence: Sequence): number {
  const known = reaches.get(sequence);
  if (known !== undefined) return known;
  let reach = 0;
  for (const { offset, choices } of sequence.elements)
    reach += offset.max + Math.max(...choices.map(({ before, after, length }) => before.max + after.max + length));
  reaches.set(sequence, reach);
  return reach;
}

interface Key {
  readonly offset: number;
  readonly bytes: Buffer;
}

/** One key for each choice the sequence may begin with; undefined when it has no fixed place, or no plain byte. */
function keysOf({ anchor, elements: [first] }: Sequence): Key[] | undefined {
  if (anchor !== 'start' || first === undefined || first.choices.length > MOST_KEYS) return undefined;
  const keys = first.choices.map((choice) => keyOf(first, choice));
  return keys.every((key) => key !== undefined) ? keys : undefined;
}

function keyOf({ offset }: Element, { before, run }: Choice): Key | undefined {
  const isFixed = offset.min === offset.max && before.min === before.max;
  const at = offset.min + before.min + run.at;
  return isFixed && run.bytes.length > 0 && at < HEAD_SIZE ? { offset: at, bytes: run.bytes.subarray(0, 2) } : undefined;
}

function pairsOf({ sequences }: Signature): number[] {
  const pairs = new Set<number>();
  for (const { anchor, elements } of sequences)
    for (const { choices } of anchor === 'start' ? elements : []) {
      const [only] = choices;
      if (choices.length !== 1 || only === undefined) continue;
      for (let at = 0; at + 1 < only.run.bytes.length && pairs.size < MOST_PAIRS; at++)
        pairs.add(only.run.bytes.readUInt16BE(at));
    }
  return [...pairs];
}
