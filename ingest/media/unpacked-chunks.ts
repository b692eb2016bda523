/** Fills a window of the medium from its runs: reads what lies together at once, unpacks on all cores, remembers the last chunks. */
import { Fault } from '../kernel/index.ts';
import type { ByteSource, Range } from './media.ts';
import { Recent } from './recent.ts';
import type { Chunk, Run } from './runs.ts';
import { threadedWindow } from './threaded-window.ts';

/** Unpacked bytes kept for reads that take a chunk in several parts. */
const CACHE_SIZE = 16 * 1024 * 1024;
/** Packed chunks that lie this near each other are read at once: a seek costs more than the bytes between. */
const GAP = 16 * 1024;
const READ_AT_ONCE = 4 * 1024 * 1024;

type PackedRun = Extract<Run, { kind: 'packed' }>;

export class UnpackedChunks {
  readonly #recent = new Recent<Chunk['key'], Buffer>(CACHE_SIZE);

  /** @param runs in order, covering the window exactly. @param spare memory for the answer, which then is the caller's alone. */
  async read(runs: readonly Run[], window: Range, spare?: ArrayBuffer): Promise<Buffer> {
    const [only] = runs;
    if (only === undefined) return Buffer.alloc(0);
    if (runs.length === 1 && only.kind === 'stored' && spare === undefined)
      return inMedium(only, () => only.source.read(only.at, only.length));
    if (spare === undefined && runs.every(({ kind }) => kind === 'zero' || kind === 'absent')) return Buffer.alloc(window.length);
    const isKnown = (run: Run): boolean => run.kind === 'packed' && this.#recent.peek(run.chunk.key) !== undefined;
    const made = await threadedWindow(runs, window, isKnown, spare);
    const out = made?.bytes ?? memory(window.length, spare);
    const packed: PackedRun[] = [];
    const jobs: Promise<void>[] = [];
    for (const run of made?.left ?? runs) {
      const start = run.offset - window.offset;
      if (run.kind === 'packed') packed.push(run);
      else if (run.kind === 'stored') jobs.push(copyStored(run, out, start));
      else if (run.kind === 'filled') fillPattern(out.subarray(start, start + run.length), run.pattern, run.phase);
      else out.fill(0, start, start + run.length);
    }
    for (const group of together(packed)) jobs.push(this.#unpackGroup(group, out, window.offset));
    // All must have settled before one failure is reported: `out` must not be written to afterwards.
    for (const result of await Promise.allSettled(jobs)) if (result.status === 'rejected') throw result.reason;
    return out;
  }

  async #unpackGroup(group: readonly PackedRun[], out: Buffer, base: number): Promise<void> {
    // Held from here on: while this group fills the cache, it may forget those that the group was about to use.
    const known = new Map(group.map(({ chunk }) => [chunk.key, this.#recent.peek(chunk.key)]));
    const missing = group.filter(({ chunk }) => known.get(chunk.key) === undefined);
    const bytes = missing.length === 0 ? undefined : readGroup(missing);
    const from = Math.min(...missing.map(({ chunk }) => chunk.at));
    const results = await Promise.allSettled(
      group.map((run) =>
        inMedium(run, async () => {
          const { chunk, skip, offset, length } = run;
          const make = async (): Promise<Buffer> => {
            const packed = (await bytes)?.subarray(chunk.at - from, chunk.at - from + chunk.packedLength);
            if (packed?.length !== chunk.packedLength) throw new RangeError('a packed chunk was not read');
            return chunk.unpack(packed);
          };
          const unpacked = await (known.get(chunk.key) ?? this.#unpacked(chunk, length < chunk.size, make));
          if (unpacked.length !== chunk.size)
            throw new RangeError(`a chunk of ${unpacked.length} bytes instead of ${chunk.size}`);
          unpacked.copy(out, offset - base, skip, skip + length);
        }),
      ),
    );
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  /** From the cache, or made; kept when the reader took only a part of it, since it will come for the rest. */
  #unpacked(chunk: Chunk, keep: boolean, make: () => Promise<Buffer>): Promise<Buffer> {
    return keep ? this.#recent.get(chunk.key, chunk.size, make) : (this.#recent.peek(chunk.key) ?? make());
  }
}

/** `spare` where it is large enough and no thread has taken it with it. */
function memory(length: number, spare?: ArrayBuffer): Buffer {
  return spare !== undefined && spare.byteLength >= length ? Buffer.from(spare, 0, length) : Buffer.allocUnsafeSlow(length);
}

/** Chunks of one source that lie near each other, in groups of one read. */
function together(runs: readonly PackedRun[]): PackedRun[][] {
  const groups: PackedRun[][] = [];
  for (const run of runs.toSorted((a, b) => a.chunk.at - b.chunk.at)) {
    const group = groups.at(-1);
    const first = group?.[0]?.chunk;
    const last = group?.at(-1)?.chunk;
    const near =
      first !== undefined &&
      last !== undefined &&
      last.source === run.chunk.source &&
      run.chunk.at - (last.at + last.packedLength) <= GAP &&
      run.chunk.at + run.chunk.packedLength - first.at <= READ_AT_ONCE;
    if (near) group?.push(run);
    else groups.push([run]);
  }
  return groups;
}

async function readGroup(group: readonly PackedRun[]): Promise<Buffer> {
  const source: ByteSource | undefined = group[0]?.chunk.source;
  if (source === undefined) throw new RangeError('an empty group');
  const from = Math.min(...group.map(({ chunk }) => chunk.at));
  const end = Math.max(...group.map(({ chunk }) => chunk.at + chunk.packedLength));
  return source.read(from, end - from);
}

async function copyStored(run: Extract<Run, { kind: 'stored' }>, out: Buffer, start: number): Promise<void> {
  const place = run.source.fileAt?.(run.at, run.length);
  if (place === undefined) (await inMedium(run, () => run.source.read(run.at, run.length))).copy(out, start);
  else await inMedium(run, () => place.file.readInto(place.at, out.subarray(start, start + run.length)));
}

function fillPattern(into: Buffer, pattern: Buffer, phase: number): void {
  const turned = Buffer.concat([pattern.subarray(phase), pattern.subarray(0, phase)]);
  into.fill(turned);
}

/** A Fault of the container says which range of the medium it spoils. */
async function inMedium<T>(run: Run, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Fault) || 'mediumOffset' in error.facts) throw error;
    const facts = { ...error.facts, mediumOffset: run.offset, mediumLength: run.length };
    const message = `${error.message} (bytes ${run.offset} to ${run.offset + run.length - 1} of the medium)`;
    throw new Fault(error.kind, error.code, message, facts, { cause: error });
  }
}
