/** A crew of worker threads that live for one task each: all answer, or the first failure ends them all. Never hangs on a dead thread. */
import { Worker } from 'node:worker_threads';
import { Fault, FaultKind } from '../kernel/index.ts';

/** What a thread says at its end. */
export type Report =
  | { readonly type: 'done'; readonly answer: unknown }
  | { readonly type: 'stopped' }
  | { readonly type: 'fault'; readonly fault: ReturnType<Fault['toJSON']> };

/** How long threads may take to end by themselves after a failure; a system call that never returns can't be waited for. */
const GRACE_MS = 10_000;

/** The URL of a worker script that lies beside `module`, as built or as source. */
export function workerScript(name: string, module: string): URL {
  return new URL(`./${name}.${module.endsWith('.ts') ? 'ts' : 'js'}`, module);
}

export function reportOf(error: unknown): Report {
  if (!(error instanceof Fault)) throw error; // a programming mistake: the thread dies of it, and the crew tells
  return { type: 'fault', fault: error.toJSON() };
}

export function faultFrom({ kind, code, message, facts }: ReturnType<Fault['toJSON']>): Fault {
  return new Fault(kind, code, message, facts);
}

export function lostWorker(reason: string, cause?: unknown): Fault {
  return new Fault(
    FaultKind.Unreadable,
    'digest/worker-lost',
    `a worker thread ended before its work: ${reason}; try again`,
    { reason },
    { cause },
  );
}

/**
 * Starts one thread per task (its `workerData`) and waits for all their answers, in the order of the tasks.
 * @param stop makes the threads end by themselves; called once, at the first failure or when `signal` aborts.
 * @throws the first failure, after every thread has ended; `signal.reason` when aborted.
 */
export async function runCrew(
  script: URL,
  tasks: readonly unknown[],
  stop: () => void,
  signal?: AbortSignal,
): Promise<unknown[]> {
  signal?.throwIfAborted();
  let failure: { readonly error: unknown } | undefined;
  let wake = (): void => undefined;
  const failed = new Promise<void>((resolve) => {
    wake = resolve;
  });
  const fail = (error: unknown): void => {
    if (failure !== undefined) return;
    failure = { error };
    stop();
    wake();
  };
  const aborted = (): void => fail(signal?.reason);
  signal?.addEventListener('abort', aborted, { once: true });
  const workers: Worker[] = [];
  try {
    const ends = tasks.map((task) => {
      const worker = new Worker(script, { workerData: task });
      workers.push(worker);
      return endOf(worker, fail);
    });
    const all = Promise.all(ends);
    await Promise.race([all, failed]);
    if (failure === undefined) return await all;
    await Promise.race([all, expired(GRACE_MS)]);
    throw failure.error;
  } catch (error) {
    fail(error);
    throw error;
  } finally {
    signal?.removeEventListener('abort', aborted);
    await Promise.race([Promise.all(workers.map((worker) => worker.terminate())), expired(GRACE_MS)]);
  }
}

/** Resolves when the thread has ended, with its answer; tells `fail` of every other end. Never rejects. */
function endOf(worker: Worker, fail: (error: unknown) => void): Promise<unknown> {
  return new Promise((resolve) => {
    let report: Report | undefined;
    worker.on('message', (message: Report) => {
      report = message;
      if (message.type === 'fault') fail(faultFrom(message.fault));
    });
    worker.on('error', (error) => fail(lostWorker(error instanceof Error ? error.message : String(error), error)));
    worker.on('exit', (code) => {
      if (report === undefined) fail(lostWorker(`exit code ${code}`));
      resolve(report?.type === 'done' ? report.answer : undefined);
    });
  });
}

function expired(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
