/** Writes a document that is too long to be held, piece by piece, into a new file that is fsynced. */
import { open } from 'node:fs/promises';

/** Pieces are written together when they are this long: UTF-16 units. */
const TOGETHER = 1 << 18;

/** @param write gives the pieces to its sink, which returns when there is room for more. @throws what `write` throws, and what the disk says. */
export async function writeDocument(
  path: string,
  write: (sink: (text: string) => Promise<void>) => Promise<unknown>,
): Promise<void> {
  await using handle = await open(path, 'wx');
  let waiting: string[] = [];
  let length = 0;
  const flush = async (): Promise<void> => {
    const text = waiting.join('');
    waiting = [];
    length = 0;
    await handle.appendFile(text);
  };
  await write(async (text) => {
    waiting.push(text);
    length += text.length;
    if (length >= TOGETHER) await flush();
  });
  await flush();
  await handle.sync();
}
