/** xz in memory: its first stream, with the check of each block. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import { type Codec, corrupt, tooLong } from './codec.ts';
import type { ForwardReader } from './lzma2.ts';
import { HEADER_SIZE, NotDecoded, blockOf, streamHeader } from './xz-format.ts';

/** Bytes after the first stream's blocks (index, further streams) are not looked at. */
export const xz: Codec = async (packed, size) => {
  const parts: Buffer[] = [];
  let length = 0;
  try {
    const input = bufferReader(packed);
    const check = streamHeader(await input.take(HEADER_SIZE));
    for (;;) {
      const first = (await input.take(1)).readUInt8();
      if (first === 0) return Buffer.concat(parts, length);
      for await (const bytes of blockOf(input, first, check, size - length)) {
        length += bytes.length;
        if (length > size) throw tooLong('xz', size);
        parts.push(bytes);
      }
    }
  } catch (error) {
    throw xzFault(error);
  }
};

/** The Fault for what xz-format.ts throws. */
export function xzFault(error: unknown): Fault {
  if (error instanceof Fault) return error;
  if (!(error instanceof NotDecoded)) return corrupt('xz', error);
  return new Fault(
    FaultKind.Unsupported,
    'media/xz-not-decoded',
    `an xz stream is not decoded: ${error.message}`,
    {},
    { cause: error },
  );
}

function bufferReader(bytes: Buffer): ForwardReader {
  let at = 0;
  return {
    get at() {
      return at;
    },
    take(length) {
      if (length > bytes.length - at) return Promise.reject(new Error('the data end too early'));
      at += length;
      return Promise.resolve(bytes.subarray(at - length, at));
    },
  };
}
