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

function streamFault(name: string, error: unknown): unknown {
  if (error instanceof Fault || !(error instanceof Error)) return error;
  const { code = '' } = error as NodeJS.ErrnoException;
  const isCut = code === 'Z_BUF_ERROR';
  if (!isCut && !code.startsWith('Z_') && !code.startsWith('ZSTD_')) return error;
  const message = isCut
    ? `the ${name} file ends in the middle; it is cut: copy it again`
    : `the ${name} file is damaged: ${error.message}`;
  return new Fault(
    isCut ? FaultKind.Truncated : FaultKind.Corrupt,
    'media/stream-damaged',
    message,
    { codec: name },
    { cause: error },
  );
}
