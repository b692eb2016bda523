/** LZMA2, the method inside of xz: chunks of at most 2 MiB, each raw or LZMA, decoded one by one with the dictionary between them. */
import { LzmaDecoder } from './lzma-decoder.ts';

/** A chunk holds no more, packed and unpacked. */
const LARGEST_PACKED = 1 << 16;
const LARGEST_CHUNK = 1 << 21;
/** xz -9 needs 64 MiB. */
export const LARGEST_DICTIONARY = 256 * 1024 * 1024;

/** Bytes in order, as many as are asked for; `at` counts them. */
export interface ForwardReader {
  readonly at: number;
  /** Exactly `length` bytes. @throws Fault 'truncated' past the end. */
  take(length: number): Promise<Buffer>;
}

/** In bytes, from the filter's one property byte; undefined for what is none. */
export function dictionarySize(property: number): number | undefined {
  if (property > 40) return undefined;
  return property === 40 ? 0xffffffff : (2 | (property & 1)) * 2 ** ((property >> 1) + 11);
}

/**
 * What comes out, chunk by chunk, up to the mark of the end.
 * @param dictionary in bytes; @param expected most bytes that come out in all, if known: no more memory is taken than for these.
 * @throws Error for damage.
 */
export async function* lzma2(
  input: ForwardReader,
  dictionary: number,
  expected = Number.POSITIVE_INFINITY,
): AsyncGenerator<Buffer, void, undefined> {
  // Whole paragraphs, since the decoder's contexts go by the position modulo 16.
  const history = Math.ceil(Math.min(dictionary, expected, LARGEST_DICTIONARY) / 16) * 16;
  const decoder = new LzmaDecoder(Buffer.allocUnsafeSlow(history + LARGEST_CHUNK));
  let isFirst = true;
  for (;;) {
    const control = (await input.take(1)).readUInt8();
    if (control === 0) return;
    if (control > 2 && control < 0x80) throw new Error(`a chunk of unknown kind ${control}`);
    const resetsDictionary = control === 1 || control >= 0xe0;
    if (isFirst && !resetsDictionary) throw new Error('the first chunk needs a dictionary');
    isFirst = false;
    if (resetsDictionary) decoder.position = 0;
    const sizes = await input.take(control < 0x80 ? 2 : 4);
    const size = (control < 0x80 ? 0 : (control & 0x1f) << 16) + sizes.readUInt16BE(0) + 1;
    makeRoom(decoder, history, size);
    const start = decoder.position;
    if (control < 0x80) decoder.copy(await input.take(size));
    else {
      const packedSize = sizes.readUInt16BE(2) + 1;
      if (packedSize > LARGEST_PACKED) throw new RangeError(`${packedSize} in two bytes`);
      if (control >= 0xc0) decoder.setProperties((await input.take(1)).readUInt8());
      else if (control >= 0xa0) decoder.resetState();
      const ended = decoder.decode(await input.take(packedSize), start + size);
      if (ended || !decoder.isAtEnd) throw new Error('a chunk does not end where it must');
    }
    yield Buffer.from(decoder.out.subarray(start, decoder.position));
  }
}

function makeRoom(decoder: LzmaDecoder, history: number, size: number): void {
  if (decoder.position + size <= decoder.out.length) return;
  const shift = Math.floor((decoder.position - history) / 16) * 16;
  decoder.out.copyWithin(0, shift, decoder.position);
  decoder.position -= shift;
}
