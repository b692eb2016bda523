/** zstd as a stream: by Node's own zlib where it has zstd (22.15 and later), else by zstddec's WebAssembly. */
import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { ZSTDDecoder } from 'zstddec/stream';
import { corrupt } from '../codecs/codec.ts';
import { through } from './inflate-stream.ts';

const { createZstdDecompress } = zlib as { createZstdDecompress?: (options: { chunkSize: number }) => Transform };
/** What is fed to zstddec at once: when a reader leaves early, what it holds must still be unpacked to free its memory. */
const FED_AT_ONCE = 16 * 1024;

export function unzstd(packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  if (createZstdDecompress === undefined) return byWebAssembly(packed);
  return through(packed, createZstdDecompress({ chunkSize: 256 * 1024 }), 'zstd');
}

const decoder = new ZSTDDecoder();

async function* byWebAssembly(packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  await decoder.init();
  const fed: Buffer[] = [];
  let isOver = false;
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
  /** The library goes on for ever when its decoder is in error: no bytes come, and none are taken. */
  const next = (): IteratorResult<Uint8Array> => {
    const before = fed.length;
    const result = output.next();
    emptyCount = result.done !== true && result.value.length === 0 && fed.length === before ? emptyCount + 1 : 0;
    if (emptyCount > 1) {
      isOver = true;
      throw new Error('its bytes make no sense');
    }
    return result;
  };
  try {
    for await (const chunk of packed) {
      for (let at = 0; at < chunk.length; at += FED_AT_ONCE) {
        fed.push(chunk.subarray(at, at + FED_AT_ONCE));
        // Asked with nothing to give, the library takes the stream for ended.
        while (fed.length > 0) {
          const { done, value } = next();
          if (done === true) isOver = true;
          else if (value.length > 0) yield Buffer.from(value.buffer, value.byteOffset, value.byteLength);
        }
      }
    }
    for (;;) {
      const { done, value } = next();
      if (done === true) break;
      if (value.length > 0) yield Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    }
    isOver = true;
  } catch (error) {
    throw error instanceof Error && error.name !== 'Fault' ? corrupt('zstd', error) : error;
  } finally {
    // Run to its end, the library frees its memory; left in the middle, it would not.
    while (!isOver) isOver = isDone(next);
  }
}

function isDone(next: () => IteratorResult<Uint8Array>): boolean {
  try {
    return next().done === true;
  } catch {
    return true; // an unfinished stream, or one in error: nobody reads it any more
  }
}
