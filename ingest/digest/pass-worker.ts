/** A thread of a pass: the reader, or one consumer. Ends when its work is done or the ring is stopped. */
import { parentPort, workerData } from 'node:worker_threads';
import { type Answer, consumerFor, type PassItem, type Role } from './consumers.ts';
import { type Report, reportOf } from './crew.ts';
import { RingConsumer, RingProducer, type SharedRing } from './ring.ts';
import { type Source, SourceReader } from './source.ts';

/** Plain data for one thread. `role` is missing for the reader. */
export interface PassTask {
  readonly ring: SharedRing;
  /** Bytes read so far: one 64-bit word. */
  readonly progress: SharedArrayBuffer;
  /** Two bytes per file: whether its target, its block list was created. */
  readonly created: SharedArrayBuffer;
  readonly sources?: readonly Source[];
  readonly items?: readonly PassItem[];
  readonly role?: Role;
  /** Which consumer of the ring this is. */
  readonly consumer?: number;
}

function read({ ring, progress, sources = [] }: PassTask): boolean {
  const producer = new RingProducer(ring);
  const readBytes = new BigInt64Array(progress);
  for (const [file, source] of sources.entries()) {
    const reader = new SourceReader(source);
    try {
      for (let last = false; !last; ) {
        const slot = producer.acquire();
        if (slot === undefined) return false;
        const length = reader.fill(slot);
        last = reader.left === 0;
        if (last) reader.finish(); // before anyone hears that the file is complete
        producer.publish({ file, length, last });
        Atomics.add(readBytes, 0, BigInt(length));
      }
    } finally {
      reader.close();
    }
  }
  return true;
}

function consume({ ring, created, items = [], role, consumer = 0 }: PassTask): Answer[] | undefined {
  if (role === undefined) throw new TypeError('a consumer needs a role');
  const side = new RingConsumer(ring, consumer);
  const flags = new Uint8Array(created);
  const work = consumerFor(role, items, (file, kind) => Atomics.store(flags, file * 2 + (kind === 'target' ? 0 : 1), 1));
  try {
    for (let done = 0; done < items.length; ) {
      const slot = side.take();
      if (slot === undefined) {
        work.abandon();
        return undefined;
      }
      work.take(slot.file, slot.bytes, slot.last);
      if (slot.last) done += 1;
      side.release();
    }
    return work.finish();
  } catch (error) {
    work.abandon();
    throw error;
  }
}

function work(task: PassTask): Report {
  try {
    if (task.role === undefined) return read(task) ? { type: 'done', answer: [] } : { type: 'stopped' };
    const answer = consume(task);
    return answer === undefined ? { type: 'stopped' } : { type: 'done', answer };
  } catch (error) {
    return reportOf(error);
  }
}

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
parentPort?.postMessage(work(workerData as PassTask));
