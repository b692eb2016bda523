/**
 * The bag as one zip file, written by yazl: entries stored, zip64 where a number needs it, names in UTF-8 and flagged so.
 *
 * Sizes and CRC-32 lie behind each file's bytes and in the central directory at the end. Readers that never look there (Java's
 * ZipInputStream, anything that unzips from a pipe) can't take stored entries apart: they need the tar. yazl holds its directory
 * in memory and walks it for each entry, so time grows with the square of their number: from some ten thousand files on, and for
 * large images, tar is the better choice.
 */
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import { escaped, Fault, FaultKind, wordsOfSystemError } from '../../kernel/index.ts';
import type { Contents, ExportEntry, Exporter } from '../exporter.ts';
import { bytesWhile } from '../library-stream.ts';
import { zipDate } from '../utc-date.ts';
import { writeArchive } from '../write-bytes.ts';

/** In bytes, for the package's id and the path together. */
const LONGEST_NAME = 0xffff;

export const exporter: Exporter = {
  id: 'zip',
  title: 'BagIt bag in a zip file',
  extension: '.zip',
  mustTake(id, path) {
    // The library would make it `/`, and programs of Windows do.
    if (path.includes('\\')) throw nameNotForZip(path, 'a backslash in a zip file stands for a folder');
    const length = Buffer.byteLength(`${id}/${path}`);
    if (length > LONGEST_NAME) throw nameNotForZip(path, `it has ${length} bytes, the format takes ${LONGEST_NAME}`);
  },
  async write(contents, target) {
    const zip = new ZipFile();
    const output = zip.outputStream as Readable; // a PassThrough; @types/yazl says less
    zip.on('error', (error: Error) => output.destroy(error));
    return writeArchive(
      target,
      bytesWhile(output, async (signal) => fill(zip, contents, signal)),
    );
  },
};

async function fill(zip: ZipFile, contents: Contents, signal: AbortSignal): Promise<void> {
  const options = zipDate(contents.sealedAt);
  let bytes = Readable.from([]);
  // yazl keeps this function with every entry: one for all of them, or it would keep every stream that was read.
  const giveBytes = (give: (error: unknown, stream: Readable) => void): void => give(null, bytes);
  for await (const entry of contents.entries()) {
    const name = entry.path === '' ? contents.id : `${contents.id}/${entry.path}`;
    if (entry.kind === 'folder') {
      added(entry, () => zip.addEmptyDirectory(name, { ...options, mode: 0o40755 }));
      continue;
    }
    const asked = { ...options, mode: 0o100644, compress: false, size: entry.size };
    bytes = Readable.from(entry.read(), { objectMode: false });
    try {
      added(entry, () => zip.addReadStreamLazy(name, asked, giveBytes));
      await finished(bytes, { signal, cleanup: true }); // one file at a time
    } finally {
      bytes.destroy();
    }
  }
  zip.end();
}

function added(entry: ExportEntry, add: () => void): void {
  try {
    add();
  } catch (error) {
    throw nameNotForZip(entry.path, wordsOfSystemError(error), error);
  }
}

function nameNotForZip(path: string, why: string, cause?: unknown): Fault {
  return new Fault(
    FaultKind.Refused,
    'export/name-not-for-zip',
    `"${escaped(path)}" can't be a name in a zip file: ${why}; nothing was exported. Export as tar or bag`,
    { path },
    { cause },
  );
}
