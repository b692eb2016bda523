/** verifyBlocks(): reads every byte of one file on all cores and compares it, block by block, with its block list. */
import { lstat } from 'node:fs/promises';
import { Fault, FaultKind, isSystemError, wordsOfSystemError } from '../kernel/index.ts';
import { BlockList } from './block-list.ts';
import { VerifyJob, type VerifyOptions } from './verify-job.ts';
import { BLOCK } from './zeros.ts';

/** Blocks per task: what is lost of a resumed audit, and what a thread does without a word. */
const TASK_BLOCKS = 32;

/** A run of bytes. */
export interface Range {
  readonly offset: number;
  readonly length: number;
}

export interface BlocksRequest extends VerifyOptions {
  /** The file on disk. */
  readonly path: string;
  /** Its block list, open, or the path of it. */
  readonly list: BlockList | string;
  /** What the package says it has. Bytes. */
  readonly expectedSize: number;
  /** First block to check; those before were checked earlier. */
  readonly from?: number;
  /** All blocks before `nextBlock` have been checked, from `from` on; `altered` are the ranges found so far, merged. */
  readonly onCheckpoint?: (nextBlock: number, altered: readonly Range[]) => void;
}

export interface BlocksResult {
  /** `altered` before `unreadable`: damage that is known is told even when not everything could be read. */
  readonly outcome: 'ok' | 'altered' | 'missing' | 'unreadable';
  /**
   * Bytes not proven right because they are wrong: altered blocks, adjacent ones merged. Of a file cut short: all from the
   * start of the block that the cut goes through, since half a block can't be proven. Of a longer file: the surplus too.
   */
  readonly ranges: readonly Range[];
  readonly unreadable: readonly (Range & { readonly reason: string })[];
  /** Bytes read and compared in this call. */
  readonly checkedBytes: number;
  /** Blocks that were wrong at first and right at the second, independent look: no damage, but worth a note. */
  readonly transient: number;
  /** Size of the file found; undefined when it is missing or can't be looked at. */
  readonly actualSize?: number;
  /** Why it is missing or unreadable as a whole. */
  readonly reason?: string;
}

/**
 * @throws Fault 'digest/blocks-root', 'digest/blocks-malformed' and the like when the list itself is damaged: then nothing is
 * said of the file; 'digest/blocks-other-file' when list and package disagree on the size; 'digest/worker-lost'; `signal.reason`.
 */
export async function verifyBlocks(request: BlocksRequest): Promise<BlocksResult> {
  request.signal?.throwIfAborted();
  const { list } = request;
  if (typeof list !== 'string') return verifyWith(list, request);
  await using opened = await BlockList.open(list);
  return await verifyWith(opened, request);
}

async function verifyWith(list: BlockList, request: BlocksRequest): Promise<BlocksResult> {
  const { path, expectedSize, from = 0 } = request;
  if (list.size !== expectedSize) {
    throw new Fault(
      FaultKind.Corrupt,
      'digest/blocks-other-file',
      `the block list describes ${list.size} bytes, and the package says that ${path} has ${expectedSize}`,
      { path, listSize: list.size, expectedSize },
    );
  }
  if (!(Number.isInteger(from) && from >= 0 && from <= list.count)) throw new RangeError(`block ${from} of ${list.count}`);
  await list.verifyRoot();
  const before = await sizeOf(path);
  if (typeof before !== 'number') return notThere(before, expectedSize);
  const found = new Findings(request, from);
  const whole = before >= expectedSize ? list.count : Math.floor(before / BLOCK);
  await readAll(list, request, found, whole);
  const after = await sizeOf(path); // it may have been cut or grown since
  return typeof after === 'number' ? found.result(Math.min(before, after), after, whole) : notThere(after, expectedSize);
}

async function readAll(list: BlockList, request: BlocksRequest, found: Findings, whole: number): Promise<void> {
  const { path, expectedSize: size, from = 0 } = request;
  await using job = new VerifyJob(request);
  const { stop, budget, pool } = job;
  const step = Math.min(TASK_BLOCKS, Math.max(1, Math.ceil((whole - from) / pool.depth)));
  for (let first = from; first < whole; first += step) {
    const count = Math.min(step, whole - first);
    const digests = new Uint8Array(await list.digests(first, count));
    await job.add(async () => {
      const answer = await pool.run({
        kind: 'blocks',
        path,
        size,
        first,
        digests,
        stop,
        ...(budget !== undefined && { budget }),
      });
      request.signal?.throwIfAborted(); // a stopped task has not seen all its blocks
      for (const block of answer.altered) found.altered.add(block);
      for (const { block, reason } of answer.unreadable) found.unreadable.set(block, reason);
      found.transient += answer.transient;
      found.checkedBytes += answer.checkedBytes;
      found.done(first, count);
    });
  }
  await job.finish();
}

/** What has been found so far. */
class Findings {
  readonly altered = new Set<number>();
  readonly unreadable = new Map<number, string>();
  transient = 0;
  checkedBytes = 0;
  readonly #request: BlocksRequest;
  /** Tasks that ended before an earlier one: first block → count. */
  readonly #ahead = new Map<number, number>();
  #next: number;

  constructor(request: BlocksRequest, from: number) {
    this.#request = request;
    this.#next = from;
  }

  /** Blocks [first, first + count) have been seen. */
  done(first: number, count: number): void {
    this.#ahead.set(first, count);
    const before = this.#next;
    for (let more = this.#ahead.get(this.#next); more !== undefined; more = this.#ahead.get(this.#next)) {
      this.#ahead.delete(this.#next);
      this.#next += more;
    }
    if (this.#next === before) return;
    const next = this.#next;
    this.#request.onCheckpoint?.(
      next,
      merged([...this.altered].filter((block) => block < next).map((block) => this.#rangeOf(block))),
    );
  }

  result(shortest: number, actualSize: number, whole: number): BlocksResult {
    const { expectedSize, from = 0 } = this.#request;
    if (this.#next !== Math.max(from, whole)) throw new RangeError(`${this.#next} of ${whole} blocks were checked`);
    const ranges = [...this.altered].map((block) => this.#rangeOf(block));
    if (shortest < expectedSize) {
      const cut = Math.floor(shortest / BLOCK) * BLOCK;
      ranges.push({ offset: cut, length: expectedSize - cut });
    }
    if (actualSize > expectedSize) ranges.push({ offset: expectedSize, length: actualSize - expectedSize });
    const unreadable = [...this.unreadable]
      .toSorted(([a], [b]) => a - b)
      .map(([block, reason]) => Object.assign(this.#rangeOf(block), { reason }));
    const damaged = merged(ranges);
    const outcome = damaged.length > 0 ? 'altered' : unreadable.length > 0 ? 'unreadable' : 'ok';
    return { outcome, ranges: damaged, unreadable, checkedBytes: this.checkedBytes, transient: this.transient, actualSize };
  }

  #rangeOf(block: number): { offset: number; length: number } {
    const offset = block * BLOCK;
    return { offset, length: Math.min(BLOCK, this.#request.expectedSize - offset) };
  }
}

/** Ranges in order, those that touch or overlap made one. */
function merged(ranges: readonly Range[]): Range[] {
  const result: { offset: number; length: number }[] = [];
  for (const { offset, length } of ranges.toSorted((a, b) => a.offset - b.offset)) {
    const last = result.at(-1);
    if (last !== undefined && last.offset + last.length >= offset)
      last.length = Math.max(last.length, offset + length - last.offset);
    else result.push({ offset, length });
  }
  return result;
}

interface Absent {
  readonly outcome: 'missing' | 'unreadable';
  readonly reason: string;
}

/** Size of a regular file, or why there is none. Links are not followed. */
async function sizeOf(path: string): Promise<number | Absent> {
  try {
    const stats = await lstat(path);
    return stats.isFile() ? stats.size : { outcome: 'missing', reason: 'no regular file lies in its place' };
  } catch (error) {
    const gone = isSystemError(error) && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
    return { outcome: gone ? 'missing' : 'unreadable', reason: wordsOfSystemError(error) };
  }
}

function notThere({ outcome, reason }: Absent, expectedSize: number): BlocksResult {
  const all = expectedSize > 0 ? [{ offset: 0, length: expectedSize }] : [];
  return outcome === 'missing'
    ? { outcome, ranges: all, unreadable: [], checkedBytes: 0, transient: 0, reason }
    : { outcome, ranges: [], unreadable: all.map((range) => ({ ...range, reason })), checkedBytes: 0, transient: 0, reason };
}
