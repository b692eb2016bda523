/** Where extracted files go: a folder, or a zip file. Both take one file after the other. */
import { mkdir, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import { syncFolder } from '../../kernel/index.ts';
import { bytesWhile } from '../library-stream.ts';
import { zipDate } from '../utc-date.ts';
import { dated, writeArchive, writeBytes } from '../write-bytes.ts';

/** Paths are joined by `/`, and safe (safe-names.ts). */
export interface Sink {
  folder(path: string, modified: Date | undefined): Promise<void>;
  file(path: string, size: number, modified: Date | undefined, bytes: AsyncIterable<Uint8Array>): Promise<void>;
}

/** Runs `fill` over a new folder; everything is on the disk, dated, when it is over. */
export async function fillFolder(target: string, fill: (sink: Sink) => Promise<void>): Promise<void> {
  const folders = new Map<string, Date | undefined>();
  const made = async (path: string): Promise<void> => {
    const missing: string[] = [];
    for (let at = path; at !== '.' && !folders.has(at); at = dirname(at)) missing.push(at);
    for (const each of missing.toReversed()) {
      await mkdir(join(target, each), 0o755);
      folders.set(each, undefined);
    }
  };
  await mkdir(target, 0o755);
  await fill({
    async folder(path, modified) {
      await made(path);
      folders.set(path, modified);
    },
    async file(path, _, mtime, bytes) {
      await made(dirname(path));
      await writeBytes(join(target, path), bytes, mtime === undefined ? { sparse: true } : { sparse: true, mtime });
    },
  });
  // Folders were put in after what they are in: backwards, nothing is made in one that was dated.
  for (const [path, modified] of [...folders].toReversed()) {
    if (modified !== undefined) await dated(utimes(join(target, path), modified, modified));
    await syncFolder(join(target, path));
  }
  await syncFolder(target);
}

/** Runs `fill` over a new zip file, entries deflated. @returns its size and SHA-256. */
export async function fillZip(
  target: string,
  otherwise: Date,
  fill: (sink: Sink) => Promise<void>,
): Promise<{ bytes: number; sha256: string }> {
  return writeArchive(target, zipBytes(otherwise, fill));
}

/** The bytes of a zip file while `fill` fills it, entries deflated. When that fails, so does this, before the zip has its end. */
export function zipBytes(otherwise: Date, fill: (sink: Sink) => Promise<void>): AsyncGenerator<Uint8Array, void, undefined> {
  const zip = new ZipFile();
  const output = zip.outputStream as Readable; // a PassThrough; @types/yazl says less
  zip.on('error', (error: Error) => output.destroy(error));
  let current = Readable.from([]);
  // yazl keeps this function with every entry: one for all of them, or it would keep every stream that was read.
  const giveBytes = (give: (error: unknown, stream: Readable) => void): void => give(null, current);
  const filling = async (signal: AbortSignal): Promise<void> => {
    await fill({
      folder(path, modified) {
        zip.addEmptyDirectory(path, { ...zipDate(modified ?? otherwise), mode: 0o40755 });
        return Promise.resolve();
      },
      async file(path, size, modified, bytes) {
        const options = { ...zipDate(modified ?? otherwise), mode: 0o100644, compress: size > 0, size };
        current = Readable.from(bytes, { objectMode: false });
        try {
          zip.addReadStreamLazy(path, options, giveBytes);
          await finished(current, { signal, cleanup: true });
        } finally {
          current.destroy();
        }
      },
    });
    zip.end();
  };
  return bytesWhile(output, filling);
}
