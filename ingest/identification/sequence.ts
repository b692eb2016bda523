/**
 * What a byte signature asks of a file: elements one after the other, each at a distance from the one before, each with choices.
 * Written as PRONOM writes them: hex pairs, `'text'`, `??`, `*`, `{n}`, `{n-m}`, `[aa:bb]`, `[!aa]`, `[&mask]`, `(aa|bb)`.
 */
import { Fault, FaultKind } from '../kernel/index.ts';

/** Bytes between two limits, compared as they stand; or all but those. */
export interface Span {
  readonly low: Buffer;
  readonly high: Buffer;
  readonly isNegated: boolean;
}

/** A byte; a byte for which the table has a 1; several bytes. */
export type Step = number | Uint8Array | Span;

export interface Distance {
  readonly min: number;
  /** Infinity where there is no limit. */
  readonly max: number;
}

export interface Choice {
  readonly before: Distance;
  readonly after: Distance;
  readonly steps: readonly Step[];
  /** In bytes. */
  readonly length: number;
  /** The longest stretch of plain bytes: what is searched for. Empty when there is none. */
  readonly run: { readonly at: number; readonly bytes: Buffer };
}

export interface Element {
  /** From the end of the element before; of the first, from where the sequence is anchored. */
  readonly offset: Distance;
  readonly choices: readonly Choice[];
}

/** `end`: counted from the end of the file, and stored the wrong way round: last element first, last byte first. */
export interface Sequence {
  readonly anchor: 'start' | 'end';
  readonly elements: readonly Element[];
}

export const HERE: Distance = { min: 0, max: 0 };
export const ANYWHERE: Distance = { min: 0, max: Number.POSITIVE_INFINITY };

/** No signature of PRONOM is near these. */
const MOST_STEPS = 4096;
const MOST_CHOICES = 1024;

export function sequenceOf(anchor: Sequence['anchor'], elements: readonly Element[]): Sequence {
  if (anchor === 'start') return { anchor, elements };
  const offsets = elements.map(({ offset }) => offset);
  // The distance before an element is the distance after the one that precedes it; the last is the one from the end of the file.
  const reversed = elements.toReversed().map((element, index) => ({
    offset: (index === 0 ? offsets[0] : offsets[elements.length - index]) ?? HERE,
    choices: element.choices.map((choice) => turned(choice)),
  }));
  return { anchor, elements: reversed };
}

function turned({ before, after, steps }: Choice): Choice {
  const isTurned = (step: Step): Step => {
    if (typeof step === 'number' || step instanceof Uint8Array || step.low.length === 1) return step;
    throw wrong('a class of several bytes', 'counted from the end of a file is not understood');
  };
  return choiceOf(steps.toReversed().map(isTurned), after, before);
}

export function choiceOf(steps: readonly Step[], before: Distance = HERE, after: Distance = HERE): Choice {
  const lengths = steps.map(lengthOf);
  let best = { at: 0, bytes: Buffer.alloc(0) };
  for (let at = 0, index = 0; index < steps.length; ) {
    const literal: number[] = [];
    for (let step = steps[index + literal.length]; typeof step === 'number'; step = steps[index + literal.length])
      literal.push(step);
    if (literal.length > best.bytes.length) best = { at, bytes: Buffer.from(literal) };
    at += literal.length + (lengths[index + literal.length] ?? 0);
    index += literal.length + 1;
  }
  return { before, after, steps, length: lengths.reduce((sum, length) => sum + length, 0), run: best };
}

function lengthOf(step: Step): number {
  return typeof step === 'number' || step instanceof Uint8Array ? 1 : step.low.length;
}

/** An expression as elements; the first stands where the caller says. @throws Fault 'identification/wrong-signature'. */
export function elementsOf(expression: string, offset: Distance = HERE): Element[] {
  return new Expression(expression).elements(offset);
}

class Expression {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  elements(offset: Distance): Element[] {
    const elements: Element[] = [];
    let gap = offset;
    let steps: Step[] = [];
    const flush = (next: Distance): void => {
      if (steps.length > 0) elements.push({ offset: gap, choices: [choiceOf(steps)] });
      gap = steps.length > 0 ? next : { min: gap.min + next.min, max: gap.max + next.max };
      steps = [];
    };
    for (let sign = this.#sign(); sign !== ''; sign = this.#sign()) {
      if (sign === '*') {
        flush(ANYWHERE);
        this.#at++;
      } else if (sign === '{') flush(this.#gap());
      else if (sign === '(') {
        flush(HERE);
        elements.push({ offset: gap, choices: this.#choices() });
        gap = HERE;
      } else steps.push(...this.#steps());
      if (steps.length > MOST_STEPS || elements.length > MOST_CHOICES) throw wrong(this.#text.slice(0, 80), 'is too long');
    }
    flush(HERE);
    return elements;
  }

  /** The next sign that is no white space; '' at the end. */
  #sign(): string {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at++;
    return this.#text[this.#at] ?? '';
  }

  #gap(): Distance {
    const [, min, max] = this.#take(/\{(\d{1,9})(?:-(\d{1,9}|\*))?\}/y);
    if (max === '*') return { min: Number(min), max: Number.POSITIVE_INFINITY };
    return { min: Number(min), max: Number(max ?? min) };
  }

  #choices(): Choice[] {
    this.#at++;
    const choices: Choice[] = [];
    let steps: Step[] = [];
    for (let sign = this.#sign(); sign !== ')'; sign = this.#sign())
      if (sign === '|') {
        choices.push(choiceOf(steps));
        steps = [];
        this.#at++;
      } else steps.push(...this.#steps());
    this.#at++;
    if (choices.length > MOST_CHOICES) throw wrong(this.#text.slice(0, 80), `has more than ${MOST_CHOICES} choices`);
    return [...choices, choiceOf(steps)];
  }

  #steps(): Step[] {
    const sign = this.#sign();
    if (sign === '[') return [this.#class()];
    if (sign !== '?') return [...this.#literal()];
    this.#take(/\?\?/y);
    return [new Uint8Array(256).fill(1)];
  }

  #literal(): Buffer {
    const [, text, hex] = this.#take(/'([^']*)'|([0-9A-Fa-f]{2})/y);
    return text === undefined ? Buffer.from(hex ?? '', 'hex') : Buffer.from(text, 'latin1');
  }

  #class(): Step {
    this.#take(/\[/y);
    const isNegated = this.#has('!');
    const isMask = this.#has('&');
    const low = this.#several();
    const high = this.#has(':') || this.#has('-') ? this.#several() : low;
    this.#sign();
    this.#take(/\]/y);
    if (low.length !== high.length || low.length === 0) throw wrong(this.#text.slice(0, 80), 'has a class without limits');
    if (low.length > 1) return { low, high, isNegated };
    const [from = 0] = low;
    const [to = 0] = high;
    return new Uint8Array(256).map((_, byte) => {
      const isIn = isMask ? (byte & from) === from : byte >= from && byte <= to;
      return isIn === isNegated ? 0 : 1;
    });
  }

  #several(): Buffer {
    const parts: Buffer[] = [];
    for (let sign = this.#sign(); /['0-9A-Fa-f]/.test(sign); sign = this.#sign()) parts.push(this.#literal());
    return Buffer.concat(parts);
  }

  #has(sign: string): boolean {
    if (this.#sign() !== sign) return false;
    this.#at++;
    return true;
  }

  #take(pattern: RegExp): RegExpExecArray {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) throw wrong(this.#text.slice(0, 80), `is not understood at character ${this.#at}`);
    this.#at += match[0].length;
    return match;
  }
}

function wrong(what: string, why: string): Fault {
  return new Fault(
    FaultKind.Refused,
    'identification/wrong-signature',
    `the signature ${what} ${why}; take the file as PRONOM publishes it`,
  );
}
