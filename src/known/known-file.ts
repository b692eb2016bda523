/** A file of digests of known files, by whoever made it: which form it has, and the digests in it. */
import { open, stat } from 'node:fs/promises';
import { Fault, FaultKind, isSystemError, wordsOfSystemError } from '#ingest/kernel';
import { listDigests } from './digest-list.ts';
import type { DigestsRead } from './lines.ts';
import { nsrlDatabaseDigests } from './nsrl-database.ts';
import { isNsrlHeading, nsrlTextDigests } from './nsrl-text.ts';

/** NSRL RDS 2 (NSRLFile.txt), NSRL RDS 3 (a SQLite database), a list of digests. */
export type KnownFormat = 'nsrl-2' | 'nsrl-3' | 'list';

export interface KnownFile {
  readonly format: KnownFormat;
  /** Bytes. */
  readonly size: number;
  /** @throws Fault 'known/…' at the first that is none. */
  readonly read: () => AsyncIterable<DigestsRead>;
}

const HEAD_BYTES = 4096;

/** What people try that has to be unpacked or saved anew first. */
const OTHERS: readonly (readonly [Buffer, string])[] = [
  [Buffer.from('PK'), 'a zip file; unpack it first'],
  [Buffer.from([0x1f, 0x8b]), 'packed with gzip; unpack it first'],
  [Buffer.from([0x37, 0x7a, 0xbc, 0xaf]), 'a 7z file; unpack it first'],
  [Buffer.from([0xff, 0xfe]), 'text in UTF-16; save it as UTF-8'],
  [Buffer.from([0xfe, 0xff]), 'text in UTF-16; save it as UTF-8'],
];

/** @throws Fault 'known/no-such-file', 'known/not-a-file', 'known/not-readable', 'known/wrong-form'. */
export async function openKnownFile(path: string): Promise<KnownFile> {
  const { size, head } = await headOf(path);
  const other = OTHERS.find(([magic]) => head.subarray(0, magic.length).equals(magic));
  if (other !== undefined) throw new Fault(FaultKind.Refused, 'known/wrong-form', `${path} is ${other[1]}`, { path });
  if (head.toString('latin1', 0, 16) === 'SQLite format 3\0')
    return { format: 'nsrl-3', size, read: () => nsrlDatabaseDigests(path, size) };
  const isNsrl = isNsrlHeading(head.toString('latin1').split(/\r?\n/, 1)[0] ?? '');
  return isNsrl
    ? { format: 'nsrl-2', size, read: () => nsrlTextDigests(path) }
    : { format: 'list', size, read: () => listDigests(path) };
}

async function headOf(path: string): Promise<{ size: number; head: Buffer }> {
  try {
    // Looked at before it is opened: a pipe would wait for whoever writes to it.
    const { size } = await stat(path).then((stats) => {
      if (stats.isFile()) return stats;
      throw new Fault(FaultKind.Refused, 'known/not-a-file', `${path} is no regular file; name a file with digests`, { path });
    });
    const file = await open(path);
    try {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
      return { size, head: buffer.subarray(0, bytesRead) };
    } finally {
      await file.close();
    }
  } catch (error) {
    throw isSystemError(error) ? notReadable(path, error) : error;
  }
}

function notReadable(path: string, cause: NodeJS.ErrnoException): Fault {
  const message = `the file of known digests ${path} can't be read: ${wordsOfSystemError(cause)}`;
  return cause.code === 'ENOENT'
    ? new Fault(FaultKind.Missing, 'known/no-such-file', message, { path }, { cause })
    : new Fault(FaultKind.Refused, 'known/not-readable', message, { path }, { cause });
}
