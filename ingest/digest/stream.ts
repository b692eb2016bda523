/** Digests of bytes that come from somewhere else than a file (the medium inside a container): each algorithm in a thread of its own. */
import { Worker } from 'node:worker_threads';
import { type Algorithm, distinctAlgorithms } from './algorithms.ts';
import type { Fault } from '../kernel/index.ts';
import { lostWorker, workerScript } from './crew.ts';
import type { Digests } from './pass.ts';

/** Bytes of one slot, and how many of them are on their way at most. */
const SLOT_SIZE = 4 << 20;
const SLOT_COUNT = 3;

interface Slot {
  readonly bytes: Buffer;
  readonly shared: SharedArrayBuffer;
  /** Threads that still look at it. */
  users: number;
}

/** Give it all bytes in order by `update`, then call `finish` once. Dispose of it in any case: that ends the threads. */
export class StreamDigests implements Disposable {
  readonly #threads: readonly { readonly algorithm: Algorithm; readonly worker: Worker; readonly digest: Promise<string> }[];
  readonly #slots: readonly Slot[];
  #wake: () => void = () => undefined;
  #failure: Fault | undefined;

  constructor(algorithms: readonly Algorithm[]) {
    this.#slots = Array.from({ length: SLOT_COUNT }, () => {
      const shared = new SharedArrayBuffer(SLOT_SIZE);
      return { bytes: Buffer.from(shared), shared, users: 0 };
    });
    const slots = this.#slots.map(({ shared }) => shared);
    this.#threads = distinctAlgorithms(algorithms).map((algorithm) => {
      const worker = new Worker(workerScript('stream-worker', import.meta.url), { workerData: { algorithm, slots } });
      const digest = new Promise<string>((resolve, reject) => {
        worker.on('message', (answer: number | string) => (typeof answer === 'string' ? resolve(answer) : this.#release(answer)));
        const fail = (reason: string, cause?: unknown): void => {
          this.#failure ??= lostWorker(reason, cause);
          reject(this.#failure);
          this.#wake();
        };
        worker.on('error', (error) => fail(error.message, error));
        worker.on('exit', (code) => fail(`exit code ${code}`));
      });
      digest.catch(() => undefined); // told by update() or finish()
      return { algorithm, worker, digest };
    });
  }

  /** Returns when the bytes are copied and may be changed. @throws Fault 'digest/worker-lost'. */
  async update(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += SLOT_SIZE) {
      const part = bytes.subarray(at, at + SLOT_SIZE);
      const index = await this.#freeSlot();
      const slot = this.#slots[index];
      if (slot === undefined) throw new RangeError(`no slot ${index}`);
      slot.bytes.set(part);
      slot.users = this.#threads.length;
      for (const { worker } of this.#threads) tell(worker, index, part.length);
    }
  }

  /** @throws Fault 'digest/worker-lost'. */
  async finish(): Promise<Digests> {
    for (const { worker } of this.#threads) tell(worker, -1, 0);
    const pairs = this.#threads.map(async ({ algorithm, digest }) => [algorithm, await digest] as const);
    return Object.fromEntries(await Promise.all(pairs));
  }

  [Symbol.dispose](): void {
    for (const { worker } of this.#threads) void worker.terminate();
  }

  async #freeSlot(): Promise<number> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure;
      const free = this.#slots.findIndex(({ users }) => users === 0);
      if (free !== -1) return free;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #release(index: number): void {
    const slot = this.#slots[index];
    if (slot === undefined) throw new RangeError(`no slot ${index}`);
    slot.users -= 1;
    if (slot.users === 0) this.#wake();
  }
}

function tell(worker: Worker, slot: number, length: number): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  worker.postMessage({ slot, length });
}
