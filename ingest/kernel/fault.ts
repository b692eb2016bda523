/** The one error of the engine: a kind that says what to do, a code that names it for ever, and the facts. */

/** What the reader of the message has to do about it. */
export const FaultKind = {
  /** The object itself is damaged: event and alert. */
  Corrupt: 'corrupt',
  /** It ends too early: ask the depositor. */
  Truncated: 'truncated',
  /** Legal, but not read by this version: keep it, tell us. */
  Unsupported: 'unsupported',
  /** Another file is needed: deposit it too. */
  Missing: 'missing',
  /** The storage failed to answer: try again. */
  Unreadable: 'unreadable',
  /** The request can't be granted as it stands: change it. */
  Refused: 'refused',
} as const;
export type FaultKind = (typeof FaultKind)[keyof typeof FaultKind];

export type FaultFacts = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/**
 * An answer in the archivist's words. `code` is `area/what`, unique, never reused.
 * `message` says what, got, expected, and what to do; `facts` carry the same for machines.
 */
export class Fault extends Error {
  override readonly name = 'Fault';
  readonly kind: FaultKind;
  readonly code: string;
  readonly facts: FaultFacts;

  constructor(kind: FaultKind, code: string, message: string, facts: FaultFacts = {}, options?: { cause?: unknown }) {
    super(message, options);
    this.kind = kind;
    this.code = code;
    this.facts = facts;
  }

  toJSON(): { kind: FaultKind; code: string; message: string; facts: FaultFacts } {
    return { kind: this.kind, code: this.code, message: this.message, facts: this.facts };
  }
}
