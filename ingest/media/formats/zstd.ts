/**
 * An image compressed with Zstandard (.zst).
 *
 * Each frame is a place to begin at. A frame that does not say the size of its content is unpacked once when the file is opened.
 */
import { Fault, FaultKind } from '../../kernel/index.ts';
import { type ByteSource, Confidence, type MediaFormat } from '../media.ts';
import { bytesOf, headOf, heldBack, streamSource } from '../stream-source.ts';
import { checkContentSize, wrappedMedia } from '../wrapped/wrapped-media.ts';
import { type Frame, framesOf } from '../wrapped/zstd-frames.ts';
import { unzstd, unzstdFrame } from '../wrapped/zstd-stream.ts';

/** Bytes that wait for the checksum of their frame; a smaller frame is unpacked at once. */
const HELD_SIZE = 16 * 1024 * 1024;
/** A frame may say what it likes; 128 KiB need four bytes at least. */
const MOST_OF_ONE = 40_000;

export const format: MediaFormat = {
  id: 'zstd',
  title: 'Zstandard',
  sources: ['RFC 8878'],

  async probe(container) {
    if (container.size < 9) return Confidence.No;
    return (await container.read(0, 4)).readUInt32LE() === 0xfd2fb528 ? Confidence.Likely : Confidence.No;
  },

  async inside(container, most) {
    const [first] = container.size > HELD_SIZE ? [] : await framesOf(container);
    const stream = first === undefined ? unzstd(bytesOf(container, 0, container.size)) : contentOf(container, first);
    return { head: await headOf(stream, most) };
  },

  async open(container, companions) {
    const frames = await framesOf(container);
    const starts: number[] = [];
    let size = 0;
    for (const frame of frames) {
      starts.push(size);
      size += frame.size ?? (await measured(container, frame));
      checkContentSize('zstd', size);
      if (frame.size !== undefined && frame.size > (frame.end - frame.at) * MOST_OF_ONE) {
        const message = `a frame of ${frame.end - frame.at} bytes says that it holds ${frame.size}; the file is damaged or forged`;
        throw new Fault(FaultKind.Corrupt, 'zstd/size', message, { size: frame.size });
      }
    }
    checkContentSize('zstd', size);
    const part = (index: number) => {
      const frame = frames[index];
      if (frame === undefined) throw new RangeError(`no frame ${index}`);
      return contentOf(container, frame);
    };
    const source = streamSource({ what: 'the content of the zstd file', size, starts, part });
    return wrappedMedia({ format: 'zstd', container, companions, source });
  },
};

async function* contentOf(
  container: ByteSource,
  { at, end, size = Number.POSITIVE_INFINITY }: Frame,
): AsyncGenerator<Buffer, void, undefined> {
  if (size <= HELD_SIZE && end - at <= HELD_SIZE) yield await unzstdFrame(await container.read(at, end - at), size);
  else yield* heldBack(unzstd(bytesOf(container, at, end)), HELD_SIZE);
}

async function measured(container: ByteSource, frame: Frame): Promise<number> {
  let size = 0;
  for await (const bytes of contentOf(container, frame)) size += bytes.length;
  return size;
}
