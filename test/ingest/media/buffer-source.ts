/** Bytes in memory as a ByteSource, for tests that make their own input. */
import type { ByteSource } from '#ingest/media';
import { checkWindow } from '#built/ingest/media/media';

export function bufferSource(bytes: Buffer): ByteSource {
  return {
    size: bytes.length,
    read(offset, length) {
      try {
        checkWindow(bytes.length, offset, length, 'the buffer');
      } catch (error) {
        return Promise.reject(error);
      }
      return Promise.resolve(Buffer.from(bytes.subarray(offset, offset + length)));
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
