/**
 * An image in a zip file, alone: a zip of several files is an archive, and nobody can say which of them is the medium.
 *
 * A stored entry is read where it lies, and its CRC compared by whoever reads it whole; a deflated one is read forward, and its CRC
 * compared when that reaches the end.
 */
import { crc32 } from 'node:zlib';
import { Fault, FaultKind, escaped } from '../../kernel/index.ts';
import { inflated } from '../wrapped/inflate-stream.ts';
import { baseName, checkContentSize, wrappedMedia } from '../wrapped/wrapped-media.ts';
import { type ByteSource, Confidence, type MediaFormat, type Verifier } from '../media.ts';
import { rangeSource } from '../range-source.ts';
import { isAff4 } from '../signature-checks.ts';
import { bytesOf, streamSource } from '../stream-source.ts';
import { type ZipEntry, dataOffset, readDirectory } from '../zip/directory.ts';

const STORED = 0;
const DEFLATED = 8;
const NAMES_SHOWN = 5;

export const format: MediaFormat = {
  id: 'zip',
  title: 'ZIP archive',
  sources: ['PKWARE APPNOTE.TXT 6.3.10'],
  puid: 'x-fmt/263',

  async probe(container) {
    if (container.size < 22) return Confidence.No;
    const head = await container.read(0, Math.min(container.size, 64));
    if (head.toString('latin1', 0, 4) !== 'PK\x03\x04') return Confidence.No;
    const tailSize = Math.min(container.size, 1536);
    const tail = await container.read(container.size - tailSize, tailSize);
    return isAff4({ head, tail, size: container.size }) ? Confidence.No : Confidence.Likely;
  },

  async inside(container, most) {
    const entry = await onlyFile(container);
    const source = await contentOf(container, entry);
    try {
      return { head: await source.read(0, Math.min(most, source.size)), name: baseName(entry.name) };
    } finally {
      await source[Symbol.asyncDispose]();
    }
  },

  async open(container, companions) {
    const entry = await onlyFile(container);
    const source = await contentOf(container, entry);
    const verifier = entry.method === STORED ? { verifier: (size: number) => verifierOf(entry, size) } : {};
    return wrappedMedia({ format: 'zip', container, companions, source, name: baseName(entry.name), ...verifier });
  },
};

async function onlyFile(container: ByteSource): Promise<ZipEntry> {
  const { entries } = await readDirectory(container);
  // macOS puts the second half of each file beside it.
  const files = entries.filter(({ name }) => !name.endsWith('/') && !name.startsWith('__MACOSX/'));
  const [only, ...others] = files;
  if (only !== undefined && others.length === 0) return only;
  const names = files.slice(0, NAMES_SHOWN).map(({ name }) => escaped(name));
  const what =
    files.length === 0 ? 'no file' : `${files.length} files (${names.join(', ')}${files.length > names.length ? ' …' : ''})`;
  const message = `the zip file holds ${what}; only a zip of one image is read as a medium: unpack it and deposit the image`;
  throw new Fault(FaultKind.Unsupported, 'zip/not-one-file', message, { count: files.length, names });
}

async function contentOf(container: ByteSource, entry: ZipEntry): Promise<ByteSource> {
  const { name, method, size, packedSize, isEncrypted } = entry;
  const what = whatOf(name);
  const refuse = (kind: FaultKind, code: string, why: string): Fault =>
    new Fault(kind, code, `${what} ${why}`, { entry: escaped(name) });
  if (isEncrypted) throw refuse(FaultKind.Unsupported, 'zip/encrypted', 'is encrypted; decrypt it and deposit the image');
  if (method !== STORED && method !== DEFLATED)
    throw refuse(FaultKind.Unsupported, 'zip/method', `is packed by method ${method}; stored and deflated ones are read`);
  // Deflate makes at most 1032 bytes of one.
  if (method === STORED ? size !== packedSize : size > packedSize * 1032)
    throw refuse(FaultKind.Corrupt, 'zip/size', `has ${packedSize} bytes and can't become the ${size} that the directory says`);
  checkContentSize('zip', size);
  const start = await dataOffset(container, entry);
  if (method === STORED) return rangeSource(container, start, size, what);
  const part = () => checked(inflated(bytesOf(container, start, start + packedSize)), entry, refuse);
  return streamSource({ what, size, starts: [0], part });
}

/** The same bytes; the last of them only when all of them have the entry's length and CRC. */
async function* checked(
  stream: AsyncIterable<Buffer>,
  { size, crc }: ZipEntry,
  refuse: (kind: FaultKind, code: string, why: string) => Fault,
): AsyncGenerator<Buffer, void, undefined> {
  let length = 0;
  let own = 0;
  for await (const bytes of stream) {
    length += bytes.length;
    own = crc32(bytes, own);
    if (length > size) throw refuse(FaultKind.Corrupt, 'zip/size', `holds more than the ${size} bytes that the directory says`);
    if (length === size && own !== crc) throw refuse(FaultKind.Corrupt, 'zip/crc', wrongCrc(own, crc));
    yield bytes;
  }
}

/** @param size of the medium, in bytes, which is the entry's content. */
function verifierOf({ name, crc }: ZipEntry, size: number): Verifier {
  let own = 0;
  return {
    update(bytes) {
      own = crc32(bytes, own);
    },
    finish() {
      if (own === crc) return [];
      const facts = { entry: escaped(name), mediumOffset: 0, mediumLength: size };
      return [new Fault(FaultKind.Corrupt, 'zip/crc', `${whatOf(name)} ${wrongCrc(own, crc)}`, facts)];
    },
  };
}

function whatOf(name: string): string {
  return `"${escaped(name)}" in the zip file`;
}

function wrongCrc(own: number, crc: number): string {
  return `has the CRC ${own.toString(16)} instead of ${crc.toString(16)}; it is damaged`;
}
