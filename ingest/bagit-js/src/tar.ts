/** Tar headers: ustar, pax, GNU long names and base-256 sizes. Does not know what a bag is. */
import { isUtf8 } from 'node:buffer';
import { ArchiveFault } from './archive.ts';
import { shown } from './paths.ts';

/** Bytes in order, from a file or out of a decompressor. */
export interface TarInput {
  /** Of the next byte. */
  readonly position: number;
  /** That many bytes, or fewer at the end. They stay good until the next call. */
  read(length: number): Promise<Buffer>;
  /** False when the input ends before that. */
  skip(length: number): Promise<boolean>;
}

export type TarKind = 'file' | 'directory' | 'link' | 'special' | 'unsupported';

export interface TarEntry {
  readonly kind: TarKind;
  /** When it is not UTF-8, escaped for display, and `utf8` is false. */
  readonly name: string;
  readonly utf8: boolean;
  readonly size: number;
  /** Of the first byte of its content. */
  readonly offset: number;
  /** For people: what kind of thing it is. */
  readonly type: string;
}

const BLOCK = 512;
const LONGEST_HEADER = 1024 * 1024; // a pax header or long name above this is an attack

const MOST_GLOBALS = 1000;

const KINDS: Readonly<Record<string, readonly [TarKind, string]>> = {
  '\0': ['file', 'file'],
  '0': ['file', 'file'],
  '7': ['file', 'contiguous file'],
  '5': ['directory', 'directory'],
  '1': ['link', 'hard link'],
  '2': ['link', 'symbolic link'],
  '3': ['special', 'character device'],
  '4': ['special', 'block device'],
  '6': ['special', 'FIFO'],
  S: ['unsupported', 'GNU sparse file'],
  M: ['unsupported', 'part of a multi-volume archive'],
};

/**
 * The entries in order. After each, the input stands before its content; the caller may read any part of that, and the
 * rest is skipped. Ends after the end-of-archive block.
 * @throws ArchiveFault 'archive-truncated' or 'archive-damaged'.
 */
export async function* tarEntries(input: TarInput): AsyncGenerator<TarEntry> {
  let pax: Map<string, Buffer> | undefined;
  const global = new Map<string, Buffer>();
  let longName: Buffer | undefined;
  for (;;) {
    const at = input.position;
    const block = await input.read(BLOCK);
    if (block.length < BLOCK) {
      const what = block.length === 0 ? 'without its end mark' : 'inside a header';
      throw new ArchiveFault('archive-truncated', `the tar ends at byte ${at + block.length} ${what}`);
    }
    if (block.every((byte) => byte === 0)) return;
    checkSum(block, at);
    const type = String.fromCharCode(block[156] ?? 0);
    const plainSize = number(block, 124, 12, at);
    if (type === 'x' || type === 'g' || type === 'L' || type === 'K') {
      const content = await longHeader(input, plainSize, at);
      if (type === 'x') pax = parsePax(content, at);
      else if (type === 'g') {
        for (const [key, value] of parsePax(content, at)) global.set(key, value);
        if (global.size > MOST_GLOBALS)
          throw new ArchiveFault('archive-damaged', `the tar has more than ${MOST_GLOBALS} global pax keys`);
      } else if (type === 'L') longName = until0(content);
      continue;
    }
    const extended = (key: string): Buffer | undefined => pax?.get(key) ?? global.get(key);
    const size = paxSize(extended('size'), at) ?? plainSize;
    const bytes = extended('path') ?? longName ?? headerName(block);
    const utf8 = isUtf8(bytes);
    const name = utf8 ? bytes.toString('utf8') : shown(bytes);
    const sparse = [...(pax?.keys() ?? []), ...global.keys()].some((key) => key.startsWith('GNU.sparse.'));
    const known = KINDS[type] ?? ['unsupported', `entry of type ${JSON.stringify(type)}`];
    const [kind, described]: readonly [TarKind, string] = sparse ? ['unsupported', 'GNU sparse file'] : known;
    const directory = kind === 'file' && name.endsWith('/'); // before ustar there was no type for directories
    pax = undefined;
    longName = undefined;
    const offset = input.position;
    const length = kind === 'directory' || kind === 'link' || kind === 'special' ? 0 : size;
    yield { kind: directory ? 'directory' : kind, name, utf8, size: length, offset, type: described };
    const end = offset + Math.ceil(length / BLOCK) * BLOCK;
    if (!(await input.skip(end - input.position))) {
      throw new ArchiveFault(
        'archive-truncated',
        `the tar ends inside ${JSON.stringify(name)}, which needs ${length} bytes from byte ${offset}`,
      );
    }
  }
}

async function longHeader(input: TarInput, size: number, at: number): Promise<Buffer> {
  if (size > LONGEST_HEADER) throw new ArchiveFault('archive-damaged', `the extended header at byte ${at} claims ${size} bytes`);
  const content = Buffer.from(await input.read(size));
  const padded = await input.skip(Math.ceil(size / BLOCK) * BLOCK - size);
  if (content.length < size || !padded)
    throw new ArchiveFault('archive-truncated', `the tar ends inside the extended header at byte ${at}`);
  return content;
}

/** Some old writers summed signed bytes: both sums are right. */
function checkSum(block: Buffer, at: number): void {
  let unsigned = 8 * 0x20;
  let signed = unsigned;
  for (let i = 0; i < BLOCK; i++) {
    if (i >= 148 && i < 156) continue;
    const byte = block[i] ?? 0;
    unsigned += byte;
    signed += byte < 0x80 ? byte : byte - 0x100;
  }
  const written = Number.parseInt(until0(block.subarray(148, 156)).toString('latin1').trim() || 'none', 8);
  if (written !== unsigned && written !== signed) {
    throw new ArchiveFault('archive-damaged', `no tar header at byte ${at}: its checksum is ${written}, expected ${unsigned}`);
  }
}

function number(block: Buffer, start: number, length: number, at: number): number {
  const field = block.subarray(start, start + length);
  const first = field[0] ?? 0;
  let value = 0;
  if ((first & 0x80) === 0) {
    const text = until0(field).toString('latin1').trim();
    value = text === '' ? 0 : Number.parseInt(text, 8);
    if (!/^[0-7]*$/.test(text)) value = Number.NaN;
  } else {
    value = first & 0x3f; // GNU: base 256, big endian; the bit 0x40 is the sign
    for (const byte of field.subarray(1)) value = value * 256 + byte;
    if ((first & 0x40) !== 0) value = Number.NaN;
  }
  if (!Number.isSafeInteger(value))
    throw new ArchiveFault('archive-damaged', `the tar header at byte ${at} has a size that is no number`);
  return value;
}

function headerName(block: Buffer): Buffer {
  const name = until0(block.subarray(0, 100));
  const posix = block.toString('latin1', 257, 263) === 'ustar\0';
  const prefix = posix ? until0(block.subarray(345, 500)) : Buffer.alloc(0);
  return prefix.length === 0 ? Buffer.from(name) : Buffer.concat([prefix, Buffer.from('/'), name]);
}

function until0(field: Buffer): Buffer {
  const end = field.indexOf(0);
  return end < 0 ? field : field.subarray(0, end);
}

/** Records of `<length> <key>=<value>\n`, the length counting all of itself (POSIX.1-2001 pax). */
function parsePax(content: Buffer, at: number): Map<string, Buffer> {
  const records = new Map<string, Buffer>();
  for (let start = 0; start < content.length && content[start] !== 0; ) {
    const space = content.indexOf(0x20, start);
    const length = space < 0 ? Number.NaN : Number(content.toString('latin1', start, space));
    const equals = content.indexOf(0x3d, space);
    const end = start + length;
    if (!Number.isInteger(length) || end > content.length || equals < 0 || equals >= end || content[end - 1] !== 0x0a) {
      throw new ArchiveFault('archive-damaged', `the pax header at byte ${at} has a record that is not "length key=value"`);
    }
    records.set(content.toString('utf8', space + 1, equals), content.subarray(equals + 1, end - 1));
    start = end;
  }
  return records;
}

function paxSize(value: Buffer | undefined, at: number): number | undefined {
  if (value === undefined) return undefined;
  const text = value.toString('latin1');
  const size = Number(text);
  if (!/^[0-9]+$/.test(text) || !Number.isSafeInteger(size)) {
    throw new ArchiveFault(
      'archive-damaged',
      `the pax header before byte ${at} has the size ${JSON.stringify(text.slice(0, 40))}`,
    );
  }
  return size;
}
