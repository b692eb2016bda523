/** Finds out what lies at a path by its first bytes, never by its name. */
import { open, stat } from 'node:fs/promises';
import { BagItError, reason } from './bagit-error.ts';
import { DirectorySource } from './directory.ts';
import type { BagSource } from './source.ts';
import { TarSource } from './tar-source.ts';
import { ZipSource } from './zip-source.ts';

/** @throws BagItError 'not-found' or 'not-a-bag'. */
export async function openSource(path: string): Promise<BagSource> {
  try {
    const stats = await stat(path);
    if (stats.isDirectory()) return await DirectorySource.open(path);
    if (!stats.isFile()) throw new BagItError('not-a-bag', `${path} is neither a directory nor a file`);
    const head = await firstBlock(path);
    const magic = head.toString('latin1', 0, 4);
    if (/^PK(?:\x03\x04|\x05\x06|\x06\x06)/.test(magic)) return new ZipSource(path);
    if (magic.startsWith('\x1f\x8b')) return new TarSource(path, true);
    if (head.toString('latin1', 257, 262) === 'ustar' || /\.tar$/i.test(path)) return new TarSource(path, false);
  } catch (error) {
    if (error instanceof BagItError) throw error;
    throw new BagItError('not-found', `${path} can't be opened: ${reason(error)}`, { cause: error });
  }
  throw new BagItError('not-a-bag', `${path} is neither a directory nor a tar, a gzipped tar or a zip`);
}

async function firstBlock(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.alloc(512);
    await file.read(buffer, 0, 512, 0);
    return buffer;
  } finally {
    await file.close();
  }
}
