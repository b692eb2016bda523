/**
 * A thread that unpacks one zstd stream with zstddec, for a Node that has no zstd of its own.
 *
 * The library frees nothing when a stream is damaged or left in the middle; what it took ends with the thread.
 * Receives pieces of the stream, and null at its end. Answers each with the bytes that came out, then with null; or with an Error.
 */
import { parentPort } from 'node:worker_threads';
import { ZSTDDecoder } from 'zstddec/stream';

if (parentPort === null) throw new Error('zstd-worker is a thread, not a program');
const port = parentPort;
const decoder = new ZSTDDecoder();
await decoder.init();

const fed: Uint8Array[] = [];
const input: Iterable<Uint8Array> = {
  [Symbol.iterator]: () => ({
    next() {
      const bytes = fed.shift();
      return bytes === undefined ? { done: true, value: undefined } : { done: false, value: bytes };
    },
  }),
};
const output = decoder.decodeStreaming(input);
let emptyCount = 0;

/** @returns whether the library says that the stream is over. @throws Error for a damaged one. */
function step(): boolean {
  const before = fed.length;
  const { done, value } = output.next();
  if (done === true) return true;
  // A decoder in error takes nothing and gives nothing, and the library asks it again for ever.
  emptyCount = value.length === 0 && fed.length === before ? emptyCount + 1 : 0;
  if (emptyCount > 1) throw new Error('its bytes make no sense');
  if (value.length > 0) port.postMessage(value, [value.buffer as ArrayBuffer]);
  return false;
}

port.on('message', (bytes: Uint8Array | null) => {
  try {
    if (bytes === null) while (!step());
    else {
      fed.push(bytes);
      // Asked with nothing to give, the library takes the stream for ended: it stops when this piece is taken.
      while (fed.length > 0) step();
    }
    port.postMessage(null);
  } catch (error) {
    port.postMessage(error);
  }
});
