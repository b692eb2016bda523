/** Bytes put aside in a private file: what must be written later and may be too much for memory. */
import { createReadStream, type ReadStream } from 'node:fs';
import { appendFile } from 'node:fs/promises';

const GATHERED = 256 << 10;

export class Spool {
  /** In bytes, added so far. */
  size = 0;
  private readonly path: string;
  private waiting: Uint8Array[] = [];
  private waitingBytes = 0;

  /** @param path of the file, which does not exist yet; whoever made its folder removes it. */
  constructor(path: string) {
    this.path = path;
  }

  async add(bytes: Uint8Array): Promise<void> {
    this.waiting.push(bytes);
    this.waitingBytes += bytes.length;
    this.size += bytes.length;
    if (this.waitingBytes >= GATHERED) await this.flush();
  }

  /** From the first byte, when all have been added. */
  async read(): Promise<ReadStream> {
    await this.flush();
    return createReadStream(this.path, { highWaterMark: 1 << 20 });
  }

  private async flush(): Promise<void> {
    await appendFile(this.path, Buffer.concat(this.waiting));
    this.waiting = [];
    this.waitingBytes = 0;
  }
}
