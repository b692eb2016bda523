/** A thread that makes windows of a medium: reads the packed bytes itself, unpacks and checks them, and puts each in its place. */
import { readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { constants, inflateRawSync, inflateSync } from 'node:zlib';
import { adler32 } from './codecs/adler32.ts';
import { FIELD_COUNT, Field, NO_MARK, PieceKind, type WindowAnswer, type WindowTask } from './window-task.ts';

/** Pieces that lie this near each other are read at once, up to so many bytes. */
const GAP = 16 * 1024;
const READ_AT_ONCE = 1024 * 1024;
const MARK_SIZE = 12;
/** So little holds one byte over and over, mostly zeros, and so does its neighbour. */
const SMALL = 160;

interface Piece {
  readonly fd: number;
  readonly at: number;
  readonly packedLength: number;
  readonly start: number;
  readonly size: number;
  readonly kind: number;
  readonly mark: number;
}

let scratch = Buffer.alloc(0);

function makeWindow({ id, length, pieces, memory }: WindowTask): WindowAnswer {
  const bytes = memory ?? Buffer.allocUnsafeSlow(length).buffer;
  const out = Buffer.from(bytes, 0, length);
  const failed: number[] = [];
  const count = pieces.length / FIELD_COUNT;
  const unpacker = new Unpacker(out);
  for (let index = 0; index < count; ) {
    const first = pieceAt(pieces, index);
    if (first.kind === PieceKind.stored) {
      if (!filled(first.fd, out.subarray(first.start, first.start + first.size), first.at)) failed.push(index);
      index++;
      continue;
    }
    const group = [first];
    let end = first.at + first.packedLength;
    for (let next = index + 1; next < count; next++) {
      const piece = pieceAt(pieces, next);
      const stop = Math.max(end, piece.at + piece.packedLength);
      const isNear = piece.fd === first.fd && piece.at - end <= GAP && stop - first.at <= READ_AT_ONCE;
      if (piece.kind === PieceKind.stored || !isNear) break;
      group.push(piece);
      end = stop;
    }
    if (scratch.length < end - first.at) scratch = Buffer.allocUnsafeSlow(Math.max(READ_AT_ONCE, end - first.at));
    const isRead = filled(first.fd, scratch.subarray(0, end - first.at), first.at);
    for (const piece of group) {
      const from = piece.at - first.at;
      if (!isRead || !unpacker.unpack(piece, scratch.subarray(from, from + piece.packedLength))) failed.push(index);
      index++;
    }
  }
  return { id, length, bytes, failed };
}

function pieceAt(pieces: Float64Array, index: number): Piece {
  const field = (which: number): number => pieces[index * FIELD_COUNT + which] ?? 0;
  return {
    fd: field(Field.Fd),
    at: field(Field.At),
    packedLength: field(Field.PackedLength),
    start: field(Field.Start),
    size: field(Field.Size),
    kind: field(Field.Kind),
    mark: field(Field.Mark),
  };
}

/** Whether all of `into` could be read. */
function filled(fd: number, into: Buffer, at: number): boolean {
  try {
    for (let done = 0; done < into.length; ) {
      const count = readSync(fd, into, done, into.length - done, at + done);
      if (count === 0) return false;
      done += count;
    }
    return true;
  } catch {
    return false; // read once more where the reason is told
  }
}

class Unpacker {
  /** The last small stream, and where its bytes are. */
  #small: Buffer | undefined;
  #smallStart = 0;
  #smallSize = 0;

  constructor(private readonly out: Buffer) {}

  /** Whether `packed` becomes exactly `size` bytes, and its checksum is right. */
  unpack({ kind, mark, start, size }: Piece, packed: Buffer): boolean {
    const stream = mark === NO_MARK ? packed : behind(mark, packed);
    if (stream === undefined) return false;
    if (kind === PieceKind.adler32) {
      if (stream.length !== size + 4 || stream.readUInt32LE(size) !== adler32(stream, 0, size)) return false;
      stream.copy(this.out, start, 0, size);
      return true;
    }
    if (this.#small !== undefined && this.#smallSize === size && this.#small.equals(stream)) {
      this.out.copyWithin(start, this.#smallStart, this.#smallStart + size);
      return true;
    }
    const bytes = inflated(kind === PieceKind.zlib, stream, size);
    if (bytes?.length !== size) return false;
    bytes.copy(this.out, start);
    if (stream.length <= SMALL) {
      this.#small = Buffer.from(stream);
      this.#smallStart = start;
      this.#smallSize = size;
    }
    return true;
  }
}

function behind(mark: number, packed: Buffer): Buffer | undefined {
  if (packed.length < MARK_SIZE || packed.readBigUInt64LE(0) !== BigInt(mark)) return undefined;
  const length = packed.readUInt32LE(8);
  return length === 0 || length > packed.length - MARK_SIZE ? undefined : packed.subarray(MARK_SIZE, MARK_SIZE + length);
}

function inflated(hasHeader: boolean, stream: Buffer, size: number): Buffer | undefined {
  // One byte more than may come out, so that a stream that is longer shows itself and none is ever blown up.
  const options = { chunkSize: Math.max(64, size + 1), maxOutputLength: size + 1, finishFlush: constants.Z_FINISH };
  try {
    return (hasHeader ? inflateSync : inflateRawSync)(stream, options);
  } catch {
    return undefined; // unpacked once more where the reason is told
  }
}

parentPort?.on('message', (task: WindowTask) => {
  const answer = makeWindow(task);
  parentPort?.postMessage(answer, [answer.bytes]);
});
