/** Several sources end to end as one: the pieces of a split image. */
import { type ByteSource, checkWindow } from './media.ts';

/** Takes the pieces over: closing the chain closes them all. */
export function chainSource(pieces: readonly ByteSource[]): ByteSource {
  const starts: number[] = [];
  let size = 0;
  for (const piece of pieces) {
    starts.push(size);
    size += piece.size;
  }

  /** The last piece that starts at or before `offset`; empty pieces never win over the one after them. */
  const pieceAt = (offset: number): number => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  };

  return {
    size,
    async read(offset, length) {
      checkWindow(size, offset, length, `the set of ${pieces.length} pieces`);
      const parts: Buffer[] = [];
      let at = offset;
      for (let i = pieceAt(offset); at < offset + length; i++) {
        const piece = pieces[i];
        if (piece === undefined) throw new RangeError(`no piece ${i}`);
        const from = at - (starts[i] ?? 0);
        const take = Math.min(piece.size - from, offset + length - at);
        if (take > 0) parts.push(await piece.read(from, take));
        at += take;
      }
      const [only] = parts;
      return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts, length);
    },
    fileAt(offset, length) {
      const index = pieceAt(offset);
      const piece = pieces[index];
      const from = offset - (starts[index] ?? 0);
      return piece !== undefined && from + length <= piece.size ? piece.fileAt?.(from, length) : undefined;
    },
    async [Symbol.asyncDispose]() {
      const closed = await Promise.allSettled(pieces.map((piece) => piece[Symbol.asyncDispose]()));
      for (const result of closed) if (result.status === 'rejected') throw result.reason;
    },
  };
}
