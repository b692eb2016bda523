/** Finds out what lies at a path: by its first bytes, and by its name only when those are damaged. */
import { open, stat } from 'node:fs/promises';
import { BagItError, reason } from './bagit-error.ts';
import { DirectorySource } from './directory.ts';
import type { BagSource } from './source.ts';
import { TarSource } from './tar-source.ts';
import { ZipSource } from './zip-source.ts';

const ZIP = [0x04034b50, 0x06054b50]; // a local file header, or the end record of an empty zip
const GZIP = 0x1f8b;

/** @throws BagItError 'not-found' or 'not-a-bag'. */
export async function openSource(path: string): Promise<BagSource> {
  try {
    const stats = await stat(path);
    if (stats.isDirectory()) return await DirectorySource.open(path);
    if (!stats.isFile()) throw new BagItError('not-a-bag', `${path} is neither a directory nor a file`);
    const head = await firstBlock(path);
    if (ZIP.includes(head.readUInt32LE(0))) return new ZipSource(path);
    if (head.readUInt16BE(0) === GZIP) return new TarSource(path, true);
    if (head.toString('latin1', 257, 262) === 'ustar') return new TarSource(path, false);
    // A damaged head: then the name says what it should have been, and the report what is wrong with it.
    if (/\.zip$/i.test(path)) return new ZipSource(path);
    if (/\.(?:tar|tgz|tar\.gz)$/i.test(path)) return new TarSource(path, !path.toLowerCase().endsWith('.tar'));
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
