/** A thread of ManyDigests: digests the pieces of streams that it is sent in slots, and lets an observer see them. */
import type { Hash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { type Algorithm, newHash } from './algorithms.ts';
import type { Answer, Item, Observer, Reply } from './many.ts';

interface Settings {
  readonly algorithms: readonly Algorithm[];
  readonly slots: readonly SharedArrayBuffer[];
  readonly observer: string | undefined;
}

interface Begun {
  readonly hashes: readonly (readonly [Algorithm, Hash])[];
  readonly observer: Observer | undefined;
}

const { algorithms, slots, observer } = workerData as Settings;
const observed = observer === undefined ? undefined : ((await import(observer)) as { observe(hint: unknown): Observer });
const begun = new Map<number, Begun>();

parentPort?.on('message', ({ slot, items }: { slot: number; items: readonly Item[] }) => {
  const answers: Answer[] = [];
  let looked = 0;
  const shared = slots[slot];
  if (shared === undefined) throw new RangeError(`no slot ${slot}`);
  for (const item of items) {
    const { id, offset, length, end } = item;
    looked += length;
    const stream = begun.get(id) ?? begin(id, item.hint);
    if (length > 0) {
      const bytes = Buffer.from(shared, offset, length);
      for (const [, hash] of stream.hashes) hash.update(bytes);
      stream.observer?.update(bytes);
    }
    if (end === undefined) continue;
    begun.delete(id);
    if (end === 'finished') answers.push(answerOf(id, stream));
  }
  const reply: Reply = { slot, length: looked, answers };
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
  parentPort?.postMessage(reply);
});

function begin(id: number, hint: unknown): Begun {
  const stream = {
    hashes: algorithms.map((algorithm) => [algorithm, newHash(algorithm)] as const),
    observer: observed?.observe(hint),
  };
  begun.set(id, stream);
  return stream;
}

function answerOf(id: number, { hashes, observer: seen }: Begun): Answer {
  const digests = Object.fromEntries(hashes.map(([algorithm, hash]) => [algorithm, hash.digest('hex')]));
  return { id, digests, observed: seen?.finish() };
}
