/**
 * Sectors of Apple's group-coded recordings: Apple II with 16 sectors, and the Macintosh's 400K and 800K disks.
 * Sources: "Beneath Apple DOS", chapter 3; Apple "Macintosh Hardware Reference", GCR format of the Sony drive.
 */
import type { Cells } from './cells.ts';
import { Encoding, type Sector } from './sector.ts';

const ADDRESS = 0xd5aa96;
const DATA = 0xd5aaad;

/** The 64 disk bytes, in order of what they stand for. */
const NIBBLES = Buffer.from(
  '96979a9b9d9e9fa6a7abacadaeafb2b3b4b5b6b7b9babbbcbdbebfcbcdcecfd3d6d7d9dadbdcdddedfe5e6e7e9eaebecedeeeff2f3f4f5f6f7f9fafbfcfdfeff',
  'hex',
);
const VALUES = Int16Array.from({ length: 256 }, (_, byte) => NIBBLES.indexOf(byte));

/** Disk bytes begin with a 1; zeros before them belong to the self-synchronising gaps. */
class Nibbles {
  constructor(
    private readonly cells: Uint8Array,
    private at: number,
  ) {}

  next(): number {
    while (this.at < this.cells.length && this.cells[this.at] === 0) this.at++;
    let byte = 0;
    for (let end = this.at + 8; this.at < end; this.at++) byte = (byte << 1) | (this.cells[this.at] ?? 0);
    return byte;
  }

  /** What the next disk byte stands for; below zero when it is none. */
  value(): number {
    return VALUES[this.next()] ?? -1;
  }
}

type Found = Omit<Sector, 'data' | 'isDeleted'>;

export function gcrSectors({ cells, length }: Cells): Sector[] {
  const sectors: Sector[] = [];
  let pending: Found | undefined;
  let since = 0;
  let window = 0;
  const add = (found: Found, data: Buffer | undefined): void => void sectors.push({ ...found, data, isDeleted: false });
  for (let at = 0; at < cells.length; at++) {
    window = ((window << 1) | (cells[at] ?? 0)) & 0xffffff;
    if (window === ADDRESS) {
      if (pending !== undefined) add(pending, undefined);
      pending = at < length + 64 ? addressAt(cells, at + 1) : undefined;
      since = at;
    } else if (window === DATA && pending !== undefined && at - since < 1000) {
      const nibbles = new Nibbles(cells, at + 1);
      add(pending, pending.encoding === Encoding.Apple ? appleData(nibbles) : macData(nibbles, pending.record));
      pending = undefined;
    }
  }
  if (pending !== undefined) add(pending, undefined);
  return sectors;
}

function addressAt(cells: Uint8Array, at: number): Found | undefined {
  return appleAddress(new Nibbles(cells, at)) ?? macAddress(new Nibbles(cells, at));
}

/** Volume, track, sector and checksum, each in two bytes that hold its odd and its even bits. */
function appleAddress(nibbles: Nibbles): Found | undefined {
  const bytes = Array.from({ length: 8 }, () => nibbles.next());
  if (bytes.some((byte) => (byte & 0xaa) !== 0xaa)) return undefined;
  const field = (i: number): number => (((bytes[2 * i] ?? 0) << 1) | 1) & (bytes[2 * i + 1] ?? 0);
  const [cylinder, record] = [field(1), field(2)];
  if ((field(0) ^ cylinder ^ record ^ field(3)) !== 0 || record > 15) return undefined;
  return { encoding: Encoding.Apple, cylinder, head: 0, record, size: 256 };
}

function macAddress(nibbles: Nibbles): Found | undefined {
  const [low, record, side, form, sum] = [nibbles.value(), nibbles.value(), nibbles.value(), nibbles.value(), nibbles.value()];
  if (low < 0 || record < 0 || side < 0 || form < 0 || (low ^ record ^ side ^ form) !== sum || record > 11) return undefined;
  return { encoding: Encoding.Mac, cylinder: low | ((side & 1) << 6), head: (side >> 5) & 1, record, size: 512 };
}

/** 86 disk bytes with the low two bits of three bytes each, 256 with the high six; each is mixed with the one before it. */
function appleData(nibbles: Nibbles): Buffer | undefined {
  const values = new Uint8Array(342);
  let last = 0;
  for (let i = 0; i < 342; i++) {
    const value = nibbles.value();
    if (value < 0) return undefined;
    values[i] = last ^= value;
  }
  if (nibbles.value() !== last) return undefined;
  const data = Buffer.allocUnsafe(256);
  for (let i = 0; i < 256; i++) {
    const pair = (values[i % 86] ?? 0) >> (2 * Math.floor(i / 86));
    data[i] = ((values[86 + i] ?? 0) << 2) | ((pair & 1) << 1) | ((pair >> 1) & 1);
  }
  return data;
}

const MAC_TAGS = 12;
const MAC_BYTES = MAC_TAGS + 512;

/** Three bytes in four disk bytes, mixed with three running checksums; the first 12 bytes are tags, not the file system's. */
function macData(nibbles: Nibbles, record: number): Buffer | undefined {
  if (nibbles.value() !== record) return undefined;
  const bytes = Buffer.allocUnsafe(MAC_BYTES);
  let [a, b, c] = [0, 0, 0];
  for (let at = 0; at < MAC_BYTES; at += 3) {
    const isLast = at + 2 >= MAC_BYTES;
    const three = macTriple(nibbles, isLast ? 2 : 3);
    if (three === undefined) return undefined;
    const [x, y, z] = three;
    c = ((c << 1) | (c >> 7)) & 0xff;
    bytes[at] = x ^ c;
    const sumA = a + (x ^ c) + (c & 1);
    a = sumA & 0xff;
    bytes[at + 1] = y ^ a;
    const sumB = b + (y ^ a) + (sumA >> 8);
    b = sumB & 0xff;
    if (isLast) break;
    bytes[at + 2] = z ^ b;
    c = (c + (z ^ b) + (sumB >> 8)) & 0xff;
  }
  const sums = macTriple(nibbles, 3);
  return sums?.[0] === a && sums[1] === b && sums[2] === c ? bytes.subarray(MAC_TAGS) : undefined;
}

/** Two or three bytes: their high bits in one disk byte, then the low six of each. */
function macTriple(nibbles: Nibbles, count: number): [number, number, number] | undefined {
  const top = nibbles.value();
  const x = nibbles.value();
  const y = nibbles.value();
  const z = count < 3 ? 0 : nibbles.value();
  if (top < 0 || x < 0 || y < 0 || z < 0) return undefined;
  return [x | ((top << 2) & 0xc0), y | ((top << 4) & 0xc0), z | ((top << 6) & 0xc0)];
}
