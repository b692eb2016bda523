/** Where the runs of a medium come from: what a format tells mappedMedia. */
import type { Recipe } from './codecs/codec.ts';
import type { ByteSource, Media, Range } from './media.ts';

/** A chunk that must be unpacked whole. */
export interface Chunk {
  /** The same for the same chunk, and for no other of this medium. */
  readonly key: number | string;
  readonly source: ByteSource;
  /** Where its packed bytes lie in `source`, and how many there are. */
  readonly at: number;
  readonly packedLength: number;
  /** Bytes that come out, exactly. */
  readonly size: number;
  /** Unpacks and checks it (checksum, length). @throws Fault; the range of the medium is added here. */
  unpack(packed: Buffer): Promise<Buffer>;
  /** The same for a thread, which can't be given a function; without one, `unpack` is all there is. */
  readonly recipe?: Recipe | undefined;
}

/** Where a run of the medium comes from; `offset` and `length` are the medium's. */
export type Run = Range &
  (
    | { readonly kind: 'zero' | 'absent' }
    /** As it is, at byte `at` of `source`; a parent medium is a source too, and its extents count. */
    | { readonly kind: 'stored'; readonly source: ByteSource | Media; readonly at: number }
    /** From byte `skip` of the unpacked chunk. */
    | { readonly kind: 'packed'; readonly chunk: Chunk; readonly skip: number }
    /** `pattern` repeated; the run begins with byte `phase` of it. */
    | { readonly kind: 'filled'; readonly pattern: Buffer; readonly phase: number; readonly absent?: true }
  );

/** Adds a run; one that continues the last becomes part of it. */
export function pushRun(runs: Run[], run: Run): void {
  const last = runs.at(-1);
  const { length } = run;
  if (last?.kind === 'stored' && run.kind === 'stored' && last.source === run.source && last.at + last.length === run.at)
    runs[runs.length - 1] = { ...last, length: last.length + length };
  else if (last?.kind === run.kind && (run.kind === 'zero' || run.kind === 'absent'))
    runs[runs.length - 1] = { ...run, offset: last.offset, length: last.length + length };
  else runs.push(run);
}
