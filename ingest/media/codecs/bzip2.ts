/** bzip2 by seek-bzip: pure JavaScript, on the main thread; its block checksums are checked. */
import Bunzip from 'seek-bzip';
import { Fault } from '../../kernel/index.ts';
import { type Codec, corrupt, tooLong } from './codec.ts';

/** One bzip2 stream. Bytes after its end are not looked at. */
export const bzip2: Codec = (packed, size) => {
  const out = Buffer.allocUnsafe(size);
  let length = 0;
  let at = 0;
  const readByte = (): number => {
    const byte = packed[at++];
    if (byte === undefined) throw new RangeError('it ends too early');
    return byte;
  };
  const input = {
    readByte,
    read(into: Buffer, offset: number, count: number): number {
      for (let i = 0; i < count; i++) into[offset + i] = readByte();
      return count;
    },
    eof: () => at >= packed.length,
  };
  const output = {
    writeByte(byte: number): void {
      if (length >= size) throw tooLong('bzip2', size);
      out[length++] = byte;
    },
  };
  try {
    Bunzip.decode(input, output);
  } catch (error) {
    return Promise.reject(error instanceof Fault ? error : corrupt('bzip2', error));
  }
  return Promise.resolve(out.subarray(0, length));
};
