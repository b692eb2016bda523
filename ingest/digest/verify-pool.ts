/** Worker threads for verification, started when first needed and kept: an audit of many packages uses one pool for all. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { BlocksAnswer, BlocksTask } from './check-blocks.ts';
import type { FilesAnswer, FilesTask } from './check-files.ts';
import { lostWorker, workerScript } from './crew.ts';

/** Tasks a thread has at hand: the next is there when one ends. */
const DEPTH = 2;

interface Waiting {
  readonly task: BlocksTask | FilesTask;
  readonly resolve: (answer: never) => void;
  readonly reject: (error: unknown) => void;
}

interface Member {
  readonly worker: Worker;
  readonly pending: Map<number, Waiting>;
}

/** Idle threads do not keep the process alive; `close` ends them. Safe to use from several jobs at a time. */
export class VerifyPool implements AsyncDisposable {
  /** Number of threads at most. */
  readonly size: number;
  readonly #script: URL;
  readonly #members = new Set<Member>();
  readonly #queue: Waiting[] = [];
  #lastId = 0;
  #closed = false;

  /** @param script only for tests of the pool itself. */
  constructor(workers: number = availableParallelism(), script: URL = workerScript('verify-worker', import.meta.url)) {
    if (!(Number.isInteger(workers) && workers >= 1)) throw new RangeError(`a pool of ${workers} threads`);
    this.size = workers;
    this.#script = script;
  }

  /** How many tasks it makes sense to have under way. */
  get depth(): number {
    return this.size * DEPTH;
  }

  /** @throws Fault 'digest/worker-lost' when the thread dies. */
  run(task: BlocksTask): Promise<BlocksAnswer>;
  run(task: FilesTask): Promise<FilesAnswer>;
  run(task: BlocksTask | FilesTask): Promise<BlocksAnswer | FilesAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(lostWorker('the pool was closed'));
      this.#queue.push({ task, resolve, reject });
      this.#handOut();
    });
  }

  /** Ends all threads; what is under way fails. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const waiting of this.#queue.splice(0)) waiting.reject(lostWorker('the pool was closed'));
    await Promise.all([...this.#members].map(({ worker }) => worker.terminate()));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #handOut(): void {
    while (this.#queue.length > 0) {
      const member = this.#leastBusy();
      if (member === undefined) return;
      const waiting = this.#queue.shift();
      if (waiting === undefined) return;
      const id = (this.#lastId += 1);
      member.pending.set(id, waiting);
      member.worker.ref();
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
      member.worker.postMessage({ id, task: waiting.task });
    }
  }

  #leastBusy(): Member | undefined {
    let best: Member | undefined;
    for (const member of this.#members) if (best === undefined || member.pending.size < best.pending.size) best = member;
    if ((best === undefined || best.pending.size > 0) && this.#members.size < this.size) return this.#start();
    return best !== undefined && best.pending.size < DEPTH ? best : undefined;
  }

  #start(): Member {
    const worker = new Worker(this.#script);
    const member: Member = { worker, pending: new Map() };
    this.#members.add(member);
    let reason: unknown;
    worker.on('message', ({ id, answer }: { id: number; answer: unknown }) => {
      const waiting = member.pending.get(id);
      member.pending.delete(id);
      if (member.pending.size === 0) worker.unref();
      waiting?.resolve(answer as never);
      this.#handOut();
    });
    worker.on('error', (error) => {
      reason = error;
    });
    worker.on('exit', (code) => {
      this.#members.delete(member);
      const lost = lostWorker(reason instanceof Error ? reason.message : `exit code ${code}`, reason);
      for (const waiting of member.pending.values()) waiting.reject(lost);
      if (!this.#closed) this.#handOut();
    });
    return member;
  }
}
