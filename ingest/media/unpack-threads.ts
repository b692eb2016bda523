/** Threads that unpack, shared by all media that are open: started when there is work, gone when there was none for a while. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { WindowAnswer, WindowTask } from './window-task.ts';

export const THREAD_COUNT = Math.min(4, availableParallelism());
const IDLE_MS = 5000;
/** Where threads end before their work, or do not start, again and again, all is done without them. */
const MOST_LOST = 3;

export interface ThreadWindow {
  readonly bytes: Buffer;
  readonly failed: readonly number[];
}

type Settle = (answer: ThreadWindow | undefined) => void;

interface Thread {
  readonly worker: Worker;
  readonly waiting: Map<number, Settle>;
  idle?: NodeJS.Timeout;
}

const threads = new Set<Thread>();
let lostCount = 0;
let nextId = 0;

/**
 * @param length of the window. @param pieces as WindowTask has them; gone afterwards, as is `spare`, the memory for the window.
 * @returns undefined where the thread ended before its work, or none can be had: whoever asked does it itself. Never rejects.
 */
export function makeInThread(
  length: number,
  pieces: Float64Array<ArrayBuffer>,
  spare?: ArrayBuffer,
): Promise<ThreadWindow | undefined> {
  const thread = leastBusy();
  if (thread === undefined) return Promise.resolve(undefined);
  const id = nextId++;
  return new Promise((resolve) => {
    thread.waiting.set(id, resolve);
    clearTimeout(thread.idle);
    thread.worker.ref();
    const memory = spare !== undefined && spare.byteLength >= length ? spare : undefined;
    const task: WindowTask = { id, length, pieces, memory };
    thread.worker.postMessage(task, memory === undefined ? [pieces.buffer] : [pieces.buffer, memory]);
  });
}

function leastBusy(): Thread | undefined {
  if (lostCount >= MOST_LOST) return undefined;
  let found: Thread | undefined;
  for (const thread of threads) if (found === undefined || thread.waiting.size < found.waiting.size) found = thread;
  return found === undefined || (found.waiting.size > 0 && threads.size < THREAD_COUNT) ? start() : found;
}

function start(): Thread | undefined {
  let worker: Worker;
  try {
    worker = new Worker(new URL(`./unpack-worker.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url));
  } catch {
    lostCount++; // the system has no more threads to give
    return undefined;
  }
  const thread: Thread = { worker, waiting: new Map() };
  threads.add(thread);
  worker.on('message', ({ id, length, bytes, failed }: WindowAnswer) => {
    const settle = thread.waiting.get(id);
    thread.waiting.delete(id);
    if (thread.waiting.size === 0) rest(thread);
    settle?.({ bytes: Buffer.from(bytes, 0, length), failed });
  });
  const lost = (): void => {
    if (threads.delete(thread) && thread.waiting.size > 0) lostCount++;
    void worker.terminate();
    for (const settle of thread.waiting.values()) settle(undefined);
    thread.waiting.clear();
  };
  worker.on('error', lost); // what it was about shows where the work is done again
  worker.on('messageerror', lost);
  worker.on('exit', lost);
  return thread;
}

/** An idle thread keeps no program from ending. */
function rest(thread: Thread): void {
  thread.worker.unref();
  thread.idle = setTimeout(() => {
    threads.delete(thread);
    void thread.worker.terminate();
  }, IDLE_MS).unref();
}
