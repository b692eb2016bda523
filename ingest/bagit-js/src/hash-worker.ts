/** A worker thread of the hash pool: is set up once, then takes jobs in order and answers each. */
import { parentPort } from 'node:worker_threads';
import { reason } from './bagit-error.ts';
import { FileHasher, type HashJob, type HashResult, type HashSetup } from './hash-files.ts';

export type ToWorker = { readonly setup: HashSetup } | { readonly job: HashJob };
export type FromWorker = { readonly bytes: number } | { readonly result: HashResult } | { readonly failed: string };

const port = parentPort;
if (port === null) throw new Error('hash-worker runs in a worker thread only');
const answer = (message: FromWorker, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);

let hasher: FileHasher | undefined;
let last = Promise.resolve();

async function serve(message: ToWorker): Promise<void> {
  try {
    if ('setup' in message) {
      hasher = new FileHasher(message.setup, (bytes) => answer({ bytes }));
    } else if (hasher !== undefined) {
      const result = await hasher.run(message.job);
      answer({ result }, [result.digests.buffer, result.sizes.buffer]);
    }
  } catch (error) {
    answer({ failed: reason(error) });
  }
}

port.on('message', (message: ToWorker) => {
  last = last.then(() => serve(message));
});
