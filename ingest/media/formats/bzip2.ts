/**
 * An image compressed with bzip2 (.bz2).
 *
 * It says no size, so opening unpacks all of it once, and notes where each block begins: reading begins at any of them.
 * Not read: randomised blocks (bzip2 before 0.9.5).
 */
import { Fault, FaultKind } from '../../kernel/index.ts';
import { LARGEST_PACKED_BLOCK, TooLong, type Bzip2Part, readPart, streamCrc } from '../codecs/bzip2-block.ts';
import { bzip2Level } from '../codecs/bzip2.ts';
import { corrupt } from '../codecs/codec.ts';
import { type ByteSource, Confidence, type MediaFormat } from '../media.ts';
import { headOf, streamSource } from '../stream-source.ts';
import { checkContentSize, wrappedMedia } from '../wrapped/wrapped-media.ts';

const HEADER_SIZE = 4;
/** A block of 900,000 bytes holds at most 51 times as much, as runs. */
const LARGEST_BLOCK = 51 * 900_000;
const WINDOW = 4 * 1024 * 1024;
/** 100,000 bytes may become 4 GiB and no more: a file that says less in more is no disk. */
const MOST_OF_ONE = 40_000;
const MOST_OF_ANY = 64 * 1024 * 1024;

interface Step {
  readonly part: Bzip2Part;
  readonly level: number;
  /** Where the part begins in the file, in bits. */
  readonly bit: number;
}

export const format: MediaFormat = {
  id: 'bzip2',
  title: 'bzip2',
  sources: ['bzip2 1.0.8 decompress.c', 'J. Tsai, BZIP2: Format Specification'],
  puid: 'x-fmt/268',

  async probe(container) {
    if (container.size < 14) return Confidence.No;
    const head = await container.read(0, 10);
    return bzip2Level(head) !== undefined && head.toString('latin1', 4) === '1AY&SY' ? Confidence.Likely : Confidence.No;
  },

  async inside(container, most) {
    return { head: await headOf(blocksFrom(container), most) };
  },

  async open(container, companions) {
    const starts: number[] = [];
    const places: { bit: number; level: number }[] = [];
    let size = 0;
    for await (const { part, bit, level } of steps(container)) {
      if (part.kind === 'end') continue;
      starts.push(size);
      places.push({ bit, level });
      size += part.bytes.length;
      checkContentSize('bzip2', size);
      if (size > MOST_OF_ANY + container.size * MOST_OF_ONE) {
        const message = `the bzip2 file becomes more than ${MOST_OF_ONE} times as large; unpack it and deposit the image itself`;
        throw new Fault(FaultKind.Unsupported, 'bzip2/ratio', message, { size, packedSize: container.size });
      }
    }
    checkContentSize('bzip2', size);
    const what = 'the content of the bzip2 file';
    const part = async function* (index: number) {
      const place = places[index];
      if (place === undefined) throw new RangeError(`no block ${index}`);
      const found = await partAt(new Window(container), place.bit, place.level);
      if (found.kind === 'block') yield found.bytes;
    };
    return wrappedMedia({ format: 'bzip2', container, companions, source: streamSource({ what, size, starts, part }) });
  },
};

async function* blocksFrom(container: ByteSource): AsyncGenerator<Buffer, void, undefined> {
  for await (const { part } of steps(container)) if (part.kind === 'block') yield part.bytes;
}

/** All blocks and ends of streams, one stream after the other, with the CRC of each. */
async function* steps(container: ByteSource): AsyncGenerator<Step, void, undefined> {
  const window = new Window(container);
  for (let at = 0; at < container.size; ) {
    const level = bzip2Level(await window.take(at, HEADER_SIZE));
    if (level === undefined) {
      if (at > 0) return; // what follows the last stream is no part of it, as bzip2 itself has it
      throw corrupt('bzip2', new Error('it does not begin like one'));
    }
    let crc = 0;
    for (let bit = (at + HEADER_SIZE) * 8; ; ) {
      const part = await partAt(window, bit, level);
      if (part.kind === 'end' && part.crc !== crc)
        throw corrupt('bzip2', new Error(`the stream has the CRC ${crc.toString(16)} instead of ${part.crc.toString(16)}`));
      yield { part, level, bit };
      bit = part.endBit;
      if (part.kind === 'end') {
        at = Math.ceil(bit / 8);
        break;
      }
      crc = streamCrc(crc, part.crc);
    }
  }
}

/** `endBit` is the file's. */
async function partAt(window: Window, bit: number, level: number): Promise<Bzip2Part> {
  const at = Math.floor(bit / 8);
  const bytes = await window.take(at, LARGEST_PACKED_BLOCK);
  try {
    const part = readPart(bytes, bit - at * 8, level, LARGEST_BLOCK);
    return { ...part, endBit: part.endBit + at * 8 };
  } catch (error) {
    throw corrupt('bzip2', error instanceof TooLong ? new Error('a block is larger than any') : error);
  }
}

class Window {
  private bytes: Buffer = Buffer.alloc(0);
  private start = 0;

  constructor(private readonly source: ByteSource) {}

  /** As many bytes as are there, `length` at most; a view. */
  async take(at: number, length: number): Promise<Buffer> {
    const wanted = Math.min(length, this.source.size - at);
    if (at < this.start || at + wanted > this.start + this.bytes.length) {
      this.bytes = await this.source.read(at, Math.min(Math.max(WINDOW, wanted), this.source.size - at));
      this.start = at;
    }
    return this.bytes.subarray(at - this.start, at - this.start + wanted);
  }
}
