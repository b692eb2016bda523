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

export const exporter: Exporter = {
  id: 'bag',
  title: 'BagIt bag in a folder',
  extension: '',
  async write(contents, target) {
    let bytes = 0;
    for await (const entry of contents.entries()) bytes += await make(entry, target, contents.sealedAt);
    await settle(target, contents.sealedAt);
    return { bytes };
  },
};

async function make(entry: ExportEntry, target: string, mtime: Date): Promise<number> {
  const path = join(target, entry.path);
  try {
    if (entry.kind === 'file') return await writeBytes(path, entry.read(), { sparse: true, mtime });
    await mkdir(path, 0o755);
    return 0;
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
