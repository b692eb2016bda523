/**
 * The LZMA decoder that .lzma and LZMA2 share, after the LZMA SDK's LzmaSpec.cpp (public domain).
 *
 * Decodes from memory into memory; every read, distance and length is checked, and damage is a plain Error for the codec to name.
 */

const IS_MATCH = 0;
const IS_REP = 192;
const IS_REP_G0 = 204;
const IS_REP_G1 = 216;
const IS_REP_G2 = 228;
const IS_REP0_LONG = 240;
const POS_SLOT = 432;
const POS_SPECIAL = 688;
const ALIGN = 803;
const LENGTH = 819;
const REP_LENGTH = 1333;
const LITERAL = 1847;

/** Inside a length coder: two choices, eight short lengths per position state, eight middle ones, 256 long ones. */
const LENGTH_LOW = 2;
const LENGTH_MIDDLE = 130;
const LENGTH_HIGH = 258;

const HALF = 1024;
const TOP = 0x1_00_0000;
const END_MARK = 0xffffffff;

export class LzmaDecoder {
  /** Where the next byte of `out` goes. */
  position = 0;
  /** No distance reaches before this byte of `out`. */
  dictionaryStart = 0;
  private probabilities = new Uint16Array(0);
  private literalContext = 0;
  private literalMask = 0;
  private positionMask = 0;
  private state = 0;
  private rep0 = 0;
  private rep1 = 0;
  private rep2 = 0;
  private rep3 = 0;
  private range = 0;
  private code = 0;
  private input: Uint8Array = new Uint8Array(0);
  private at = 0;
  private end = 0;

  constructor(readonly out: Uint8Array) {}

  /** @param properties the byte (pb × 5 + lp) × 9 + lc. */
  setProperties(properties: number): void {
    if (properties >= 225) throw new Error(`properties ${properties} are none`);
    const literalPosition = Math.floor(properties / 9) % 5;
    this.literalContext = properties % 9;
    this.literalMask = (1 << literalPosition) - 1;
    this.positionMask = (1 << Math.floor(properties / 45)) - 1;
    this.probabilities = new Uint16Array(LITERAL + (0x300 << (this.literalContext + literalPosition)));
    this.resetState();
  }

  resetState(): void {
    if (this.probabilities.length === 0) throw new Error('no properties came before the data');
    this.probabilities.fill(HALF);
    this.state = this.rep0 = this.rep1 = this.rep2 = this.rep3 = 0;
  }

  /** Puts bytes there as they are. */
  copy(bytes: Uint8Array): void {
    this.out.set(bytes, this.position);
    this.position += bytes.length;
  }

  /**
   * Decodes `input` until `out` is filled up to `limit`.
   * @returns whether the mark of the end was met before that.
   */
  decode(input: Uint8Array, limit: number): boolean {
    this.startRange(input);
    const { out, probabilities: probs, literalContext, literalMask, positionMask } = this;
    while (this.position < limit) {
      const { position, state } = this;
      const posState = position & positionMask;
      if (this.bit(IS_MATCH + (state << 4) + posState) === 0) {
        const before = position > this.dictionaryStart ? (out[position - 1] as number) : 0;
        const context = ((position & literalMask) << literalContext) + (before >> (8 - literalContext));
        out[position] = this.literal(probs, LITERAL + 0x300 * context);
        this.position = position + 1;
        this.state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
        continue;
      }
      const length = this.bit(IS_REP + state) === 0 ? this.match(posState) : this.repeat(posState);
      if (length < 0) return true;
      this.copyMatch(length, limit);
    }
    return false;
  }

  /** Whether the mark of the end stands next. */
  endsHere(): boolean {
    const posState = this.position & this.positionMask;
    if (this.bit(IS_MATCH + (this.state << 4) + posState) === 0 || this.bit(IS_REP + this.state) === 1) return false;
    return this.match(posState) < 0;
  }

  /** All of the input was needed, and the range coder ended as it must. */
  get isAtEnd(): boolean {
    return this.code === 0 && this.at === this.end;
  }

  private startRange(input: Uint8Array): void {
    if (input.length < 5 || input[0] !== 0) throw new Error('the range coder does not begin with 0');
    this.code = new DataView(input.buffer, input.byteOffset, 5).getUint32(1);
    this.range = 0xffffffff;
    this.input = input;
    this.at = 5;
    this.end = input.length;
  }

  /** @returns the length, or −1 at the mark of the end. */
  private match(posState: number): number {
    this.rep3 = this.rep2;
    this.rep2 = this.rep1;
    this.rep1 = this.rep0;
    const length = this.length(LENGTH, posState);
    this.state = this.state < 7 ? 7 : 10;
    this.rep0 = this.distance(Math.min(length, 3));
    return this.rep0 === END_MARK ? -1 : length + 2;
  }

  private repeat(posState: number): number {
    const { state } = this;
    if (this.bit(IS_REP_G0 + state) === 0) {
      if (this.bit(IS_REP0_LONG + (state << 4) + posState) === 0) {
        this.state = state < 7 ? 9 : 11;
        return 1;
      }
    } else {
      let distance = this.rep1;
      if (this.bit(IS_REP_G1 + state) === 1) {
        distance = this.rep2;
        if (this.bit(IS_REP_G2 + state) === 1) {
          distance = this.rep3;
          this.rep3 = this.rep2;
        }
        this.rep2 = this.rep1;
      }
      this.rep1 = this.rep0;
      this.rep0 = distance;
    }
    const length = this.length(REP_LENGTH, posState);
    this.state = state < 7 ? 8 : 11;
    return length + 2;
  }

  private copyMatch(length: number, limit: number): void {
    const { out, position } = this;
    const from = position - this.rep0 - 1;
    if (from < this.dictionaryStart) throw new Error(`a distance of ${this.rep0 + 1} reaches before the beginning`);
    if (length > limit - position) throw new Error('a match is longer than what is to come');
    const end = position + length;
    if (end - from <= 2 * length) for (let to = position, at = from; to < end; ) out[to++] = out[at++] as number;
    else out.copyWithin(position, from, from + length);
    this.position = end;
  }

  private literal(probs: Uint16Array, base: number): number {
    let symbol = 1;
    if (this.state >= 7) {
      const from = this.position - this.rep0 - 1;
      if (from < this.dictionaryStart) throw new Error(`a distance of ${this.rep0 + 1} reaches before the beginning`);
      let matched = this.out[from] as number;
      while (symbol < 0x100) {
        const wanted = (matched >> 7) & 1;
        matched <<= 1;
        const bit = this.bit(base + ((1 + wanted) << 8) + symbol);
        symbol = (symbol << 1) | bit;
        if (wanted !== bit) break;
      }
    }
    while (symbol < 0x100) symbol = (symbol << 1) | this.bit(base + symbol);
    return symbol & 0xff;
  }

  private length(base: number, posState: number): number {
    if (this.bit(base) === 0) return this.tree(base + LENGTH_LOW + (posState << 3), 3);
    if (this.bit(base + 1) === 0) return 8 + this.tree(base + LENGTH_MIDDLE + (posState << 3), 3);
    return 16 + this.tree(base + LENGTH_HIGH, 8);
  }

  private distance(lengthState: number): number {
    const slot = this.tree(POS_SLOT + (lengthState << 6), 6);
    if (slot < 4) return slot;
    const bitCount = (slot >> 1) - 1;
    const start = ((2 | (slot & 1)) << bitCount) >>> 0;
    if (slot < 14) return start + this.reverseTree(POS_SPECIAL + start - slot, bitCount);
    return start + this.direct(bitCount - 4) * 16 + this.reverseTree(ALIGN, 4);
  }

  private tree(base: number, bitCount: number): number {
    let symbol = 1;
    for (let i = 0; i < bitCount; i++) symbol = (symbol << 1) | this.bit(base + symbol);
    return symbol - (1 << bitCount);
  }

  private reverseTree(base: number, bitCount: number): number {
    let index = 1;
    let symbol = 0;
    for (let i = 0; i < bitCount; i++) {
      const bit = this.bit(base + index);
      index = (index << 1) | bit;
      symbol |= bit << i;
    }
    return symbol;
  }

  private direct(bitCount: number): number {
    let value = 0;
    for (let i = 0; i < bitCount; i++) {
      this.range >>>= 1;
      const bit = this.code >= this.range ? 1 : 0;
      if (bit === 1) this.code -= this.range;
      if (this.range < TOP) this.refill();
      value = value * 2 + bit;
    }
    return value;
  }

  private bit(index: number): 0 | 1 {
    const probability = this.probabilities[index] as number;
    const bound = (this.range >>> 11) * probability;
    let bit: 0 | 1;
    if (this.code < bound) {
      this.range = bound;
      this.probabilities[index] = probability + ((2048 - probability) >> 5);
      bit = 0;
    } else {
      this.range -= bound;
      this.code -= bound;
      this.probabilities[index] = probability - (probability >> 5);
      bit = 1;
    }
    if (this.range < TOP) this.refill();
    return bit;
  }

  private refill(): void {
    if (this.at >= this.end) throw new Error('the data end too early');
    this.range = (this.range << 8) >>> 0;
    this.code = ((this.code << 8) | (this.input[this.at++] as number)) >>> 0;
  }
}
