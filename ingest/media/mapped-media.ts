/**
 * The medium of formats that keep it in pieces: the format says where each run lies, this reads.
 *
 * Shared by all of them: windows, joining of neighbours into one read, unpacking on all cores, a small cache for random
 * reads, extents, and the range of the medium in every Fault.
 */
import type { Fault } from '../kernel/index.ts';
import {
  type Extent,
  ExtentKind,
  type Media,
  type MediaFacts,
  type Range,
  type StoredDigests,
  type Verifier,
  checkInside,
  checkWindow,
} from './media.ts';
import { type Run, pushRun } from './runs.ts';
import { UnpackedChunks } from './unpacked-chunks.ts';

export interface MappedMediaSettings {
  readonly format: string;
  /** In bytes. */
  readonly size: number;
  readonly sectorSize: number;
  readonly facts?: MediaFacts;
  readonly storedDigests?: StoredDigests;
  readonly parts?: readonly string[];
  readonly warnings?: readonly Fault[];
  readonly verifier?: () => Verifier;
  /** Ranges that lie there but were never read from the carrier (zeros or filler); sorted, apart from each other. */
  readonly unread?: readonly Range[];
  /**
   * The runs of the medium from `offset` on: in order, without gaps, clipped to the window. At least one; those after the last
   * are asked for again, so that a format may stop at the end of one of its tables. One run may be as long as the window.
   */
  map(offset: number, length: number): Promise<readonly Run[]>;
  /** The same with no more than what kind each run is, for formats to which where it lies costs more: millions of chunks. */
  readonly kinds?: (offset: number, length: number) => Promise<readonly Extent[]>;
  /** What the format opened itself, parents above all; closed with the medium. */
  readonly owned?: readonly AsyncDisposable[];
}

/** Closing it leaves the container and its companions open. */
export function mappedMedia(settings: MappedMediaSettings): Media {
  const {
    format,
    size,
    sectorSize,
    facts = {},
    storedDigests = {},
    parts = [],
    warnings = [],
    unread = [],
    owned = [],
  } = settings;
  const chunks = new UnpackedChunks();

  /** As the format gives them, many at once: an await for each would take longer than the reading. */
  async function* inTurn<T extends Range>(
    answer: (offset: number, length: number) => Promise<readonly T[]>,
    { offset, length }: Range,
  ): AsyncGenerator<readonly T[], void, undefined> {
    const end = offset + length;
    for (let at = offset; at < end; ) {
      const found = await answer(at, end - at);
      if (found.length === 0) throw new RangeError(`${format} maps nothing at ${at}`);
      for (const run of found) {
        if (run.offset !== at || run.length <= 0 || run.length > end - at)
          throw new RangeError(`${format} maps ${run.offset}+${run.length} where ${at} of ${end} was asked for`);
        at += run.length;
      }
      yield found;
    }
  }

  const runs = (window: Range): AsyncIterable<readonly Run[]> => inTurn((at, length) => settings.map(at, length), window);
  const { kinds } = settings;
  const extents = (window: Range): AsyncIterable<readonly Extent[]> =>
    kinds === undefined ? extentsOf(runs(window)) : inTurn((at, length) => kinds(at, length), window);

  const read = async (offset: number, length: number, spare?: ArrayBuffer): Promise<Buffer> => {
    checkWindow(size, offset, length, 'the medium');
    const found: Run[] = [];
    // Neighbours in the medium that are neighbours in their source become one run: one read.
    for await (const some of runs({ offset, length })) for (const run of some) pushRun(found, run);
    return chunks.read(found, { offset, length }, spare);
  };

  return {
    format,
    size,
    isWhole: false,
    sectorSize,
    facts,
    storedDigests,
    parts,
    warnings,
    read: (offset, length) => read(offset, length),
    readInto: read,
    verifier: settings.verifier,
    async *extents(window = { offset: 0, length: size }) {
      checkInside(
        size,
        window.offset,
        window.length,
        (end) => `the medium ends at byte ${size}; extents up to byte ${end} were asked for`,
      );
      let start = window.offset;
      for await (const extent of merged(extents(window)))
        for (const piece of withUnread(extent, unread)) {
          yield piece;
          start += piece.length;
        }
      if (start !== window.offset + window.length) throw new RangeError(`${format} has extents up to ${start} only`);
    },
    async [Symbol.asyncDispose]() {
      for (const each of owned) await each[Symbol.asyncDispose]();
    },
  };
}

async function* extentsOf(batches: AsyncIterable<readonly Run[]>): AsyncGenerator<readonly Extent[]> {
  for await (const runs of batches) {
    const found: Extent[] = [];
    for (const run of runs) {
      const kind = kindOf(run);
      if (kind !== undefined) found.push({ offset: run.offset, length: run.length, kind });
      else for await (const extent of ofParent(run)) found.push(extent);
    }
    yield found;
  }
}

/** Neighbours of one kind as one. */
async function* merged(batches: AsyncIterable<readonly Extent[]>): AsyncGenerator<Extent> {
  let last: Extent | undefined;
  for await (const extents of batches)
    for (const extent of extents) {
      if (last?.kind === extent.kind) last = { ...last, length: last.length + extent.length };
      else {
        if (last !== undefined) yield last;
        last = extent;
      }
    }
  if (last !== undefined) yield last;
}

/** Undefined where another medium must be asked. */
function kindOf(run: Run): ExtentKind | undefined {
  if (run.kind === 'stored' && 'extents' in run.source) return undefined;
  if (run.kind === 'zero') return ExtentKind.Zero;
  const isAbsent = run.kind === 'absent' || (run.kind === 'filled' && run.absent === true);
  return isAbsent ? ExtentKind.Absent : ExtentKind.Data;
}

async function* ofParent(run: Run): AsyncGenerator<Extent> {
  if (run.kind !== 'stored' || !('extents' in run.source)) return;
  for await (const { offset, length, kind } of run.source.extents({ offset: run.at, length: run.length }))
    yield { offset: run.offset + offset - run.at, length, kind };
}

/** Cuts `absent` out of an extent where it was never read. */
function* withUnread(extent: Extent, unread: readonly Range[]) {
  const end = extent.offset + extent.length;
  let at = extent.offset;
  let low = 0;
  for (let high = unread.length; low < high; ) {
    const middle = (low + high) >> 1;
    const range = unread[middle];
    if (range !== undefined && range.offset + range.length <= at) low = middle + 1;
    else high = middle;
  }
  for (; at < end; low++) {
    const range = unread[low];
    const start = Math.min(end, Math.max(at, range?.offset ?? end));
    if (start > at) yield { offset: at, length: start - at, kind: extent.kind };
    const stop = Math.min(end, range === undefined ? end : range.offset + range.length);
    if (stop > start) yield { offset: start, length: stop - start, kind: ExtentKind.Absent };
    at = Math.max(start, stop);
  }
}
