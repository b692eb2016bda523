/** Writes a document that is too long to be held, piece by piece, into a new file that is fsynced. */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';

/** @param write gives the pieces to its sink, which returns when there is room for more. @throws what `write` throws, and what the disk says. */
export async function writeDocument(
  path: string,
  write: (sink: (text: string) => Promise<void>) => Promise<unknown>,
): Promise<void> {
  await using handle = await open(path, 'wx');
  const stream = createWriteStream(path, { fd: handle.fd, autoClose: false });
  const failed = once(stream, 'error').then(([error]: unknown[]) => Promise.reject(error as Error));
  failed.catch(() => undefined);
  await write(async (text) => {
    if (!stream.write(text)) await Promise.race([once(stream, 'drain'), failed]);
  });
  stream.end();
  await Promise.race([once(stream, 'finish'), failed]);
  await handle.sync();
}
