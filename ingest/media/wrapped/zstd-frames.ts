/** The frames of a .zst file (RFC 8878), walked by the headers of their blocks, which tell where each ends without unpacking. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import { forwardReader } from '../codecs/forward-reader.ts';
import type { ByteSource } from '../media.ts';

const MAGIC = 0xfd2fb528;
const SKIPPABLE = 0x184d2a50;
const LARGEST_WINDOW = 128 * 1024 * 1024;
const LARGEST_BLOCK = 128 * 1024;
const MOST_FRAMES = 1 << 20;

export interface Frame {
  readonly at: number;
  readonly end: number;
  /** Of its content, where it says so. */
  readonly size?: number;
}

/** Frames with content, in order. @throws Fault 'zstd/damaged', 'zstd/window', 'zstd/dictionary', 'zstd/too-many-frames'. */
export async function framesOf(container: ByteSource): Promise<Frame[]> {
  const input = forwardReader(container, 0, container.size);
  const skip = async (length: number): Promise<void> => {
    for (let left = length; left > 0; left -= LARGEST_BLOCK) await input.take(Math.min(left, LARGEST_BLOCK));
  };
  const frames: Frame[] = [];
  try {
    while (input.at < container.size) {
      const at = input.at;
      const magic = (await input.take(4)).readUInt32LE();
      if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE) {
        await skip((await input.take(4)).readUInt32LE());
        continue;
      }
      if (magic !== MAGIC) throw new Error(`no frame begins at byte ${at}`);
      if (frames.length >= MOST_FRAMES)
        throw new Fault(FaultKind.Unsupported, 'zstd/too-many-frames', `the zstd file has more than ${MOST_FRAMES} frames`, {
          limit: MOST_FRAMES,
        });
      const descriptor = (await input.take(1)).readUInt8();
      const size = await frameHeader(input, descriptor);
      for (let isLast = false; !isLast; ) {
        const block = (await input.take(3)).readUIntLE(0, 3);
        isLast = (block & 1) === 1;
        const type = (block >> 1) & 3;
        if (type === 3 || block >> 3 > LARGEST_BLOCK) throw new Error(`a block at byte ${input.at} is damaged`);
        await input.take(type === 1 ? 1 : block >> 3);
      }
      if ((descriptor & 4) !== 0) await input.take(4);
      frames.push({ at, end: input.at, ...(size === undefined ? {} : { size }) });
    }
  } catch (error) {
    if (error instanceof Fault) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new Fault(FaultKind.Corrupt, 'zstd/damaged', `the zstd file is damaged or cut: ${reason}`, {}, { cause: error });
  }
  return frames;
}

/** @returns the size of the content, where the header says it. */
async function frameHeader(input: ReturnType<typeof forwardReader>, descriptor: number): Promise<number | undefined> {
  const isSingle = (descriptor & 0x20) !== 0;
  const sizeWidth = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  const dictionaryWidth = [0, 1, 2, 4][descriptor & 3] ?? 0;
  if ((descriptor & 8) !== 0) throw new Error('a frame has flags of a later version');
  const windowByte = isSingle ? 0 : (await input.take(1)).readUInt8();
  const dictionary = await input.take(dictionaryWidth);
  if (dictionary.some((byte) => byte !== 0))
    throw new Fault(
      FaultKind.Unsupported,
      'zstd/dictionary',
      'the zstd file needs a dictionary that it does not hold; unpack it with zstd -D',
    );
  const bytes = await input.take(sizeWidth);
  let size: number | undefined;
  if (sizeWidth === 1) size = bytes.readUInt8();
  else if (sizeWidth === 2) size = bytes.readUInt16LE() + 256;
  else if (sizeWidth === 4) size = bytes.readUInt32LE();
  else if (sizeWidth === 8) {
    size = Number(bytes.readBigUInt64LE());
    if (!Number.isSafeInteger(size)) throw new Error('a frame says a size that no number can count');
  }
  const exponent = 10 + (windowByte >> 3);
  const window = isSingle ? Math.min(size ?? 0, LARGEST_WINDOW) : 2 ** exponent * (1 + (windowByte & 7) / 8);
  if (window > LARGEST_WINDOW) {
    const message = `the zstd file needs ${window} bytes of memory; up to ${LARGEST_WINDOW} are taken: unpack it with zstd --long and deposit the image`;
    throw new Fault(FaultKind.Unsupported, 'zstd/window', message, { window });
  }
  return size;
}
