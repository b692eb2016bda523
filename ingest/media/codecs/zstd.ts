/** Zstandard (RFC 8878): Node's own decoder where this Node has one, on the system's thread pool; else zstddec's, in WebAssembly. */
import * as nodeZlib from 'node:zlib';
import { ZSTDDecoder } from 'zstddec';
import { type Codec, corrupt, tooLong } from './codec.ts';

const FRAME = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50; // and the fifteen after it
const HEADER_SIZES = { dictionary: [0, 1, 2, 4], content: [0, 2, 4, 8] } as const;

type Native = (packed: Buffer, options: { maxOutputLength: number }, done: (error: Error | null, out: Buffer) => void) => void;
/** From Node 22.15 on. */
const native = (nodeZlib as { readonly zstdDecompress?: Native }).zstdDecompress;

/**
 * Frames one after the other, until `size` bytes are out. Bytes after the end of the last one are not looked at: a container
 * rounds lengths up, and what follows belongs to others.
 */
export const zstd: Codec = async (packed, size) => {
  const parts: Buffer[] = [];
  let got = 0;
  for (let at = 0; got < size && at < packed.length; ) {
    const frame = frameAt(packed, at);
    if (frame === undefined) {
      if (parts.length > 0) break;
      throw corrupt('zstd', 'no complete frame is there');
    }
    if (frame.hasContent) {
      if ((frame.contentSize ?? 0) > size - got) throw tooLong('zstd', size);
      const part = await unpacked(packed.subarray(at, at + frame.length), size - got);
      got += part.length;
      parts.push(part);
    }
    at += frame.length;
  }
  const [only] = parts;
  return parts.length === 1 && only !== undefined ? only : Buffer.concat(parts, got);
};

interface Frame {
  /** In bytes, with header and checksum. */
  readonly length: number;
  readonly hasContent: boolean;
  /** What its header promises to unpack to; it need not. */
  readonly contentSize?: number;
}

/** Walks the headers of the frame's blocks to its end; undefined when no whole frame is there. */
function frameAt(bytes: Buffer, start: number): Frame | undefined {
  if (start + 8 > bytes.length) return undefined;
  const magic = bytes.readUInt32LE(start);
  if (magic >= SKIPPABLE && magic < SKIPPABLE + 16) {
    const length = 8 + bytes.readUInt32LE(start + 4);
    return start + length > bytes.length ? undefined : { length, hasContent: false };
  }
  if (magic !== FRAME) return undefined;
  const descriptor = bytes.readUInt8(start + 4);
  const isSingle = (descriptor & 0x20) !== 0;
  const contentWidth = isSingle && descriptor >> 6 === 0 ? 1 : (HEADER_SIZES.content[descriptor >> 6] ?? 0);
  const contentAt = start + 5 + (isSingle ? 0 : 1) + (HEADER_SIZES.dictionary[descriptor & 3] ?? 0);
  let at = contentAt + contentWidth;
  for (let isLast = false; !isLast; ) {
    if (at + 3 > bytes.length) return undefined;
    const block = bytes.readUIntLE(at, 3);
    isLast = (block & 1) !== 0;
    const isRepeated = ((block >> 1) & 3) === 1; // one byte stands for all
    at += 3 + (isRepeated ? 1 : block >> 3);
  }
  if ((descriptor & 4) !== 0) at += 4;
  if (at > bytes.length) return undefined;
  const contentSize = contentSizeAt(bytes, contentAt, contentWidth);
  return { length: at - start, hasContent: true, ...(contentSize === undefined ? {} : { contentSize }) };
}

function contentSizeAt(bytes: Buffer, at: number, width: number): number | undefined {
  if (width === 0) return undefined;
  if (width === 8) return bytes.readUInt32LE(at + 4) * 0x1_0000_0000 + bytes.readUInt32LE(at);
  return bytes.readUIntLE(at, width) + (width === 2 ? 256 : 0);
}

/** One whole frame. */
async function unpacked(frame: Buffer, size: number): Promise<Buffer> {
  const out = native === undefined ? await byWebAssembly(frame, size) : await byNode(native, frame, size);
  if (out.length > size) throw tooLong('zstd', size);
  return out;
}

function byNode(decompress: Native, frame: Buffer, size: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    decompress(frame, { maxOutputLength: size + 1 }, (error, out) => {
      if (error === null) resolve(out);
      else
        reject((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? tooLong('zstd', size) : corrupt('zstd', error));
    });
  });
}

let decoder: Promise<ZSTDDecoder> | undefined;

async function byWebAssembly(frame: Buffer, size: number): Promise<Buffer> {
  decoder ??= (async () => {
    const made = new ZSTDDecoder();
    await made.init();
    return made;
  })();
  // It never writes more than it is told, and answers every failure with no bytes at all.
  const out = (await decoder).decode(frame, size + 1);
  if (out.length === 0) throw corrupt('zstd', 'it does not unpack to what it may');
  return Buffer.from(out.buffer, out.byteOffset, out.byteLength);
}
