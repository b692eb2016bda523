/** One regular file as a ByteSource. Its size is taken once, when it is opened. */
import { type FileHandle, open } from 'node:fs/promises';
import { Fault, FaultKind, escaped, wordsOfSystemError } from '../kernel/index.ts';
import { type ByteSource, type FilePlace, type OpenFile, checkWindow } from './media.ts';

/**
 * The caller closes it.
 * @param shownAs what messages call it, where its path says nothing to people.
 * @throws Fault 'unreadable' when the file can't be opened; 'refused' when it is no regular file.
 */
export async function fileSource(path: string, shownAs = path): Promise<ByteSource> {
  let handle: FileHandle;
  try {
    handle = await open(path, 'r');
  } catch (error) {
    throw unreadable(shownAs, error);
  }
  try {
    const stat = await handle.stat();
    if (stat.isFile()) return new FileSource(shownAs, handle, stat.size);
    throw new Fault(FaultKind.Refused, 'media/not-a-file', `"${escaped(shownAs)}" is not a regular file`, { path: shownAs });
  } catch (error) {
    await handle.close();
    throw error;
  }
}

class FileSource implements ByteSource, OpenFile {
  readonly #lent = new Set<Promise<unknown>>();

  constructor(
    private readonly path: string,
    private readonly handle: FileHandle,
    readonly size: number,
  ) {}

  async read(offset: number, length: number): Promise<Buffer> {
    checkWindow(this.size, offset, length, `"${escaped(this.path)}"`);
    const bytes = Buffer.allocUnsafe(length);
    await this.readInto(offset, bytes);
    return bytes;
  }

  fileAt(offset: number, length: number): FilePlace | undefined {
    return offset + length <= this.size ? { file: this, at: offset } : undefined;
  }

  async readInto(offset: number, into: Buffer): Promise<void> {
    const { length } = into;
    checkWindow(this.size, offset, length, `"${escaped(this.path)}"`);
    let done = 0;
    while (done < length) {
      const { bytesRead } = await this.handle.read(into, done, length - done, offset + done).catch((error: unknown) => {
        throw unreadable(this.path, error, offset + done);
      });
      if (bytesRead === 0) {
        const message = `"${escaped(this.path)}" had ${this.size} bytes when it was opened and now ends at byte ${offset + done}; leave it alone while it is read`;
        throw new Fault(FaultKind.Truncated, 'media/shrunk', message, { path: this.path, size: this.size, end: offset + done });
      }
      done += bytesRead;
    }
  }

  async lend<T>(act: (fd: number) => Promise<T>): Promise<T> {
    const lent = act(this.handle.fd);
    this.#lent.add(lent);
    try {
      return await lent;
    } finally {
      this.#lent.delete(lent);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.allSettled(this.#lent); // the number would be another file's, and its bytes the medium's
    await this.handle.close();
  }
}

function unreadable(path: string, cause: unknown, offset?: number): Fault {
  const at = offset === undefined ? '' : ` at byte ${offset}`;
  const message = `"${escaped(path)}" can't be read${at}: ${wordsOfSystemError(cause)}`;
  return new Fault(
    FaultKind.Unreadable,
    'media/unreadable',
    message,
    { path, ...(offset === undefined ? {} : { offset }) },
    { cause },
  );
}
