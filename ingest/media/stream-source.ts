/**
 * Unpacked bytes that can only be made in order, as a ByteSource.
 *
 * Reads that go forward cost nothing twice; the last 16 MiB can be read again. Anything before them is made anew from the nearest
 * start: the blocks of xz and bzip2, the frames of zstd; a gzip file has one start only, its beginning.
 */
import { Fault, FaultKind } from '../kernel/index.ts';
import { type ByteSource, checkWindow } from './media.ts';

const KEPT_SIZE = 16 * 1024 * 1024;
const READ_AT_ONCE = 256 * 1024;

export interface StreamSettings {
  /** For messages: `the gzip stream`. */
  readonly what: string;
  /** In bytes, unpacked. */
  readonly size: number;
  /** Where the bytes of each part begin, unpacked; ascending, the first is 0. */
  readonly starts: ArrayLike<number>;
  /** The bytes of one part, in order. Closed early when no more are wanted. */
  part(index: number): AsyncIterable<Buffer>;
}

interface Piece {
  readonly offset: number;
  readonly bytes: Buffer;
}

/** Closing it closes the stream it is in; never what that reads from. */
export function streamSource(settings: StreamSettings): ByteSource {
  const { size, what, starts } = settings;
  let kept: Piece[] = [];
  let keptSize = 0;
  let position = 0;
  let part = 0;
  let stream: AsyncIterator<Buffer> | undefined;
  let last: Promise<unknown> = Promise.resolve();

  const close = async (): Promise<void> => {
    const open = stream;
    stream = undefined;
    await open?.return?.();
  };

  const startBefore = (offset: number): number => {
    let low = 0;
    for (let high = starts.length - 1; low < high; ) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  };

  const seek = async (offset: number): Promise<void> => {
    const index = startBefore(offset);
    const start = starts[index] ?? 0;
    const isAhead = offset >= (kept[0]?.offset ?? position);
    if (isAhead && start <= position) return;
    await close();
    kept = [];
    keptSize = 0;
    position = start;
    part = index;
  };

  const next = async (): Promise<Piece> => {
    for (;;) {
      stream ??= settings.part(part)[Symbol.asyncIterator]();
      const { done, value } = await stream.next();
      if (done !== true) {
        const piece = { offset: position, bytes: value };
        position += value.length;
        kept.push(piece);
        keptSize += value.length;
        while (keptSize > KEPT_SIZE && kept.length > 1) keptSize -= kept.shift()?.bytes.length ?? 0;
        return piece;
      }
      stream = undefined;
      const end = part + 1 < starts.length ? (starts[part + 1] ?? size) : size;
      if (position !== end || part + 1 >= starts.length) {
        const message = `${what} ends after ${position} bytes; ${end} were promised; it is damaged`;
        throw new Fault(FaultKind.Corrupt, 'media/stream-short', message, { got: position, expected: end });
      }
      part++;
    }
  };

  const fill = async (offset: number, length: number): Promise<Buffer> => {
    if (length === 0) return Buffer.alloc(0);
    await seek(offset);
    const out = Buffer.allocUnsafe(length);
    const copy = ({ offset: at, bytes }: Piece, done: number): number => {
      const from = offset + done - at;
      if (from < 0 || from >= bytes.length) return done;
      return done + bytes.copy(out, done, from, Math.min(bytes.length, from + length - done));
    };
    let done = 0;
    for (const piece of kept) done = copy(piece, done);
    try {
      while (done < length) done = copy(await next(), done);
    } catch (error) {
      kept = [];
      keptSize = 0;
      position = Number.POSITIVE_INFINITY; // so that the next read begins anew
      await close();
      throw error;
    }
    return out;
  };

  return {
    size,
    read(offset, length) {
      const made = last.then(() => {
        checkWindow(size, offset, length, what);
        return fill(offset, length);
      });
      last = made.catch(() => undefined);
      return made;
    },
    async [Symbol.asyncDispose]() {
      await last;
      await close();
    },
  };
}

/** The bytes of `source` from `offset` to `end`, in order. */
export async function* bytesOf(source: ByteSource, offset: number, end: number): AsyncGenerator<Buffer, void, undefined> {
  for (let at = offset; at < end; ) {
    const bytes = await source.read(at, Math.min(READ_AT_ONCE, end - at));
    yield bytes;
    at += bytes.length;
  }
}

/**
 * The same pieces, so many bytes later: what ends with a checksum has told by then whether the bytes are right.
 * All of a stream of at most `size` bytes is held; of a longer one at least the last piece.
 */
export async function* heldBack(stream: AsyncIterable<Buffer>, size = 0): AsyncGenerator<Buffer, void, undefined> {
  const held: Buffer[] = [];
  let heldSize = 0;
  for await (const bytes of stream) {
    while (held.length > 0 && heldSize > size) {
      const first = held.shift() ?? bytes;
      heldSize -= first.length;
      yield first;
    }
    held.push(bytes);
    heldSize += bytes.length;
  }
  yield* held;
}

/** The first bytes of a stream, at most `most`; the stream is closed. */
export async function headOf(stream: AsyncIterable<Buffer>, most: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const bytes of stream) {
    parts.push(bytes);
    length += bytes.length;
    if (length >= most) break;
  }
  return Buffer.concat(parts).subarray(0, most);
}
