/** The last few things that were loaded, up to a number of bytes: tables and bitmaps that the next read needs again. */

export class Recent<K, V> {
  readonly #kept = new Map<K, { readonly made: Promise<V>; readonly size: number }>();
  #size = 0;

  /** @param limit in bytes; the oldest go first. */
  constructor(private readonly limit: number) {}

  /** What is kept for `key`, else what `make` loads: once, however many ask for it. A failure is not kept. */
  get(key: K, size: number, make: () => Promise<V>): Promise<V> {
    const known = this.#kept.get(key);
    if (known !== undefined) {
      this.#kept.delete(key);
      this.#kept.set(key, known);
      return known.made;
    }
    const made = make();
    this.#kept.set(key, { made, size });
    this.#size += size;
    made.catch(() => this.#forget(key));
    for (const oldest of this.#kept.keys()) {
      if (this.#size <= this.limit || oldest === key) break;
      this.#forget(oldest);
    }
    return made;
  }

  /** What is kept for `key`; nothing is loaded, and its turn to go does not change. */
  peek(key: K): Promise<V> | undefined {
    return this.#kept.get(key)?.made;
  }

  #forget(key: K): void {
    this.#size -= this.#kept.get(key)?.size ?? 0;
    this.#kept.delete(key);
  }
}
