/** Files of Applesauce (WOZ, A2R): a mark, then chunks of an id, a size and that many bytes. */
import { Fault, FaultKind, ascii, escaped, layout, u8 } from '../../kernel/index.ts';
import type { ByteSource, MediaFacts } from '../media.ts';

export interface AppleChunk {
  readonly id: string;
  /** Of its first byte after id and size, in the file. */
  readonly offset: number;
  readonly size: number;
}

const MOST_CHUNKS = 1000;

/** The chunks from `start` on; one that is cut off is given as far as it goes, with a warning. */
export async function chunksFrom(container: ByteSource, start: number, format: string, warnings: Fault[]): Promise<AppleChunk[]> {
  const chunks: AppleChunk[] = [];
  for (let at = start; at + 8 <= container.size && chunks.length < MOST_CHUNKS; ) {
    const head = await container.read(at, 8);
    const id = head.toString('latin1', 0, 4);
    const size = head.readUInt32LE(4);
    const there = Math.min(size, container.size - at - 8);
    if (there < size) {
      const message = `chunk "${escaped(head.subarray(0, 4))}" has ${size} bytes and ${there} are there; the file is cut`;
      warnings.push(new Fault(FaultKind.Truncated, `${format}/chunk-cut`, message, { size, there }));
    }
    chunks.push({ id, offset: at + 8, size: there });
    at += 8 + size;
  }
  return chunks;
}

/** INFO of WOZ and A2R begin alike, but for the disk type, which stands before or after the program's name. */
export const infoOfWoz = layout('WOZ INFO chunk', 37, {
  version: [0, u8],
  diskType: [1, u8],
  writeProtected: [2, u8],
  synchronised: [3, u8],
  cleaned: [4, u8],
  creator: [5, ascii(32)],
});

export const infoOfA2r = layout('A2R INFO chunk', 36, {
  version: [0, u8],
  creator: [1, ascii(32)],
  diskType: [33, u8],
  writeProtected: [34, u8],
  synchronised: [35, u8],
});

/** Program and its version out of `Applesauce v1.88.4`. */
export function toolFacts(creator: string): MediaFacts {
  const text = escaped(Buffer.from(creator, 'latin1')).trim();
  if (text === '') return {};
  const found = /^(.*?)\s+v?(\d[\w.]*)$/.exec(text);
  return found === null ? { captureTool: text } : { captureTool: found[1] ?? text, captureToolVersion: found[2] ?? '' };
}

const META: Readonly<Record<string, string>> = {
  title: 'title',
  subtitle: 'subtitle',
  publisher: 'publisher',
  developer: 'developer',
  copyright: 'copyright',
  version: 'contentVersion',
  language: 'language',
  side: 'side',
  side_name: 'sideName',
  contributor: 'contributor',
  notes: 'notes',
  image_date: 'capturedAt',
};
const META_SIZE = 65_536;

/** Lines of a name, a tab and a value, in UTF-8. */
export async function metaFacts(container: ByteSource, chunks: readonly AppleChunk[]): Promise<MediaFacts> {
  const chunk = chunks.find(({ id }) => id === 'META');
  if (chunk === undefined) return {};
  const bytes = await container.read(chunk.offset, Math.min(chunk.size, META_SIZE));
  const facts: Record<string, string> = {};
  for (const line of bytes.toString('utf8').split('\n')) {
    const [key = '', value = ''] = line.split('\t', 2);
    const name = Object.hasOwn(META, key) ? META[key] : undefined;
    const text = escaped(Buffer.from(value, 'utf8')).trim();
    if (name !== undefined && text !== '') facts[name] = text;
  }
  return facts;
}

/** Ticks of one byte each, 255 going on in the next. @param tickNs nanoseconds in a tick. */
export function intervalsOf(bytes: Uint8Array, tickNs: number): Float64Array {
  const intervals = new Float64Array(bytes.length);
  let count = 0;
  let ticks = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    ticks += byte;
    if (byte === 255) continue;
    intervals[count++] = ticks * tickNs;
    ticks = 0;
  }
  return intervals.subarray(0, count);
}
