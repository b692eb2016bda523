/** zstd as a stream: by Node's own zlib where it has zstd (22.15 and later), else by zstddec's WebAssembly in a thread. */
import type { Transform } from 'node:stream';
import { Worker } from 'node:worker_threads';
import * as zlib from 'node:zlib';
import { ZSTDDecoder } from 'zstddec';
import { corrupt } from '../codecs/codec.ts';
import { through } from './inflate-stream.ts';

const { createZstdDecompress } = zlib as { createZstdDecompress?: (options: { chunkSize: number }) => Transform };
/** What the thread gets at once; it can become 32,768 times as much. */
const FED_AT_ONCE = 8 * 1024;

export function unzstd(packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  if (createZstdDecompress === undefined) return inThread(packed);
  return through(packed, createZstdDecompress({ chunkSize: 256 * 1024 }), 'zstd');
}

const decoder = new ZSTDDecoder();

/** One frame in memory, which says that it holds `size` bytes, and does. */
export async function unzstdFrame(packed: Buffer, size: number): Promise<Buffer> {
  await decoder.init();
  // At once the library frees all that it took, and tells damage by a length that is wrong.
  const bytes = size === 0 ? new Uint8Array(0) : decoder.decode(packed, size);
  if (bytes.length !== size) throw corrupt('zstd', new Error(`a frame does not become the ${size} bytes that it says`));
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

async function* inThread(packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  const worker = new Worker(new URL('./zstd-worker.js', import.meta.url));
  try {
    for await (const chunk of packed)
      for (let at = 0; at < chunk.length; at += FED_AT_ONCE) yield* await answers(worker, chunk.subarray(at, at + FED_AT_ONCE));
    yield* await answers(worker, null);
  } finally {
    await worker.terminate();
  }
}

/** What the thread makes of one piece. */
function answers(worker: Worker, bytes: Buffer | null): Promise<Buffer[]> {
  return new Promise((resolve, reject) => {
    const found: Buffer[] = [];
    const settle = (act: () => void): void => {
      worker.off('message', onMessage);
      worker.off('error', onError);
      act();
    };
    const onError = (error: unknown): void => settle(() => reject(corrupt('zstd', error)));
    const onMessage = (answer: Uint8Array | Error | null): void => {
      if (answer === null) settle(() => resolve(found));
      else if (answer instanceof Error) onError(answer);
      else found.push(Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength));
    };
    worker.on('message', onMessage);
    worker.on('error', onError);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    worker.postMessage(bytes);
  });
}
