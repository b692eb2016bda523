/** A budget of bytes per second that worker threads share: a bucket of tokens in shared memory, filled by the thread that made it. */
import { performance } from 'node:perf_hooks';
import { setTimeout as pause } from 'node:timers/promises';

const TICK_MS = 20;
/** How much of the rate may gather while nobody reads: a burst is never longer than this. */
const BURST_MS = 100;
const PATIENCE_MS = 100;

/**
 * Starts empty, so that many short jobs one after the other keep to it too. One budget may serve several jobs at a time.
 * A read may overdraw it; the debt is paid before the next, so the rate holds on average.
 */
export class Budget implements Disposable {
  /** One 64-bit word: the bytes that may be read now; negative is debt. */
  readonly shared = new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT);
  readonly #tokens = new BigInt64Array(this.shared);
  readonly #bytesPerSecond: number;
  readonly #timer: NodeJS.Timeout;
  #fraction = 0;

  constructor(bytesPerSecond: number) {
    if (!(bytesPerSecond > 0 && bytesPerSecond <= Number.MAX_SAFE_INTEGER))
      throw new RangeError(`a budget of ${bytesPerSecond} bytes per second`);
    this.#bytesPerSecond = bytesPerSecond;
    let last = performance.now();
    this.#timer = setInterval(() => {
      const now = performance.now();
      this.refill(now - last);
      last = now;
    }, TICK_MS).unref();
  }

  /** Adds what `elapsedMs` allow. The timer calls it; so do tests. */
  refill(elapsedMs: number): void {
    const earned = (elapsedMs * this.#bytesPerSecond) / 1000 + this.#fraction;
    const whole = Math.floor(earned);
    this.#fraction = earned - whole;
    const limit = BigInt(Math.ceil((this.#bytesPerSecond * BURST_MS) / 1000));
    for (;;) {
      const have = Atomics.load(this.#tokens, 0);
      const sum = have + BigInt(whole);
      if (Atomics.compareExchange(this.#tokens, 0, have, sum < limit ? sum : limit) === have) break;
    }
    Atomics.notify(this.#tokens, 0);
  }

  /** Takes `bytes` once it is in credit, in a thread that must not sleep. @throws `signal.reason`. */
  async take(bytes: number, signal: AbortSignal | undefined): Promise<void> {
    while (Atomics.load(this.#tokens, 0) <= 0n) {
      signal?.throwIfAborted();
      await pause(TICK_MS);
    }
    Atomics.sub(this.#tokens, 0, BigInt(bytes));
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

/** Takes `bytes` from a budget's bucket, sleeping until it is in credit. @returns false when `stopped` says so first. */
export function takeBytes(shared: SharedArrayBuffer, bytes: number, stopped: () => boolean): boolean {
  const tokens = new BigInt64Array(shared);
  for (;;) {
    if (stopped()) return false;
    const have = Atomics.load(tokens, 0);
    if (have > 0n) {
      Atomics.sub(tokens, 0, BigInt(bytes));
      return true;
    }
    Atomics.wait(tokens, 0, have, PATIENCE_MS);
  }
}
