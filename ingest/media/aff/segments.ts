/** The segments of an AFF3 file: walked once when it is opened, header by header, in reads that fit how far they lie apart. */
import { Fault, FaultKind, escaped, layout, raw, u32be } from '../../kernel/index.ts';
import type { ByteSource } from '../media.ts';

export const SIGNATURE = Buffer.from('AFF10\r\n\0', 'latin1');
/** Longest value that is kept: notes and the kernel's messages are text, not data. */
const LONGEST_VALUE = 64 * 1024;
const LONGEST_NAME = 256;
const MOST_SEGMENTS = 1 << 21;
const SMALLEST_READ = 512;
const LARGEST_READ = 256 * 1024;
/** Bytes of all values together. */
const MOST_VALUES = 4 * 1024 * 1024;

/** struct af_segment_head, from afflib.h. */
const head = layout('AFF segment header', 16, {
  mark: [0, raw(4)], // "AFF\0"
  nameLength: [4, u32be],
  dataLength: [8, u32be],
  argument: [12, u32be],
});

/** struct af_segment_tail. */
const tail = layout('AFF segment end', 8, {
  mark: [0, raw(4)], // "ATT\0"
  totalLength: [4, u32be],
});

export interface Page {
  readonly source: ByteSource;
  /** Where its data lie in `source`. */
  readonly at: number;
  readonly packedLength: number;
  readonly argument: number;
  /** How many zeros stand for it; only of a page of zeros. */
  readonly zeroCount?: number;
}

export interface Value {
  readonly argument: number;
  readonly bytes: Buffer;
}

export interface Segments {
  /** By name; the first of a name counts. Pages and hashes of pages are not among them. */
  readonly values: Map<string, Value>;
  readonly pages: Map<number, Page>;
  /** Digests of pages by `<page>_<algorithm>`. */
  readonly hashes: Map<string, Buffer>;
  /** Where the file is damaged or cut, if it is. */
  readonly warnings: Fault[];
}

const isZeroPage = (argument: number): boolean => (argument & 1) === 1 && (argument & 0xf0) === 0x30;

/** Adds the segments of `source` to `into`. @throws Fault 'aff/signature', 'aff/encrypted', 'aff/too-many-segments'. */
export async function readSegments(source: ByteSource, into: Segments): Promise<void> {
  if (source.size < SIGNATURE.length || !(await source.read(0, SIGNATURE.length)).equals(SIGNATURE))
    throw new Fault(
      FaultKind.Corrupt,
      'aff/signature',
      'the signature of an AFF image (AFF10) is not there; its beginning is damaged',
    );
  const window = new HeaderWindow(source);
  let valueSize = 0;
  let count = 0;
  for (let at = SIGNATURE.length; at < source.size; ) {
    if (++count > MOST_SEGMENTS) {
      const message = `the AFF image has more than ${MOST_SEGMENTS} segments; that is more than is read`;
      throw new Fault(FaultKind.Unsupported, 'aff/too-many-segments', message, { limit: MOST_SEGMENTS });
    }
    const rest = source.size - at;
    if (rest < head.size + tail.size) return cut(into, at, 'a segment header');
    const { mark, nameLength, dataLength, argument } = head.decode(await window.take(at, head.size));
    if (!mark.equals(Buffer.from('AFF\0'))) return damaged(into, at, 'no segment begins there');
    const total = head.size + nameLength + dataLength + tail.size;
    if (nameLength > LONGEST_NAME) return damaged(into, at, `a segment with a name of ${nameLength} bytes`);
    if (total > rest) return cut(into, at, `a segment of ${total} bytes`);
    const name = (await window.take(at + head.size, nameLength)).toString('latin1');
    const dataAt = at + head.size + nameLength;
    const end = tail.decode(await window.take(dataAt + dataLength, tail.size));
    if (!end.mark.equals(Buffer.from('ATT\0')) || end.totalLength !== total)
      return damaged(into, at, `the segment "${escaped(name)}" does not end as it began`);
    refuseEncrypted(name);
    const page = /^(?:page|seg)(\d{1,10})$/.exec(name)?.[1];
    const hash = /^(?:page|seg)(\d{1,10}_(?:md5|sha1|sha256))$/.exec(name)?.[1];
    if (page !== undefined) {
      const isZero = isZeroPage(argument) && dataLength === 4;
      const zeros = isZero ? { zeroCount: (await window.take(dataAt, 4)).readUInt32BE() } : {};
      const found = { source, at: dataAt, packedLength: dataLength, argument, ...zeros };
      if (!into.pages.has(Number(page))) into.pages.set(Number(page), found);
    } else if (hash !== undefined) {
      if (dataLength <= 32 && !into.hashes.has(hash)) into.hashes.set(hash, Buffer.from(await window.take(dataAt, dataLength)));
    } else if (name !== '' && !into.values.has(name) && dataLength <= LONGEST_VALUE && (valueSize += dataLength) <= MOST_VALUES) {
      into.values.set(name, { argument, bytes: Buffer.from(await window.take(dataAt, dataLength)) });
    }
    at += total;
  }
}

/** Small reads that come in order, answered from a window that grows while they lie together and shrinks when they don't. */
class HeaderWindow {
  private bytes: Buffer = Buffer.alloc(0);
  private start = 0;
  private size = 4096;
  private served = 0;

  constructor(private readonly source: ByteSource) {}

  async take(at: number, length: number): Promise<Buffer> {
    const inside = at - this.start;
    if (inside >= 0 && inside + length <= this.bytes.length) {
      this.served++;
      return this.bytes.subarray(inside, inside + length);
    }
    this.size = this.served > 12 ? Math.min(LARGEST_READ, this.size * 2) : Math.max(SMALLEST_READ, this.size / 2);
    this.served = 0;
    this.bytes = await this.source.read(at, Math.min(Math.max(this.size, length), this.source.size - at));
    this.start = at;
    return this.bytes.subarray(0, length);
  }
}

function refuseEncrypted(name: string): void {
  if (!/^affkey_|\/aes256$/.test(name)) return;
  const message = 'the AFF image is encrypted; decrypt it with AFFLIB (affcrypto) and deposit the result';
  throw new Fault(FaultKind.Unsupported, 'aff/encrypted', message, { segment: escaped(name) });
}

function damaged(into: Segments, at: number, what: string): void {
  const message = `the AFF image is damaged at byte ${at}: ${what}; pages after it are missing`;
  into.warnings.push(new Fault(FaultKind.Corrupt, 'aff/segment-damaged', message, { at }));
}

function cut(into: Segments, at: number, what: string): void {
  const message = `the AFF image ends inside of ${what} that begins at byte ${at}; the image is cut, and pages may be missing`;
  into.warnings.push(new Fault(FaultKind.Truncated, 'aff/cut', message, { at }));
}
