/** Deflate (RFC 1951) and zlib (RFC 1950) by Node's own zlib, on the system's thread pool: on all cores, off the main thread. */
import { constants, type ZlibOptions, inflate, inflateRaw } from 'node:zlib';
import type { Codec, Recipe } from './codec.ts';
import { corrupt, tooLong } from './codec.ts';

/** A zlib stream; its Adler-32 is checked where the stream is complete. Bytes after its end are not looked at. */
export const zlib: Codec = (packed, size) => run(inflate, 'zlib', packed, size);

/** As zlib, but a stream that ends before its Adler-32 is damaged: no byte comes out unchecked. */
export const wholeZlib: Codec = (packed, size) => run(inflate, 'zlib', packed, size, constants.Z_FINISH);

/** A bare deflate stream. Bytes after its end are not looked at. */
export const deflate: Codec = (packed, size) => run(inflateRaw, 'deflate', packed, size);

/** Undefined for a codec that threads don't know. */
export function recipeOf(codec: Codec): Recipe | undefined {
  if (codec === deflate) return { kind: 'deflate' };
  return codec === zlib || codec === wholeZlib ? { kind: 'zlib' } : undefined;
}

/**
 * Streams under way at once: enough for all threads of Node's pool. Each takes some 50 KiB for its own; with hundreds of them at a
 * time, a third of the work goes into memory.
 */
const AT_ONCE = 8;
let free = AT_ONCE;
const waiting: (() => void)[] = [];

/** In the order asked. */
function whenFree(start: () => void): void {
  if (free === 0) return void waiting.push(start);
  free--;
  start();
}

function ended(): void {
  const next = waiting.shift();
  if (next === undefined) free++;
  else next();
}

type Inflate = (bytes: Buffer, options: ZlibOptions, done: (error: Error | null, out: Buffer) => void) => void;

function run(
  inflateOf: Inflate,
  name: string,
  packed: Buffer,
  size: number,
  finishFlush: number = constants.Z_SYNC_FLUSH,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // One byte more than may come out, so that a stream that is longer shows itself and none is ever blown up.
    const options = { chunkSize: Math.max(64, size + 1), maxOutputLength: size + 1, finishFlush };
    whenFree(() =>
      inflateOf(packed, options, (error, out) => {
        ended();
        if (error !== null)
          reject((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? tooLong(name, size) : corrupt(name, error));
        else if (out.length > size) reject(tooLong(name, size));
        else resolve(out);
      }),
    );
  });
}
