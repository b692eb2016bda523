/**
 * The ring of one pass: slots in shared memory that one reader fills and several consumers look at, each at its own pace.
 * A slot is free again when the slowest consumer has let it go. Threads meet in Atomics only; no message per slot.
 */

/** How long a thread sleeps before it looks again whether the pass was stopped. The wake-up itself comes by notify. */
const PATIENCE_MS = 100;

// Words of the control array: two for the ring, then one per consumer, then three per slot:
// the length, the file with a mark for its last slot, the sequence number.
const PRODUCED = 0;
const STOPPED = 1;
const CONSUMED = 2;
const LABEL = 3;

export interface RingShape {
  /** Bytes of a slot. */
  readonly slotSize: number;
  readonly slotCount: number;
  readonly consumers: number;
}

/** What a slot holds: bytes of one file. */
export interface Filled {
  readonly file: number;
  readonly length: number;
  readonly last: boolean;
}

/** Plain data, to be handed to a worker thread. */
export interface SharedRing {
  readonly shape: RingShape;
  readonly control: SharedArrayBuffer;
  readonly bytes: SharedArrayBuffer;
}

export function newRing(shape: RingShape): SharedRing {
  const words = CONSUMED + shape.consumers + LABEL * shape.slotCount;
  return {
    shape,
    control: new SharedArrayBuffer(words * Int32Array.BYTES_PER_ELEMENT),
    bytes: new SharedArrayBuffer(shape.slotSize * shape.slotCount),
  };
}

/** Stops the pass: every thread that waits wakes up and finds nothing more to do. */
export function stopRing(ring: SharedRing): void {
  const words = new Int32Array(ring.control);
  Atomics.store(words, STOPPED, 1);
  for (let word = 0; word < CONSUMED + ring.shape.consumers; word += 1) Atomics.notify(words, word);
}

abstract class Side {
  protected readonly shape: RingShape;
  protected readonly words: Int32Array;
  readonly #slots: Buffer[];
  /** Sequence number of the slot at hand, modulo 2^32, and its place in the ring. */
  protected sequence = 0;
  protected index = 0;

  constructor(ring: SharedRing) {
    this.shape = ring.shape;
    this.words = new Int32Array(ring.control);
    const { slotSize, slotCount } = ring.shape;
    this.#slots = Array.from({ length: slotCount }, (_, i) => Buffer.from(ring.bytes, i * slotSize, slotSize));
  }

  protected get slot(): Buffer {
    const slot = this.#slots[this.index];
    if (slot === undefined) throw new RangeError(`no slot ${this.index}`);
    return slot;
  }

  /** The first of the three words that describe the slot at hand. */
  protected get label(): number {
    return CONSUMED + this.shape.consumers + LABEL * this.index;
  }

  /** Sleeps until `ready` says yes of the word's value. @returns false when the pass was stopped. */
  protected await(word: number, ready: (value: number) => boolean): boolean {
    for (;;) {
      if (Atomics.load(this.words, STOPPED) !== 0) return false;
      const value = Atomics.load(this.words, word);
      if (ready(value)) return true;
      Atomics.wait(this.words, word, value, PATIENCE_MS);
    }
  }

  protected step(): void {
    this.sequence = (this.sequence + 1) | 0;
    this.index = (this.index + 1) % this.shape.slotCount;
  }
}

/** The reader's side. */
export class RingProducer extends Side {
  /** The next slot, as soon as every consumer has let it go; undefined when the pass was stopped. */
  acquire(): Buffer | undefined {
    for (let consumer = 0; consumer < this.shape.consumers; consumer += 1) {
      const free = (done: number): boolean => ((this.sequence - done) | 0) < this.shape.slotCount;
      if (!this.await(CONSUMED + consumer, free)) return undefined;
    }
    Atomics.store(this.words, this.label + 2, this.sequence); // before a byte of it changes: whoever still reads it will notice
    return this.slot;
  }

  publish({ file, length, last }: Filled): void {
    this.words[this.label] = length;
    this.words[this.label + 1] = file * 2 + (last ? 1 : 0);
    this.step();
    Atomics.store(this.words, PRODUCED, this.sequence);
    Atomics.notify(this.words, PRODUCED);
  }
}

/** One consumer's side. */
export class RingConsumer extends Side {
  readonly #mine: number;

  constructor(ring: SharedRing, consumer: number) {
    super(ring);
    this.#mine = CONSUMED + consumer;
  }

  /** The next filled slot; its bytes are the consumer's until `release`. Undefined when the pass was stopped. */
  take(): (Filled & { readonly bytes: Buffer }) | undefined {
    if (!this.await(PRODUCED, (produced) => produced !== this.sequence)) return undefined;
    this.#assertMine();
    const length = this.words[this.label] ?? 0;
    const tag = this.words[this.label + 1] ?? 0;
    return { file: tag >> 1, length, last: (tag & 1) === 1, bytes: this.slot.subarray(0, length) };
  }

  /** @throws RangeError when the slot was filled anew meanwhile: what was done with it can't be trusted. */
  release(): void {
    this.#assertMine();
    this.step();
    Atomics.store(this.words, this.#mine, this.sequence);
    Atomics.notify(this.words, this.#mine);
  }

  #assertMine(): void {
    const found = this.words[this.label + 2];
    if (found !== this.sequence) throw new RangeError(`slot ${this.index} holds ${found} instead of ${this.sequence}`);
  }
}
