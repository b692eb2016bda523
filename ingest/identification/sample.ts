/** What is kept of a file's bytes: the beginning and the end, or all of a small one. */

export interface Sample {
  readonly size: number;
  /** The first bytes; all of them when `tail` is the same buffer. */
  readonly head: Buffer;
  readonly tail: Buffer;
}

/** Where a signature is looked for, as DROID does unless told otherwise. */
export const HEAD_SIZE = 65_536;
export const TAIL_SIZE = 65_536;

/** These bytes of the file; undefined when they were not kept, or are not in it. */
export function bytesAt({ size, head, tail }: Sample, offset: number, length: number): Buffer | undefined {
  if (!(offset >= 0 && length >= 0 && offset + length <= size)) return undefined;
  if (offset + length <= head.length) return head.subarray(offset, offset + length);
  const start = offset - (size - tail.length);
  return start < 0 ? undefined : tail.subarray(start, start + length);
}
