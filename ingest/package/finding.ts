/** What an audit says of one file: distinct words for distinct things. */

/** `unreadable` asks for a second try and is never called damage. */
export const FixityOutcome = {
  Ok: 'ok',
  Altered: 'altered',
  Missing: 'missing',
  Extra: 'extra',
  Unreadable: 'unreadable',
} as const;
export type FixityOutcome = (typeof FixityOutcome)[keyof typeof FixityOutcome];

export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/** One file that is not as sealed. */
export interface FixityFinding {
  readonly path: string;
  readonly outcome: Exclude<FixityOutcome, 'ok'>;
  /** Altered or unreadable bytes: to the block for large payload files, else the whole file. Empty for `missing` and `extra`. */
  readonly ranges: readonly ByteRange[];
  readonly detail: string;
}

export function altered(path: string, ranges: readonly ByteRange[]): FixityFinding {
  return { path, outcome: FixityOutcome.Altered, ranges, detail: 'the bytes read twice do not have the digest that was sealed' };
}

export function missing(path: string): FixityFinding {
  return { path, outcome: FixityOutcome.Missing, ranges: [], detail: 'the package was sealed with this file; it is gone' };
}

export function extra(path: string, detail = 'the package was sealed without this file'): FixityFinding {
  return { path, outcome: FixityOutcome.Extra, ranges: [], detail };
}

export function unreadable(path: string, ranges: readonly ByteRange[], reason: string): FixityFinding {
  return { path, outcome: FixityOutcome.Unreadable, ranges, detail: reason };
}

/** Worst first. */
const GRAVITY = [FixityOutcome.Altered, FixityOutcome.Missing, FixityOutcome.Unreadable, FixityOutcome.Extra] as const;

/** The one word for a package with these findings. */
export function worstOutcome(findings: readonly FixityFinding[]): FixityOutcome {
  return GRAVITY.find((outcome) => findings.some((finding) => finding.outcome === outcome)) ?? FixityOutcome.Ok;
}
