/** A floppy's container in memory: read whole (it is small), then walked with every step checked. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import { type ByteSource, checkWindow } from '../media.ts';

/** No container of sectors is larger: the largest floppies hold 3 MB, and copies of weak sectors add a few more. */
const LARGEST_CONTAINER = 16 * 1024 * 1024;

/** Most bytes that its sectors may make: a few bytes of a damaged image can stand for many. */
export const LARGEST_MEDIUM = 32 * 1024 * 1024;

/** A damaged image can be wrong in every sector; so many places tell enough. */
export const MOST_WARNINGS = 64;

/** @throws Fault 'floppy/too-large' above 16 MiB, before anything is read. */
export async function readWhole(container: ByteSource, format: string): Promise<Buffer> {
  const { size } = container;
  if (size <= LARGEST_CONTAINER) return container.read(0, size);
  const message = `the file has ${size} bytes; a floppy image of this kind (${format}) has ${LARGEST_CONTAINER} at most`;
  throw new Fault(FaultKind.Unsupported, 'floppy/too-large', message, { format, size, limit: LARGEST_CONTAINER });
}

export function memorySource(bytes: Buffer): ByteSource {
  return {
    size: bytes.length,
    read(offset, length) {
      checkWindow(bytes.length, offset, length, 'the medium');
      return Promise.resolve(Buffer.from(bytes.subarray(offset, offset + length)));
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Walks over bytes. Every step past the end is a Fault 'floppy/cut' that names what was to be read. */
export class Cursor {
  at: number;
  #made = 0;
  readonly #bytes: Buffer;
  readonly #format: string;

  constructor(bytes: Buffer, format: string, at = 0) {
    this.#bytes = bytes;
    this.#format = format;
    this.at = at;
  }

  get isAtEnd(): boolean {
    return this.at >= this.#bytes.length;
  }

  /** A view of the next `length` bytes. */
  take(length: number, what: string): Buffer {
    const size = this.#bytes.length;
    if (length > size - this.at) {
      const message = `the image ends at byte ${size}, within ${what} (byte ${this.at}, ${length} bytes); ask for a whole copy`;
      throw new Fault(FaultKind.Truncated, 'floppy/cut', message, { format: this.#format, size, at: this.at, length });
    }
    this.at += length;
    return this.#bytes.subarray(this.at - length, this.at);
  }

  /** Zeros to unpack into. @throws Fault 'floppy/too-many' when all that were made are more than 32 MiB. */
  make(length: number): Buffer {
    this.#made += length;
    if (this.#made > LARGEST_MEDIUM) throw tooMany(this.#format);
    return Buffer.alloc(length);
  }

  u8(what: string): number {
    return this.take(1, what).readUInt8();
  }

  u16le(what: string): number {
    return this.take(2, what).readUInt16LE();
  }

  u16be(what: string): number {
    return this.take(2, what).readUInt16BE();
  }
}

/**
 * Runs `act`; that the image ends or is damaged within it becomes a warning, for what was read until there is good.
 * @throws what is no damage but a bomb: more than a floppy can hold.
 */
export function untilDamage(warnings: Fault[], act: () => void): void {
  try {
    act();
  } catch (error) {
    const isDamage = error instanceof Fault && (error.kind === FaultKind.Truncated || error.kind === FaultKind.Corrupt);
    if (!isDamage || error.code.startsWith('floppy/too-many')) throw error;
    if (warnings.length < MOST_WARNINGS) warnings.push(error);
  }
}

export function tooMany(format: string, limit = LARGEST_MEDIUM): Fault {
  const message = `the sectors of the image (${format}) make more than ${limit} bytes; no floppy holds as many, its tables are damaged`;
  return new Fault(FaultKind.Corrupt, 'floppy/too-many', message, { format, limit });
}
