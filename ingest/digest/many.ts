/** Digests of many streams at once, on all cores: small ones travel together, a large one stays with the thread that began it. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Fault } from '../kernel/index.ts';
import { type Algorithm, distinctAlgorithms } from './algorithms.ts';
import { lostWorker, workerScript } from './crew.ts';
import type { Digests } from './pass.ts';

/** Bytes of one slot, and slots of one thread: one is filled while the others are looked at. */
const SLOT_SIZE = 2 << 20;
const SLOTS_PER_THREAD = 3;
/** Streams that may travel in one slot. */
const MOST_ITEMS = 4096;

/** One piece of a stream in a slot. */
export interface Item {
  readonly id: number;
  readonly offset: number;
  readonly length: number;
  /** With the first piece: what the observer is told of the stream. */
  readonly hint?: unknown;
  readonly end?: 'finished' | 'dropped';
}

export interface Answer {
  readonly id: number;
  readonly digests: Digests;
  /** What the observer made of the bytes. */
  readonly observed: unknown;
}

export interface Reply {
  readonly slot: number;
  /** Bytes that were looked at. */
  readonly length: number;
  readonly answers: readonly Answer[];
}

export interface ManyDigestsSettings {
  readonly algorithms: readonly Algorithm[];
  /** URL of a module whose `observe(hint)` sees each stream's bytes beside the digests: see Observer. */
  readonly observer?: URL;
  /** One for each core unless told otherwise. */
  readonly threadCount?: number;
}

/** What a module given as `observer` makes for each stream, in a thread. */
export interface Observer {
  /** The bytes are the caller's again when it returns. */
  update(bytes: Buffer): void;
  /** Something that can be sent to another thread. */
  finish(): unknown;
}

interface OpenSlot {
  readonly index: number;
  readonly bytes: Buffer;
  readonly items: Item[];
  length: number;
}

interface Thread {
  readonly worker: Worker;
  readonly slots: readonly Buffer[];
  readonly free: number[];
  /** The slot that is being filled. */
  open: OpenSlot | undefined;
  /** Bytes that wait for the thread, or for company. */
  waiting: number;
  readonly wakers: (() => void)[];
}

/** A stream that was begun. */
export interface Handle {
  readonly id: number;
  readonly thread: Thread;
  isFirst: boolean;
  readonly hint: unknown;
}

/** Dispose of it in any case: that ends the threads. */
export class ManyDigests implements Disposable {
  readonly #threads: readonly Thread[];
  readonly #expected = new Map<number, { resolve(answer: Answer): void; reject(reason: unknown): void }>();
  #count = 0;
  #failure: Fault | undefined;

  constructor({ algorithms, observer, threadCount = availableParallelism() }: ManyDigestsSettings) {
    const settings = { algorithms: distinctAlgorithms(algorithms), observer: observer?.href };
    this.#threads = Array.from({ length: threadCount }, () => this.#startThread(settings));
  }

  /** Begins a stream. @param hint for the observer. */
  begin(hint?: unknown): Handle {
    const thread = this.#threads.reduce((least, each) => (each.waiting < least.waiting ? each : least));
    return { id: this.#count++, thread, isFirst: true, hint };
  }

  /** The next bytes of a stream, in order. They may be changed when it returns. @throws Fault 'digest/worker-lost'. */
  async update(handle: Handle, bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; )
      at += await this.#put(handle, (slot, offset) => {
        const length = Math.min(bytes.length - at, SLOT_SIZE - offset);
        slot.set(bytes.subarray(at, at + length), offset);
        return length;
      });
  }

  /** Its digests, once `flush` was called or enough others came. @throws Fault 'digest/worker-lost'. */
  async finish(handle: Handle): Promise<Answer> {
    const answer = new Promise<Answer>((resolve, reject) => {
      this.#expected.set(handle.id, { resolve, reject });
    });
    answer.catch(() => undefined); // told to whoever waits for it
    await this.#put(handle, () => 0, 'finished');
    return answer;
  }

  /** Forgets a stream whose bytes could not all be read. */
  async drop(handle: Handle): Promise<void> {
    await this.#put(handle, () => 0, 'dropped');
  }

  /** Sends what waits for company. */
  flush(): void {
    for (const thread of this.#threads) send(thread);
  }

  [Symbol.dispose](): void {
    for (const { worker } of this.#threads) void worker.terminate();
  }

  /**
   * Adds a piece to the slot that is being filled. Between finding the slot and filling it nothing may be awaited: another
   * stream could send it off, and the piece would be lost.
   * @param fill copies bytes to an offset of the slot; how many.
   */
  async #put(handle: Handle, fill: (slot: Buffer, offset: number) => number, end?: Item['end']): Promise<number> {
    const { id, hint, isFirst, thread } = handle;
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      const open = openSlot(thread);
      if (open === undefined) {
        await new Promise<void>((resolve) => {
          thread.wakers.push(resolve);
        });
        continue;
      }
      const length = fill(open.bytes, open.length);
      open.items.push({ id, offset: open.length, length, ...(isFirst ? { hint } : {}), ...(end === undefined ? {} : { end }) });
      handle.isFirst = false;
      open.length += length;
      thread.waiting += length;
      if (open.length >= SLOT_SIZE || open.items.length >= MOST_ITEMS) send(thread);
      return length;
    }
  }

  #startThread(settings: object): Thread {
    const slots = Array.from({ length: SLOTS_PER_THREAD }, () => Buffer.from(new SharedArrayBuffer(SLOT_SIZE)));
    const shared = slots.map(({ buffer }) => buffer);
    const worker = new Worker(workerScript('many-worker', import.meta.url), { workerData: { ...settings, slots: shared } });
    const thread: Thread = {
      worker,
      slots,
      free: slots.map((_, index) => index),
      open: undefined,
      waiting: 0,
      wakers: [],
    };
    worker.on('message', ({ slot, length, answers }: Reply) => {
      thread.free.push(slot);
      thread.waiting -= length;
      for (const answer of answers) {
        this.#expected.get(answer.id)?.resolve(answer);
        this.#expected.delete(answer.id);
      }
      wake(thread);
    });
    const fail = (reason: string, cause?: unknown): void => {
      this.#failure ??= lostWorker(reason, cause);
      for (const expected of this.#expected.values()) expected.reject(this.#failure);
      this.#expected.clear();
      for (const each of this.#threads) wake(each);
    };
    worker.on('error', (error) => fail(error instanceof Error ? error.message : String(error), error));
    worker.on('exit', (code) => fail(`exit code ${code}`));
    return thread;
  }
}

/** The slot that is being filled, or a free one that now is; undefined while all are on their way. */
function openSlot(thread: Thread): OpenSlot | undefined {
  if (thread.open !== undefined) return thread.open;
  const index = thread.free.pop();
  const bytes = index === undefined ? undefined : thread.slots[index];
  if (index === undefined || bytes === undefined) return undefined;
  thread.open = { index, bytes, items: [], length: 0 };
  return thread.open;
}

/** All that wait for a slot look again: there may be one for each. */
function wake(thread: Thread): void {
  for (const waker of thread.wakers.splice(0)) waker();
}

function send(thread: Thread): void {
  const { open, worker } = thread;
  if (open === undefined || open.items.length === 0) return;
  thread.open = undefined;
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  worker.postMessage({ slot: open.index, items: open.items });
}
