/** One chunk unpacked and checked: every byte that comes out has a checksum behind it. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import { adler32 } from '../codecs/adler32.ts';
import { bzip2 } from '../codecs/bzip2.ts';
import { wholeZlib } from '../codecs/deflate.ts';

/** Chunks that pack to so little hold one byte over and over, mostly zeros: unpacked once, they are remembered. */
const SMALL = 160;
const REMEMBERED = 4 * 1024 * 1024;

/** Unpacks the chunks of one medium. */
export class Unpacker {
  readonly #small = new Map<string, Promise<Buffer>>();
  #remembered = 0;

  unpack(kind: 'zlib' | 'bzip2' | 'stored' | 'bare', packed: Buffer, size: number): Promise<Buffer> {
    if (kind === 'stored') return this.stored(packed, size);
    if (kind !== 'bare') return this.packed(kind, packed, size);
    return packed.length === size ? Promise.resolve(packed) : Promise.reject(wrongSize(packed.length, size));
  }

  /** Bytes followed by their Adler-32. @throws Fault 'ewf/chunk-checksum', 'ewf/chunk-size'. */
  async stored(packed: Buffer, size: number): Promise<Buffer> {
    if (packed.length !== size + 4) throw wrongSize(packed.length - 4, size);
    const stored = packed.readUInt32LE(size);
    const found = adler32(packed, 0, size);
    if (stored === found) return packed.subarray(0, size);
    const message = `a chunk does not match its checksum (Adler-32 ${hex(found)}, stored ${hex(stored)}); it was changed after the imaging`;
    throw new Fault(FaultKind.Corrupt, 'ewf/chunk-checksum', message, { found: hex(found), stored: hex(stored) });
  }

  /** A stream that checks itself. @throws Fault 'media/chunk-damaged', 'media/chunk-too-long', 'ewf/chunk-size'. */
  async packed(codec: 'zlib' | 'bzip2', packed: Buffer, size: number): Promise<Buffer> {
    if (packed.length > SMALL) return exactly(size, await unpack(codec, packed, size));
    const key = `${size} ${packed.toString('latin1')}`;
    let found = this.#small.get(key);
    if (found === undefined) {
      found = unpack(codec, packed, size).then((out) => exactly(size, out));
      if (this.#remembered + size <= REMEMBERED) {
        this.#remembered += size;
        this.#small.set(key, found);
      }
    }
    return found;
  }
}

/** At most `size` bytes, the stream complete. */
export async function unpack(codec: 'zlib' | 'bzip2', packed: Buffer, size: number): Promise<Buffer> {
  return codec === 'zlib' ? wholeZlib(packed, size) : bzip2(packed, size);
}

function exactly(size: number, out: Buffer): Buffer {
  if (out.length !== size) throw wrongSize(out.length, size);
  return out;
}

function wrongSize(found: number, size: number): Fault {
  const message = `a chunk holds ${Math.max(0, found)} bytes instead of ${size}; the image is cut or damaged there`;
  return new Fault(FaultKind.Corrupt, 'ewf/chunk-size', message, { found, size });
}

const hex = (n: number): string => n.toString(16).padStart(8, '0');
