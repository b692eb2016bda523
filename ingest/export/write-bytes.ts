/** A new file from a stream of bytes: gathered, written while the next are made, holes where asked for, fsynced. */
import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import type { Written } from './exporter.ts';

const GATHERED = 1 << 20;
/** A run of zeros shorter than this is written: finer holes fragment the file and save nothing that matters. */
const HOLE = 64 << 10;
const ZEROS = Buffer.alloc(HOLE);

/** One file and its SHA-256, computed on the way. */
export async function writeArchive(
  target: string,
  bytes: AsyncIterable<Uint8Array>,
  options: { sparse?: boolean } = {},
): Promise<Required<Written>> {
  const hash = createHash('sha256');
  async function* hashed(): AsyncGenerator<Uint8Array> {
    for await (const chunk of bytes) {
      hash.update(chunk);
      yield chunk;
    }
  }
  return { bytes: await writeBytes(target, hashed(), options), sha256: hash.digest('hex') };
}

/**
 * Writes the new file `target` and returns its size in bytes.
 * @param options.sparse leaves out runs of zeros; the file reads the same.
 * @param options.mtime its date, where the file system takes one.
 */
export async function writeBytes(
  target: string,
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  options: { sparse?: boolean; mtime?: Date } = {},
): Promise<number> {
  const handle = await open(target, 'wx', 0o644);
  try {
    let size = 0;
    let writing: Promise<void> = Promise.resolve();
    for await (const chunk of gathered(bytes)) {
      await writing;
      writing = options.sparse === true ? writeSparse(handle, chunk, size) : writeAll(handle, chunk, size);
      writing.catch(() => undefined); // awaited at the next chunk, or never, when the bytes themselves fail first
      size += chunk.length;
    }
    await writing;
    if (options.sparse === true) await handle.truncate(size);
    if (options.mtime !== undefined) await dated(handle.utimes(options.mtime, options.mtime));
    await handle.sync();
    return size;
  } finally {
    await handle.close();
  }
}

/** Dates are a courtesy: some network and FUSE file systems refuse them to everybody but the owner, and no content is lost. */
export async function dated(setting: Promise<void>): Promise<void> {
  await setting.catch(() => undefined);
}

/** Small pieces (headers, small files) joined, so that a write is worth its system call. */
async function* gathered(bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let waiting: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of bytes) {
    waiting.push(chunk);
    length += chunk.length;
    if (length < GATHERED) continue;
    yield joined(waiting);
    waiting = [];
    length = 0;
  }
  if (length > 0) yield joined(waiting);
}

function joined(chunks: Uint8Array[]): Uint8Array {
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks);
}

async function writeSparse(handle: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  let from = 0; // start of the data not written yet
  let at = 0;
  while (at < chunk.length) {
    const end = Math.min(at + HOLE, chunk.length);
    if (ZEROS.compare(chunk, at, end, 0, end - at) === 0) {
      if (from < at) await writeAll(handle, chunk.subarray(from, at), position + from);
      from = end;
    }
    at = end;
  }
  if (from < chunk.length) await writeAll(handle, chunk.subarray(from), position + from);
}

async function writeAll(handle: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < chunk.length) {
    done += (await handle.write(chunk, done, chunk.length - done, position + done)).bytesWritten;
  }
}
