/** A container as far as the sample shows it: names of what lies in it, and the beginning of each. */

export interface Inside {
  readonly names: ReadonlySet<string>;
  /** The first 64 KiB of a file; undefined when it can't be had. */
  read(name: string): Buffer | undefined;
}

/** Of a file in a container. */
export const INSIDE_SIZE = 65_536;
/** A sane container of documents has fewer. */
export const MOST_NAMES = 10_000;
