/** What a file is told to be. */

/** What a format was told by: `signature` of its bytes, `container` for what lies in a zip or compound file, the name alone. */
export type FormatBasis = 'signature' | 'container' | 'extension' | 'text';

export interface FileFormat {
  /** PRONOM's identifier: `fmt/40`. */
  readonly puid?: string;
  readonly title: string;
  readonly version?: string;
  readonly mime?: string;
  readonly basis: FormatBasis;
  /** Character encoding, of a text. */
  readonly encoding?: string;
  /** It has this format, but its name says another. */
  readonly mismatch?: true;
}
