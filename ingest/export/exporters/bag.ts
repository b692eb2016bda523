/**
 * The bag as a folder, ready to be used where it lies.
 *
 * Runs of zeros become holes; files and folders carry the day of sealing where the file system lets them. Permissions are the
 * umask's: what was private to its archivist does not become public by being exported.
 */
import { mkdir, readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { escaped, Fault, FaultKind, isSystemError, syncFolder } from '../../kernel/index.ts';
import type { ExportEntry, Exporter } from '../exporter.ts';
import { dated, writeBytes } from '../write-bytes.ts';

/** Files up to this size, in bytes, are written and fsynced several at once: alone, each would wait for the disk's journal. */
const SMALL = 1 << 20;
const AT_ONCE = 16;

export const exporter: Exporter = {
  id: 'bag',
  title: 'BagIt bag in a folder',
  extension: '',
  async write(contents, target) {
    const underway = new Set<Promise<number>>();
    let bytes = 0;
    try {
      for await (const entry of contents.entries()) {
        const path = join(target, entry.path);
        if (entry.kind === 'folder') {
          await named(entry, mkdir(path, 0o755));
        } else if (entry.size > SMALL) {
          bytes += await named(entry, writeBytes(path, entry.read(), { sparse: true, mtime: contents.sealedAt }));
        } else {
          const content = await held(entry.read());
          const work = named(entry, writeBytes(path, content, { sparse: true, mtime: contents.sealedAt }));
          underway.add(work);
          void work.then(
            () => underway.delete(work),
            () => undefined, // stays, and is thrown at the next race
          );
          bytes += entry.size;
          if (underway.size >= AT_ONCE) await Promise.race(underway);
        }
      }
      await Promise.all(underway);
    } finally {
      await Promise.allSettled(underway); // nobody may still write when the folder is thrown away
    }
    await settle(target, contents.sealedAt);
    return { bytes };
  },
};

async function held(bytes: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return chunks;
}

/** A name that is there already, in a folder that was new, is another name of the package. */
async function named<T>(entry: ExportEntry, making: Promise<T>): Promise<T> {
  try {
    return await making;
  } catch (error) {
    if (!isSystemError(error) || error.code !== 'EEXIST') throw error;
    throw new Fault(
      FaultKind.Refused,
      'export/name-collision',
      `the file system of the target takes "${escaped(entry.path)}" and another name of the package for the same; ` +
        'export to a file system that tells them apart, or as tar',
      { path: entry.path },
      { cause: error },
    );
  }
}

/** Dates and durability of every folder, when nothing more is put into it. */
async function settle(folder: string, mtime: Date): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await settle(join(folder, entry.name), mtime);
  }
  await dated(utimes(folder, mtime, mtime));
  await syncFolder(folder);
}
