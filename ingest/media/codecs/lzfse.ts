/**
 * LZFSE, of Apple's disk images: blocks of literals and matches, coded by finite states, read from their end backwards.
 *
 * Source: the format as Apple's reference has it (github.com/lzfse/lzfse, src/lzfse_internal.h). It carries no checksum.
 */
import { Fault, layout, raw, u16le, u32le } from '../../kernel/index.ts';
import { type Codec, corrupt, tooLong } from './codec.ts';
import { unpackLzvn } from './lzvn.ts';
import { repeat } from './snappy.ts';

const MARK = { end: 'bvx$', plain: 'bvx-', v1: 'bvx1', v2: 'bvx2', lzvn: 'bvxn' };
const MOST_LITERALS = 40_000;
const MOST_MATCHES = 10_000;

/** Symbols and states of each of the four codes. */
const L = { symbols: 20, states: 64 };
const M = { symbols: 20, states: 64 };
const D = { symbols: 64, states: 256 };
const LITERAL = { symbols: 256, states: 1024 };

/** Bits that follow a symbol; a symbol's value begins where that of the one before ends. */
const L_BITS = [...Array.from({ length: 16 }, () => 0), 2, 3, 5, 8];
const M_BITS = [...Array.from({ length: 16 }, () => 0), 3, 5, 8, 11];
const D_BITS = Array.from({ length: 64 }, (_, i) => i >> 2);

const lzvnHeader = layout('LZVN block header', 12, { size: [4, u32le], packedSize: [8, u32le] });

const v1Header = layout('LZFSE block header', 772, {
  size: [4, u32le],
  literalCount: [12, u32le],
  matchCount: [16, u32le],
  literalSize: [20, u32le],
  matchSize: [24, u32le],
  literalBits: [28, u32le],
  literalStates: [32, raw(8)],
  matchBits: [40, u32le],
  lState: [44, u16le],
  mState: [46, u16le],
  dState: [48, u16le],
  frequencies: [50, raw(720)],
});

interface Header {
  readonly size: number;
  readonly literalCount: number;
  readonly matchCount: number;
  /** In bytes, packed. */
  readonly literalSize: number;
  readonly matchSize: number;
  /** Bits of the last byte that are not used, as a number from −7 to 0. */
  readonly literalBits: number;
  readonly matchBits: number;
  readonly literalStates: readonly number[];
  readonly states: readonly [l: number, m: number, d: number];
  readonly frequencies: Uint16Array;
  readonly headerSize: number;
}

export const lzfse: Codec = (packed, size) =>
  new Promise((resolve, reject) => {
    try {
      resolve(unpack(packed, size));
    } catch (error) {
      reject(error instanceof Fault ? error : corrupt('LZFSE', error));
    }
  });

function unpack(packed: Buffer, size: number): Buffer {
  const out = Buffer.allocUnsafeSlow(size);
  let filled = 0;
  for (let at = 0; ; ) {
    const mark = packed.toString('latin1', at, at + 4);
    if (mark === MARK.end) return out.subarray(0, filled);
    if (packed.length - at < 8) throw new Error('the data end too early');
    const blockSize = packed.readUInt32LE(at + 4);
    if (blockSize > size - filled) throw tooLong('LZFSE', size);
    const room = out.subarray(0, filled + blockSize);
    let end = filled;
    if (mark === MARK.plain) {
      end += packed.copy(room, filled, at + 8, at + 8 + blockSize);
      at += 8 + blockSize;
    } else if (mark === MARK.lzvn) {
      const { packedSize } = lzvnHeader.decode(packed.subarray(at, at + lzvnHeader.size));
      at += lzvnHeader.size;
      if (packedSize > packed.length - at) throw new Error('the data end too early');
      end = unpackLzvn(packed.subarray(at, at + packedSize), room, filled);
      at += packedSize;
    } else {
      const header = mark === MARK.v1 ? readV1(packed.subarray(at)) : mark === MARK.v2 ? readV2(packed.subarray(at)) : undefined;
      if (header === undefined) throw new Error('no block begins where one must');
      at += header.headerSize;
      const { literalSize, matchSize } = header;
      if (literalSize + matchSize > packed.length - at) throw new Error('the data end too early');
      const literals = literalsOf(header, packed.subarray(at, at + literalSize));
      at += literalSize;
      end = matchesOf(header, packed.subarray(at, at + matchSize), literals, room, filled);
      at += matchSize;
    }
    if (end !== filled + blockSize) throw new Error(`a block has ${end - filled} bytes instead of ${blockSize}`);
    filled = end;
  }
}

function readV1(bytes: Buffer): Header {
  const h = v1Header.decode(bytes.subarray(0, v1Header.size));
  const frequencies = Uint16Array.from({ length: 360 }, (_, i) => h.frequencies.readUInt16LE(2 * i));
  const literalStates = [0, 2, 4, 6].map((at) => h.literalStates.readUInt16LE(at));
  const found = { ...h, literalBits: h.literalBits | 0, matchBits: h.matchBits | 0, literalStates, frequencies };
  return checked({ ...found, states: [h.lState, h.mState, h.dState], headerSize: v1Header.size });
}

/** The same in fewer bits. */
function readV2(bytes: Buffer): Header {
  if (bytes.length < 32) throw new Error('the data end too early');
  const field = (word: number, from: number, width: number): number =>
    Number(BigInt.asUintN(width, bytes.readBigUInt64LE(8 + 8 * word) >> BigInt(from)));
  const headerSize = field(2, 0, 32);
  if (headerSize < 32 || headerSize > bytes.length) throw new Error(`a block's header says that it has ${headerSize} bytes`);
  return checked({
    size: bytes.readUInt32LE(4),
    literalCount: field(0, 0, 20),
    literalSize: field(0, 20, 20),
    matchCount: field(0, 40, 20),
    literalBits: field(0, 60, 3) - 7,
    literalStates: [0, 10, 20, 30].map((from) => field(1, from, 10)),
    matchSize: field(1, 40, 20),
    matchBits: field(1, 60, 3) - 7,
    states: [field(2, 32, 10), field(2, 42, 10), field(2, 52, 10)],
    frequencies: readFrequencies(bytes.subarray(32, headerSize)),
    headerSize,
  });
}

/** Short codes for the usual small numbers, lowest bits first. */
function readFrequencies(bytes: Buffer): Uint16Array {
  const frequencies = new Uint16Array(360);
  if (bytes.length === 0) return frequencies;
  let bit = 0;
  for (let i = 0; i < frequencies.length; i++) {
    const at = bit >> 3;
    const word = (((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16)) >> (bit & 7)) & 0x3fff;
    const [value, width] = frequencyIn(word);
    frequencies[i] = value;
    bit += width;
  }
  if (Math.ceil(bit / 8) !== bytes.length) throw new Error('the frequencies of a block do not fill its header');
  return frequencies;
}

function frequencyIn(word: number): readonly [value: number, width: number] {
  switch (word & 3) {
    case 0:
      return [0, 2];
    case 2:
      return [1, 2];
    case 1:
      return [(word & 4) === 0 ? 2 : 3, 3];
    default:
      if ((word & 4) === 0) return [4 + ((word >> 3) & 3), 5];
      return (word & 8) === 0 ? [8 + ((word >> 4) & 15), 8] : [24 + (word >> 4), 14];
  }
}

function checked(header: Header): Header {
  const { literalCount, matchCount, literalBits, matchBits, literalStates, states } = header;
  if (literalCount > MOST_LITERALS || literalCount % 4 !== 0 || matchCount > MOST_MATCHES)
    throw new Error(`a block says ${literalCount} literals, ${matchCount} matches`);
  const areBits = [literalBits, matchBits].every((bits) => bits >= -7 && bits <= 0);
  const areStates =
    literalStates.every((state) => state < LITERAL.states) && states.every((state, i) => state < ([L, M, D][i]?.states ?? 0));
  if (!areBits || !areStates) throw new Error('a block begins in a state that is none');
  return header;
}

/** What each state stands for, and how the next one comes about. */
interface Table {
  readonly symbols: Uint16Array;
  /** Bits to read for the next state; 255 where no symbol has the state. */
  readonly widths: Uint8Array;
  readonly deltas: Int16Array;
}

function tableOf(frequencies: Uint16Array, stateCount: number): Table {
  const symbols = new Uint16Array(stateCount);
  const widths = new Uint8Array(stateCount).fill(255);
  const deltas = new Int16Array(stateCount);
  let state = 0;
  for (const [symbol, frequency] of frequencies.entries()) {
    if (frequency === 0) continue;
    if (frequency > stateCount - state) throw new Error('the frequencies of a block are more than its states');
    const width = Math.clz32(frequency) - Math.clz32(stateCount);
    const wide = ((2 * stateCount) >> width) - frequency;
    for (let i = 0; i < frequency; i++, state++) {
      symbols[state] = symbol;
      widths[state] = i < wide ? width : width - 1;
      deltas[state] = i < wide ? ((frequency + i) << width) - stateCount : (i - wide) << (width - 1);
    }
  }
  return { symbols, widths, deltas };
}

/** Bits from the end of the bytes to their beginning. */
class BackwardBits {
  private left: number;

  constructor(
    private readonly bytes: Buffer,
    unused: number,
  ) {
    this.left = bytes.length * 8 + unused;
  }

  /** At most 24 bits. */
  take(width: number): number {
    this.left -= width;
    if (this.left < 0) throw new Error('the data end too early');
    const { bytes, left } = this;
    const at = left >> 3;
    const word =
      (bytes[at] ?? 0) + (bytes[at + 1] ?? 0) * 0x100 + (bytes[at + 2] ?? 0) * 0x1_0000 + (bytes[at + 3] ?? 0) * 0x100_0000;
    return (word >>> (left & 7)) & (2 ** width - 1);
  }

  /** @returns the state after `state`. */
  next({ widths, deltas }: Table, state: number): number {
    const width = widths[state] ?? 255;
    if (width === 255) throw new Error('a state stands for nothing');
    return (deltas[state] as number) + this.take(width);
  }
}

function literalsOf(header: Header, bytes: Buffer): Buffer {
  const table = tableOf(header.frequencies.subarray(L.symbols + M.symbols + D.symbols), LITERAL.states);
  const bits = new BackwardBits(bytes, header.literalBits);
  const states = [...header.literalStates];
  const literals = Buffer.allocUnsafe(header.literalCount);
  for (let i = 0; i < literals.length; i++) {
    const state = states[i & 3] as number;
    literals[i] = table.symbols[state] as number;
    states[i & 3] = bits.next(table, state);
  }
  return literals;
}

/** Reads value by value: the state's bits come before the value's own in the stream, so they are taken together. */
class Values {
  private readonly table: Table;
  private readonly starts: number[] = [];

  constructor(
    frequencies: Uint16Array,
    stateCount: number,
    private readonly extraBits: readonly number[],
    private state: number,
  ) {
    this.table = tableOf(frequencies, stateCount);
    let start = 0;
    for (const bits of extraBits) {
      this.starts.push(start);
      start += 2 ** bits;
    }
  }

  next(bits: BackwardBits): number {
    const symbol = this.table.symbols[this.state] as number;
    this.state = bits.next(this.table, this.state);
    return (this.starts[symbol] as number) + bits.take(this.extraBits[symbol] as number);
  }
}

/** @returns where the block ends in `out`. */
function matchesOf(header: Header, bytes: Buffer, literals: Buffer, out: Buffer, start: number): number {
  const { frequencies, states } = header;
  const bits = new BackwardBits(bytes, header.matchBits);
  const lValues = new Values(frequencies.subarray(0, 20), L.states, L_BITS, states[0]);
  const mValues = new Values(frequencies.subarray(20, 40), M.states, M_BITS, states[1]);
  const dValues = new Values(frequencies.subarray(40, 104), D.states, D_BITS, states[2]);
  let taken = 0;
  let filled = start;
  let distance = 0;
  for (let i = 0; i < header.matchCount; i++) {
    const literalCount = lValues.next(bits);
    const length = mValues.next(bits);
    // 0 stands for the distance before.
    distance = dValues.next(bits) || distance;
    if (literalCount > literals.length - taken) throw new Error('a block takes more literals than it has');
    if (literalCount + length > out.length - filled) throw new Error('a block holds more than it says');
    literals.copy(out, filled, taken, taken + literalCount);
    taken += literalCount;
    filled += literalCount;
    if (length === 0) continue;
    if (distance === 0 || distance > filled) throw new Error('a distance reaches before the beginning');
    repeat(out, filled, distance, length);
    filled += length;
  }
  return filled;
}
