/**
 * A second, independent read, before anything is called damaged: a new descriptor, and past the system's cache where that
 * can be done (O_DIRECT), so that a bit that fell over in memory is not taken for one on the medium. Synchronous.
 */
import { closeSync, constants, openSync, readSync } from 'node:fs';

const ALIGNMENT = 4096;
/** Most bytes of one read. */
export const LOOK_MAX = 1 << 20;
/** Not every system has all of these, whatever the types say. */
const flags: Readonly<Partial<Record<string, number>>> = constants;
const O_DIRECT = flags['O_DIRECT'] ?? 0;
/** Never blocks on a pipe, never follows a link out of the package. */
export const READ_FLAGS = constants.O_RDONLY | (flags['O_NOFOLLOW'] ?? 0) | (flags['O_NONBLOCK'] ?? 0);

type Pages = new (size: { initial: number }) => { readonly buffer: ArrayBuffer };

let aligned: Buffer | undefined;
/** Memory on a page boundary, as O_DIRECT wants it. Of Node's allocations only WebAssembly's are promised to be. */
function alignedBuffer(): Buffer {
  const { Memory } = (globalThis as unknown as { WebAssembly: { Memory: Pages } }).WebAssembly;
  aligned ??= Buffer.from(new Memory({ initial: LOOK_MAX / 65536 }).buffer);
  return aligned;
}

export class SecondLook implements Disposable {
  readonly #path: string;
  #fd: number;
  #direct: boolean;

  /** @throws the system's error when it can't be opened. */
  constructor(path: string) {
    this.#path = path;
    this.#direct = O_DIRECT !== 0;
    try {
      this.#fd = openSync(path, READ_FLAGS | O_DIRECT);
    } catch (error) {
      if (!this.#direct || (error as NodeJS.ErrnoException).code !== 'EINVAL') throw error;
      this.#direct = false; // tmpfs and some network file systems
      this.#fd = openSync(path, READ_FLAGS);
    }
  }

  /**
   * Up to `length` (at most LOOK_MAX) bytes from `offset`, a multiple of 4096; fewer only at the end of the file.
   * The buffer is valid until the next read.
   */
  read(offset: number, length: number): Buffer {
    const buffer = alignedBuffer();
    let at = 0;
    while (at < length) {
      const got = this.#readSome(buffer, at, length, offset);
      if (got === 0) break;
      at += got;
      // Only the end of the file, or an odd file system, gives less than a page: the rest is read the plain way.
      if (this.#direct && at % ALIGNMENT !== 0 && at < length) this.#readPlain();
    }
    return buffer.subarray(0, Math.min(at, length));
  }

  #readSome(buffer: Buffer, at: number, length: number, offset: number): number {
    const wish = this.#direct ? Math.ceil((length - at) / ALIGNMENT) * ALIGNMENT : length - at;
    try {
      return readSync(this.#fd, buffer, at, wish, offset + at);
    } catch (error) {
      if (!this.#direct || (error as NodeJS.ErrnoException).code !== 'EINVAL') throw error;
      this.#readPlain();
      return this.#readSome(buffer, at, length, offset);
    }
  }

  #readPlain(): void {
    const plain = openSync(this.#path, READ_FLAGS);
    closeSync(this.#fd);
    this.#fd = plain;
    this.#direct = false;
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}
