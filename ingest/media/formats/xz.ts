/** An image compressed with xz (.xz). Its index tells the size of each block: reading begins at any of them. Filters besides LZMA2 are not read. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import { forwardReader } from '../codecs/forward-reader.ts';
import { FOOTER_SIZE, HEADER_SIZE, blockOf, padded, readIndex, streamFooter, streamHeader } from '../codecs/xz-format.ts';
import { xzFault } from '../codecs/xz.ts';
import { type ByteSource, Confidence, type MediaFormat } from '../media.ts';
import { heldBack, streamSource } from '../stream-source.ts';
import { checkContentSize, wrappedMedia } from '../wrapped/wrapped-media.ts';

const LARGEST_INDEX = 64 * 1024 * 1024;
/** A block up to this size is given out only when its check was right; of larger ones only the end waits for it. */
const HELD_SIZE = 32 * 1024 * 1024;
const MOST_BLOCKS = 1 << 21;
const MOST_STREAMS = 1 << 16;
const SMALLEST_STREAM = HEADER_SIZE + 8 + FOOTER_SIZE;

interface Block {
  /** Of its header in the file, and of its bytes in the content. */
  readonly at: number;
  readonly start: number;
  readonly unpaddedSize: number;
  readonly size: number;
  readonly check: number;
}

export const format: MediaFormat = {
  id: 'xz',
  title: 'xz',
  sources: ['The .xz File Format 1.2.1', 'LZMA SDK, DOC/lzma-specification.txt'],
  puid: 'fmt/1098',

  async probe(container) {
    if (container.size < SMALLEST_STREAM) return Confidence.No;
    return (await container.read(0, 6)).toString('latin1') === '\xfd7zXZ\0' ? Confidence.Likely : Confidence.No;
  },

  async inside(container, most) {
    const { source } = await contentOf(container, 0);
    try {
      return { head: await source.read(0, Math.min(most, source.size)) };
    } finally {
      await source[Symbol.asyncDispose]();
    }
  },

  async open(container, companions) {
    const { source } = await contentOf(container, HELD_SIZE);
    return wrappedMedia({ format: 'xz', container, companions, source });
  },
};

async function contentOf(container: ByteSource, heldSize: number): Promise<{ source: ByteSource }> {
  const blocks = await blocksOf(container);
  const last = blocks.at(-1);
  const size = last === undefined ? 0 : last.start + last.size;
  checkContentSize('xz', size);
  const starts = Float64Array.from(blocks, ({ start }) => start);
  const part = (index: number) => {
    const block = blocks[index];
    if (block === undefined) throw new RangeError(`no block ${index}`);
    return heldBack(unpacked(container, block), heldSize);
  };
  return { source: streamSource({ what: 'the content of the xz file', size, starts, part }) };
}

async function* unpacked(
  container: ByteSource,
  { at, unpaddedSize, size, check }: Block,
): AsyncGenerator<Buffer, void, undefined> {
  try {
    const input = forwardReader(container, at, at + padded(unpaddedSize));
    const first = (await input.take(1)).readUInt8();
    if (first === 0) throw new Error('a block is missing');
    const found = yield* blockOf(input, first, check, size);
    if (found !== size || input.at !== at + padded(unpaddedSize))
      throw new Error(`a block has ${found} bytes instead of ${size}`);
  } catch (error) {
    throw xzFault(error);
  }
}

/** From the end: each stream's footer, its index, and so its beginning. */
async function blocksOf(container: ByteSource): Promise<Block[]> {
  const streams: Block[][] = [];
  let blockCount = 0;
  try {
    for (let end = await withoutPadding(container, container.size); end > 0; ) {
      const stream = await streamEndingAt(container, end);
      blockCount += stream.blocks.length;
      if (blockCount > MOST_BLOCKS || streams.length > MOST_STREAMS) {
        const message = `the xz file has more than ${MOST_BLOCKS} blocks or ${MOST_STREAMS} streams; unpack it and deposit the image itself`;
        throw new Fault(FaultKind.Unsupported, 'xz/too-many-blocks', message, { limit: MOST_BLOCKS });
      }
      streams.push(stream.blocks);
      end = await withoutPadding(container, stream.start);
    }
  } catch (error) {
    throw xzFault(error);
  }
  let start = 0;
  return streams.toReversed().flatMap((blocks) =>
    blocks.map((block) => {
      const placed = { ...block, start };
      start += block.size;
      return placed;
    }),
  );
}

async function streamEndingAt(container: ByteSource, end: number): Promise<{ start: number; blocks: Block[] }> {
  if (end < SMALLEST_STREAM) throw new Error('it is cut');
  const { indexSize, check } = streamFooter(await container.read(end - FOOTER_SIZE, FOOTER_SIZE));
  if (indexSize > end - FOOTER_SIZE - HEADER_SIZE || indexSize > LARGEST_INDEX)
    throw new Error(`it says an index of ${indexSize} bytes`);
  const records = readIndex(await container.read(end - FOOTER_SIZE - indexSize, indexSize));
  const length = records.reduce((sum, { unpaddedSize }) => sum + padded(unpaddedSize), 0);
  const start = end - FOOTER_SIZE - indexSize - length - HEADER_SIZE;
  if (!(start >= 0)) throw new Error('its index says more than there is');
  if (streamHeader(await container.read(start, HEADER_SIZE)) !== check) throw new Error('its beginning and its end differ');
  let at = start + HEADER_SIZE;
  const blocks: Block[] = [];
  for (const { unpaddedSize, size } of records) {
    blocks.push({ at, start: 0, unpaddedSize, size, check });
    at += padded(unpaddedSize);
  }
  return { start, blocks };
}

/** Streams may be followed by zeros, four by four. */
async function withoutPadding(container: ByteSource, from: number): Promise<number> {
  for (let end = from; end > 0; ) {
    const size = Math.min(end, 4096);
    const bytes = await container.read(end - size, size);
    const last = bytes.findLastIndex((byte) => byte !== 0);
    if (last < 0) end -= size;
    else {
      const found = end - size + last + 1;
      if ((from - found) % 4 !== 0) throw new Error('it is followed by bytes that are no part of it');
      return found;
    }
  }
  return 0;
}
