/**
 * LZHUF as Teledisk 2 packs with it: LZSS over a window of 4096 bytes, codes by an adaptive Huffman tree.
 *
 * Source: LZHUF.C (Haruyasu Yoshizaki, 1988). The stream has no length and no end mark: it ends where its bytes end.
 */

const WINDOW = 4096;
const LOOK_AHEAD = 60;
const THRESHOLD = 2;
const CODES = 256 - THRESHOLD + LOOK_AHEAD; // literals, then lengths
const NODES = CODES * 2 - 1;
const ROOT = NODES - 1;
const HIGHEST = 0x8000; // a root as heavy as this has the tree halved
const SPACE = 0x20;
const END = -1; // of the bytes

/** Bits of the code of the upper six bits of a position, and how many positions have a code that long. */
const POSITION_CODES = [
  [3, 1],
  [4, 3],
  [5, 8],
  [6, 12],
  [7, 24],
  [8, 16],
] as const;

/** By the next eight bits: the upper six bits of a position, and the length of its code. */
const POSITIONS = positions();

function positions(): { readonly upper: Uint8Array; readonly bits: Uint8Array } {
  const upper = new Uint8Array(256);
  const bits = new Uint8Array(256);
  let at = 0;
  let value = 0;
  for (const [length, count] of POSITION_CODES) {
    for (let i = 0; i < count; i++, value++) {
      const end = at + (1 << (8 - length));
      upper.fill(value, at, end);
      bits.fill(length, at, end);
      at = end;
    }
  }
  return { upper, bits };
}

/** Unpacks all of `packed`, and stops after `limit` bytes. */
export function lzhuf(packed: Uint8Array, limit: number): Buffer {
  const bits = new BitReader(packed);
  const tree = new AdaptiveTree();
  const window = Buffer.alloc(WINDOW, SPACE);
  const parts: Buffer[] = [];
  let part = Buffer.alloc(65_536);
  let filled = 0;
  let total = 0;
  let at = WINDOW - LOOK_AHEAD;
  const put = (byte: number): void => {
    if (filled === part.length) {
      parts.push(part);
      part = Buffer.alloc(65_536);
      filled = 0;
    }
    part[filled++] = byte;
    total++;
    window[at] = byte;
    at = (at + 1) & (WINDOW - 1);
  };
  for (;;) {
    const code = tree.decode(bits);
    if (code === END) break;
    if (code < 256) {
      if (total >= limit) break;
      put(code);
      continue;
    }
    const distance = position(bits);
    if (distance === END) break;
    let from = (at - distance - 1) & (WINDOW - 1);
    for (let left = Math.min(code - 255 + THRESHOLD, limit - total); left > 0; left--) {
      put(window[from] ?? 0);
      from = (from + 1) & (WINDOW - 1);
    }
    if (total >= limit) break;
  }
  return Buffer.concat([...parts, part.subarray(0, filled)]);
}

class BitReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #byte = 0;
  #left = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** END where the bytes end. */
  bit(): number {
    if (this.#left === 0) {
      if (this.#at >= this.#bytes.length) return END;
      this.#byte = this.#bytes[this.#at++] ?? 0;
      this.#left = 8;
    }
    return (this.#byte >> --this.#left) & 1;
  }
}

/** Distance back from the current byte, less one: six bits by a fixed code, then six as they are. */
function position(bits: BitReader): number {
  let value = 0;
  let wanted = 8;
  for (let have = 0; have < wanted; have++) {
    const bit = bits.bit();
    if (bit === END) return END;
    value = (value << 1) | bit;
    if (have === 7) wanted = (POSITIONS.bits[value] ?? 8) + 6;
  }
  const first = value >> (wanted - 8);
  return ((POSITIONS.upper[first] ?? 0) << 6) | (value & 0x3f);
}

/** The tree changes with every code, the same way on both sides; nodes are kept in order of their weight. */
class AdaptiveTree {
  /** Weights; one more at the end that no node outweighs. */
  readonly #weight = new Uint16Array(NODES + 1);
  /** Of nodes, and from NODES on of codes. */
  readonly #parent = new Uint16Array(NODES + CODES);
  /** The first of two neighbouring children; from NODES on it is a leaf, and the code. */
  readonly #child = new Uint16Array(NODES);

  constructor() {
    for (let code = 0; code < CODES; code++) {
      this.#weight[code] = 1;
      this.#child[code] = code + NODES;
      this.#parent[code + NODES] = code;
    }
    for (let left = 0, node = CODES; node <= ROOT; left += 2, node++) this.#join(left, node);
    this.#weight[NODES] = 0xffff;
    this.#parent[ROOT] = 0;
  }

  /** END where the bytes end. */
  decode(bits: BitReader): number {
    let node = this.#child[ROOT] ?? 0;
    while (node < NODES) {
      const bit = bits.bit();
      if (bit === END) return END;
      node = this.#child[node + bit] ?? 0;
    }
    const code = node - NODES;
    this.#update(code);
    return code;
  }

  #join(left: number, node: number): void {
    this.#weight[node] = (this.#weight[left] ?? 0) + (this.#weight[left + 1] ?? 0);
    this.#child[node] = left;
    this.#parent[left] = node;
    this.#parent[left + 1] = node;
  }

  #update(code: number): void {
    if (this.#weight[ROOT] === HIGHEST) this.#rebuild();
    let node = this.#parent[code + NODES] ?? 0;
    do {
      const weight = (this.#weight[node] ?? 0) + 1;
      this.#weight[node] = weight;
      let other = node + 1;
      if (weight > (this.#weight[other] ?? 0)) {
        while (weight > (this.#weight[other + 1] ?? 0)) other++;
        this.#exchange(node, other, weight);
        node = other;
      }
      node = this.#parent[node] ?? 0;
    } while (node !== 0);
  }

  #exchange(node: number, other: number, weight: number): void {
    this.#weight[node] = this.#weight[other] ?? 0;
    this.#weight[other] = weight;
    const mine = this.#child[node] ?? 0;
    const theirs = this.#child[other] ?? 0;
    this.#adopt(mine, other);
    this.#adopt(theirs, node);
    this.#child[other] = mine;
    this.#child[node] = theirs;
  }

  #adopt(child: number, node: number): void {
    this.#parent[child] = node;
    if (child < NODES) this.#parent[child + 1] = node;
  }

  /** Halves the weight of the leaves, and joins them again from the lightest. */
  #rebuild(): void {
    let count = 0;
    for (let node = 0; node < NODES; node++) {
      const child = this.#child[node] ?? 0;
      if (child < NODES) continue;
      this.#weight[count] = ((this.#weight[node] ?? 0) + 1) >> 1;
      this.#child[count] = child;
      count++;
    }
    for (let left = 0, node = CODES; node < NODES; left += 2, node++) {
      const weight = (this.#weight[left] ?? 0) + (this.#weight[left + 1] ?? 0);
      let place = node;
      while (place > 0 && weight < (this.#weight[place - 1] ?? 0)) place--;
      this.#weight.copyWithin(place + 1, place, node);
      this.#child.copyWithin(place + 1, place, node);
      this.#weight[place] = weight;
      this.#child[place] = left;
    }
    for (let node = 0; node < NODES; node++) this.#adopt(this.#child[node] ?? 0, node);
  }
}
