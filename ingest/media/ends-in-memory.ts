/** A source whose first and last bytes are at hand: what tells formats apart lies there, and each of them looks. */
import { type ByteSource, checkWindow } from './media.ts';

/** Bytes. The head reaches the volume descriptors of a disc; the tail holds every footer that is looked for. */
const HEAD_SIZE = 65_536;
const TAIL_SIZE = 4096;

/** Reads them at once. Closing it leaves `source` open; what it gives out is shared, and not to be written to. */
export async function endsInMemory(source: ByteSource): Promise<ByteSource> {
  const { size } = source;
  const isSmall = size <= HEAD_SIZE + TAIL_SIZE;
  const head = await source.read(0, isSmall ? size : HEAD_SIZE);
  const tailOffset = isSmall ? size : size - TAIL_SIZE;
  const tail = isSmall ? head.subarray(size) : await source.read(tailOffset, TAIL_SIZE);
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
