/**
 * One block of a bzip2 stream, which begins at any bit and can be decoded by itself.
 *
 * After the bzip2 1.0.8 sources and "BZIP2: Format Specification" by Joe Tsai. Every length and pointer is checked; damage is a
 * plain Error for the codec to name. Randomised blocks (bzip2 before 0.9.5) are not decoded.
 */

/** What stands at a bit of the stream, with the first bit after it. */
export type Bzip2Part =
  | { readonly kind: 'block'; readonly bytes: Buffer; readonly crc: number; readonly endBit: number }
  | { readonly kind: 'end'; readonly crc: number; readonly endBit: number };

/** No block takes more packed bytes: 900,000 symbols of 20 bits, and its tables. */
export const LARGEST_PACKED_BLOCK = 2_400_000;

export class TooLong extends Error {}

const GROUP_SIZE = 50;
const LONGEST_CODE = 20;

/** Most significant bit first; bits past the end are zeros until `check` is asked. */
class Bits {
  constructor(
    private readonly bytes: Uint8Array,
    public at: number,
  ) {}

  /** At most 24 bits. */
  peek(count: number): number {
    const { bytes } = this;
    const i = Math.floor(this.at / 8);
    const word =
      (((bytes[i] ?? 0) << 24) | ((bytes[i + 1] ?? 0) << 16) | ((bytes[i + 2] ?? 0) << 8) | (bytes[i + 3] ?? 0)) << (this.at & 7);
    return word >>> (32 - count);
  }

  take(count: number): number {
    const value = this.peek(count);
    this.at += count;
    return value;
  }

  check(): void {
    if (this.at > this.bytes.length * 8) throw new Error('the data end too early');
  }
}

interface Table {
  readonly shortest: number;
  readonly longest: number;
  /** By length: the first 20-bit value above its codes, what to take off a code, and the symbols in order. */
  readonly limits: Int32Array;
  readonly bases: Int32Array;
  readonly symbols: Uint16Array;
}

/**
 * @param level block size in units of 100,000 bytes, from the stream's header.
 * @param most bytes that may come out.
 * @throws TooLong when more would; Error for damage.
 */
export function readPart(bytes: Uint8Array, bit: number, level: number, most: number): Bzip2Part {
  const bits = new Bits(bytes, bit);
  const mark = bits.take(24) * 0x1_00_0000 + bits.take(24);
  const crc = bits.take(16) * 0x1_0000 + bits.take(16);
  bits.check();
  if (mark === 0x177245385090) return { kind: 'end', crc, endBit: bits.at };
  if (mark !== 0x314159265359) throw new Error('no block begins where one must');
  if (bits.take(1) === 1) throw new Error('a randomised block of bzip2 before 0.9.5, which is not decoded');
  const origin = bits.take(24);
  const { used, tables, selectors } = readTables(bits);
  const block = new Uint32Array(level * 100_000);
  const counts = new Uint32Array(256);
  const length = readSymbols(bits, used, tables, selectors, block, counts);
  bits.check();
  if (origin >= length) throw new Error('a block begins outside of itself');
  sortBack(block, length, counts);
  const out = expand(block, length, origin, most);
  const own = blockCrc(out);
  if (own !== crc) throw new Error(`a block has the CRC ${own.toString(16)} instead of ${crc.toString(16)}`);
  return { kind: 'block', bytes: out, crc, endBit: bits.at };
}

function readTables(bits: Bits): { used: Uint8Array; tables: Table[]; selectors: Uint8Array } {
  const rows = bits.take(16);
  const used: number[] = [];
  for (let row = 0; row < 16; row++) {
    if ((rows & (0x8000 >> row)) === 0) continue;
    const columns = bits.take(16);
    for (let column = 0; column < 16; column++) if ((columns & (0x8000 >> column)) !== 0) used.push(row * 16 + column);
  }
  if (used.length === 0) throw new Error('a block uses no bytes');
  const tableCount = bits.take(3);
  const selectorCount = bits.take(15);
  if (tableCount < 2 || tableCount > 6 || selectorCount === 0)
    throw new Error(`a block has ${tableCount} tables, ${selectorCount} selectors`);
  const order = Array.from({ length: tableCount }, (_, i) => i);
  const selectors = new Uint8Array(selectorCount);
  for (let i = 0; i < selectorCount; i++) {
    let place = 0;
    while (bits.take(1) === 1) if (++place >= tableCount) throw new Error('a selector names no table');
    const [table = 0] = order.splice(place, 1);
    order.unshift(table);
    selectors[i] = table;
  }
  bits.check();
  const tables = order.map(() => readTable(bits, used.length + 2));
  return { used: Uint8Array.from(used), tables, selectors };
}

function readTable(bits: Bits, symbolCount: number): Table {
  const lengths = new Uint8Array(symbolCount);
  let length = bits.take(5);
  for (let symbol = 0; symbol < symbolCount; symbol++) {
    for (;;) {
      if (length < 1 || length > LONGEST_CODE) throw new Error(`a code of ${length} bits`);
      if (bits.take(1) === 0) break;
      length += bits.take(1) === 0 ? 1 : -1;
    }
    lengths[symbol] = length;
  }
  bits.check();
  const limits = new Int32Array(LONGEST_CODE + 1);
  const bases = new Int32Array(LONGEST_CODE + 1);
  const symbols = new Uint16Array(symbolCount);
  let code = 0;
  let filled = 0;
  for (let width = 1; width <= LONGEST_CODE; width++) {
    bases[width] = code - filled;
    for (let symbol = 0; symbol < symbolCount; symbol++)
      if (lengths[symbol] === width) {
        symbols[filled++] = symbol;
        code++;
      }
    limits[width] = code * 2 ** (LONGEST_CODE - width);
    if (code > 2 ** width) throw new Error('a table has more codes than fit');
    code *= 2;
  }
  return { shortest: Math.min(...lengths), longest: Math.max(...lengths), limits, bases, symbols };
}

/** Huffman codes and move-to-front undone. @returns how many bytes are in `block`; `counts` how many of each value. */
function readSymbols(
  bits: Bits,
  used: Uint8Array,
  tables: readonly Table[],
  selectors: Uint8Array,
  block: Uint32Array,
  counts: Uint32Array,
): number {
  const front = Uint8Array.from(used);
  const endSymbol = used.length + 1;
  let length = 0;
  let runLength = 0;
  let runWeight = 1;
  for (let group = 0; ; group++) {
    const table = tables[selectors[group] ?? -1];
    if (table === undefined) throw new Error('a block has more symbols than selectors');
    const { shortest, longest, limits, bases, symbols } = table;
    bits.check();
    for (let i = 0; i < GROUP_SIZE; i++) {
      const ahead = bits.peek(LONGEST_CODE);
      let width = shortest;
      while (width <= longest && ahead >= (limits[width] as number)) width++;
      if (width > longest) throw new Error('a code stands for nothing');
      bits.at += width;
      const symbol = symbols[(ahead >>> (LONGEST_CODE - width)) - (bases[width] as number)] as number;
      if (symbol <= 1) {
        runLength += runWeight << symbol;
        runWeight *= 2;
        if (runLength > block.length) throw new Error('a run is longer than a block');
        continue;
      }
      if (runLength > 0) {
        const value = front[0] as number;
        if (runLength > block.length - length) throw new Error('a block is longer than its stream allows');
        block.fill(value, length, length + runLength);
        counts[value] = (counts[value] as number) + runLength;
        length += runLength;
        runLength = 0;
      }
      runWeight = 1;
      if (symbol === endSymbol) return length;
      if (length >= block.length) throw new Error('a block is longer than its stream allows');
      const value = front[symbol - 1] as number;
      front.copyWithin(1, 0, symbol - 1);
      front[0] = value;
      block[length++] = value;
      counts[value] = (counts[value] as number) + 1;
    }
  }
}

/** Burrows-Wheeler undone: the upper 24 bits of each word come to name the word that follows. */
function sortBack(block: Uint32Array, length: number, counts: Uint32Array): void {
  let sum = 0;
  for (let value = 0; value < 256; value++) {
    const count = counts[value] as number;
    counts[value] = sum;
    sum += count;
  }
  for (let i = 0; i < length; i++) {
    const value = (block[i] as number) & 0xff;
    const to = counts[value] as number;
    counts[value] = to + 1;
    block[to] = (block[to] as number) | (i << 8);
  }
}

/** The words in their order, and runs undone: four equal bytes are followed by a count of more. */
function expand(block: Uint32Array, length: number, origin: number, most: number): Buffer {
  let out = Buffer.allocUnsafeSlow(Math.min(most, length + (length >> 2) + 256));
  let filled = 0;
  let word = block[origin] as number;
  let last = -1;
  let equal = 0;
  for (let i = 0; i < length; i++) {
    word = block[word >>> 8] as number;
    const value = word & 0xff;
    const isCount = equal === 4;
    const count = isCount ? value : 1;
    if (count > most - filled) throw new TooLong();
    if (count > out.length - filled) {
      const larger = Buffer.allocUnsafeSlow(Math.min(most, Math.max(2 * out.length, filled + count)));
      out.copy(larger, 0, 0, filled);
      out = larger;
    }
    if (isCount) {
      out.fill(last, filled, filled + count);
      filled += count;
      equal = 0;
      last = -1;
      continue;
    }
    equal = value === last ? equal + 1 : 1;
    last = value;
    out[filled++] = value;
  }
  return out.subarray(0, filled);
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, i) => {
  let crc = i << 24;
  for (let bit = 0; bit < 8; bit++) crc = crc < 0 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  return crc >>> 0;
});

function blockCrc(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) crc = (crc << 8) ^ (CRC_TABLE[(crc >>> 24) ^ byte] as number);
  return ~crc >>> 0;
}

/** The CRC of a stream goes on with that of each block. */
export function streamCrc(before: number, block: number): number {
  return (((before << 1) | (before >>> 31)) ^ block) >>> 0;
}
