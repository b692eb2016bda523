/** gzip and deflate as a stream, by Node's zlib, with its errors as Faults. */
import { type Transform, Readable, pipeline } from 'node:stream';
import { type ZlibOptions, createGunzip, createInflateRaw } from 'node:zlib';
import { Fault, FaultKind } from '../../kernel/index.ts';

const OPTIONS: ZlibOptions = { chunkSize: 256 * 1024 };

/** Members follow each other; each CRC is compared. */
export const gunzipped = (packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> =>
  through(packed, createGunzip(OPTIONS), 'gzip');

export const inflated = (packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> =>
  through(packed, createInflateRaw(OPTIONS), 'deflate');

/** @param name of the format, for messages. */
export async function* through(
  packed: AsyncIterable<Buffer>,
  unpack: Transform,
  name: string,
): AsyncGenerator<Buffer, void, undefined> {
  const input = Readable.from(packed, { objectMode: false });
  // Errors of both arrive at the loop below.
  pipeline(input, unpack, () => undefined);
  try {
    for await (const bytes of unpack) yield bytes as Buffer;
  } catch (error) {
    throw streamFault(name, error);
  } finally {
    input.destroy();
    unpack.destroy();
  }
}

/** The source throws Faults; what else has a code is the decoder's. */
function streamFault(name: string, error: unknown): unknown {
  if (error instanceof Fault || !(error instanceof Error) || !('code' in error)) return error;
  const isCut = error.code === 'Z_BUF_ERROR';
  const message = isCut
    ? `the ${name} file ends in the middle; it is cut: copy it again`
    : `the ${name} file is damaged: ${error.message}`;
  const facts = { codec: name };
  return isCut
    ? new Fault(FaultKind.Truncated, 'media/stream-cut', message, facts, { cause: error })
    : new Fault(FaultKind.Corrupt, 'media/stream-damaged', message, facts, { cause: error });
}
