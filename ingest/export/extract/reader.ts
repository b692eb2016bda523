/** The bytes of one file of a disk on their way out: digested, and compared with what the survey found. */
import { createHash } from 'node:crypto';
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { ByteSource } from '../../media/index.ts';
import type { ExtractedFile } from './extraction.ts';

const PIECE = 1 << 20;

/** Read once; `sha256` is known when the bytes are over. */
export class Reader {
  #written = '';

  constructor(
    private readonly file: ExtractedFile,
    private readonly header: Uint8Array,
    private readonly source: ByteSource,
    private readonly onBytes: (count: number) => void,
  ) {}

  /** Of what was written, header and all. */
  get sha256(): string {
    return this.#written;
  }

  /** Why the disk does not give the bytes, if it doesn't. */
  async tried(): Promise<Fault | undefined> {
    try {
      for (let at = 0; at < this.file.size; at += PIECE) await this.source.read(at, Math.min(PIECE, this.file.size - at));
      return undefined;
    } catch (error) {
      if (error instanceof Fault && error.kind !== FaultKind.Unreadable) return error;
      throw error;
    }
  }

  async *bytes(signal: AbortSignal | undefined): AsyncGenerator<Uint8Array, void, undefined> {
    const { size, sha256 } = this.file;
    const content = createHash('sha256');
    const written = createHash('sha256').update(this.header);
    if (this.header.length > 0) yield this.header;
    if (this.source.size !== size) throw altered(this.file, `it has ${this.source.size} bytes and not ${size}`);
    for (let at = 0; at < size; at += PIECE) {
      signal?.throwIfAborted();
      const bytes = await this.source.read(at, Math.min(PIECE, size - at)).catch((error: unknown) => {
        if (error instanceof Fault && error.kind !== FaultKind.Unreadable) throw altered(this.file, error.message, error);
        throw error;
      });
      content.update(bytes);
      written.update(bytes);
      this.onBytes(bytes.length);
      yield bytes;
    }
    const found = content.digest('hex');
    if (sha256 !== undefined && found !== sha256) throw altered(this.file, `its SHA-256 is ${found} and not ${sha256}`);
    this.#written = written.digest('hex');
  }
}

export function altered({ number, path, sha256 }: ExtractedFile, what: string, cause?: Fault): Fault {
  const message = `"${path}" in volume ${number} is not what was surveyed: ${what}; nothing was extracted. Audit the package`;
  return new Fault(FaultKind.Corrupt, 'extract/altered', message, { path, volume: number, sha256: sha256 ?? '' }, { cause });
}
