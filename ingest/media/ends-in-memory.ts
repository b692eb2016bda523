/** A source whose first and last bytes are at hand: what tells formats apart lies there, and each of them looks. */
import { type ByteSource, checkWindow } from './media.ts';

/** Bytes. The head reaches the volume descriptors of a disc; the tail holds every footer that is looked for. */
const HEAD_SIZE = 65_536;
const TAIL_SIZE = 4096;

/** Reads them at once. Closing it leaves `source` open; what it gives out is shared, and not to be written to. */
export async function endsInMemory(source: ByteSource): Promise<ByteSource> {
  const { size } = source;
  if (size <= HEAD_SIZE + TAIL_SIZE) return withEnds(source, await source.read(0, size), Buffer.alloc(0));
  return withEnds(source, await source.read(0, HEAD_SIZE), await source.read(size - TAIL_SIZE, TAIL_SIZE));
}

function withEnds(source: ByteSource, head: Buffer, tail: Buffer): ByteSource {
  const { size } = source;
  const tailOffset = size - tail.length;
  return {
    size,
    async read(offset, length) {
      checkWindow(size, offset, length, 'the file');
      if (offset + length <= head.length) return head.subarray(offset, offset + length);
      if (offset >= tailOffset) return tail.subarray(offset - tailOffset, offset - tailOffset + length);
      return source.read(offset, length);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** The ends of bytes that pass anyway, for what can only be read in order: its tail alone would cost all of it again. */
export class PassingEnds {
  size = 0;
  readonly #head: Buffer[] = [];
  #tail: Buffer = Buffer.alloc(0);

  /** The next bytes; they may be changed afterwards. */
  take(bytes: Buffer): void {
    if (this.size < HEAD_SIZE) this.#head.push(Buffer.from(bytes.subarray(0, HEAD_SIZE - this.size)));
    const last = bytes.subarray(-TAIL_SIZE);
    this.#tail = last.length === TAIL_SIZE ? Buffer.from(last) : Buffer.concat([this.#tail, last]).subarray(-TAIL_SIZE);
    this.size += bytes.length;
  }

  /** @param source has what was taken, all of it. As endsInMemory(). */
  over(source: ByteSource): ByteSource {
    if (source.size !== this.size) throw new RangeError(`${this.size} of ${source.size} bytes passed`);
    return withEnds(source, Buffer.concat(this.#head), this.#tail);
  }
}
