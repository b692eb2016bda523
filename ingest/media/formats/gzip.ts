/**
 * An image compressed with gzip (.gz; .adz and .ipz are the same).
 *
 * The size of what is inside is nowhere to be trusted (the trailer has it modulo 4 GiB, per member), so opening reads all of it
 * once, unless that was done before; the CRC of each member is compared whenever its end is read. Reading goes forward; going back beyond 16 MiB begins at the beginning again.
 */
import { Fault, FaultKind } from '../../kernel/index.ts';
import { gunzipped } from '../wrapped/inflate-stream.ts';
import { baseName, checkContentSize, wrappedMedia } from '../wrapped/wrapped-media.ts';
import { PassingEnds } from '../ends-in-memory.ts';
import { type ByteSource, Confidence, type MediaFormat } from '../media.ts';
import { bytesOf, headOf, streamSource } from '../stream-source.ts';

const LONGEST_NAME = 255;
const HAS_NAME = 8;
const HAS_EXTRA = 4;

const contentOf = (container: ByteSource) => gunzipped(bytesOf(container, 0, container.size));

export const format: MediaFormat = {
  id: 'gzip',
  title: 'gzip',
  sources: ['RFC 1952'],
  puid: 'x-fmt/266',

  async probe(container) {
    if (container.size < 18) return Confidence.No;
    return (await container.read(0, 3)).equals(Buffer.of(0x1f, 0x8b, 8)) ? Confidence.Likely : Confidence.No;
  },

  async inside(container, most) {
    const name = await nameOf(container);
    return { head: await headOf(contentOf(container), most), ...(name === undefined ? {} : { name }) };
  },

  async open(container, companions) {
    const ends = companions.content === undefined ? await endsOf(contentOf(container)) : undefined;
    const size = ends?.size ?? companions.content?.size ?? 0;
    checkContentSize('gzip', size);
    const part = (): AsyncIterable<Buffer> => noMoreThan(size, contentOf(container));
    const stream = streamSource({ what: 'the content of the gzip file', size, starts: [0], part });
    const close = async (): Promise<void> => {
      await stream[Symbol.asyncDispose]();
    };
    const source = { ...(ends?.over(stream) ?? stream), [Symbol.asyncDispose]: close };
    const name = await nameOf(container);
    return wrappedMedia({ format: 'gzip', container, companions, source, ...(name === undefined ? {} : { name }) });
  },
};

async function endsOf(stream: AsyncIterable<Buffer>): Promise<PassingEnds> {
  const ends = new PassingEnds();
  for await (const bytes of stream) {
    ends.take(bytes);
    checkContentSize('gzip', ends.size);
  }
  return ends;
}

/** The same pieces, the last one only when the stream has ended well: its checksum stands behind them. */
async function* noMoreThan(size: number, stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  let seen = 0;
  let held: Buffer | undefined;
  for await (const bytes of stream) {
    seen += bytes.length;
    if (seen > size) {
      const message = `the gzip file holds more than the ${size} bytes that it held when it was opened first; let it come to rest and start again`;
      throw new Fault(FaultKind.Corrupt, 'gzip/content-longer', message, { size });
    }
    if (held !== undefined) yield held;
    held = bytes;
  }
  if (held !== undefined) yield held;
}

/** The name that the first member has for what is inside. */
async function nameOf(container: ByteSource): Promise<string | undefined> {
  const head = await container.read(0, Math.min(container.size, 10 + 2 + 0xffff + LONGEST_NAME));
  const flags = head[3] ?? 0;
  if ((flags & HAS_NAME) === 0 || head.length < 12) return undefined;
  const start = 10 + ((flags & HAS_EXTRA) === 0 ? 0 : 2 + head.readUInt16LE(10));
  const end = head.indexOf(0, start);
  const name = end < 0 || end - start > LONGEST_NAME ? '' : baseName(head.toString('latin1', start, end));
  return name === '' ? undefined : name;
}
