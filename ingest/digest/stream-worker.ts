/** One algorithm of StreamDigests: hashes the slots that it is told of, in order, and says so; at the end, the digest. */
import { parentPort, workerData } from 'node:worker_threads';
import { type Algorithm, newHash } from './algorithms.ts';

const { algorithm, slots } = workerData as { algorithm: Algorithm; slots: readonly SharedArrayBuffer[] };
const hash = newHash(algorithm);

parentPort?.on('message', ({ slot, length }: { slot: number; length: number }) => {
  const shared = slots[slot];
  if (shared === undefined) {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
    parentPort?.postMessage(hash.digest('hex'));
    parentPort?.close();
    return;
  }
  hash.update(Buffer.from(shared, 0, length));
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
  parentPort?.postMessage(slot);
});
