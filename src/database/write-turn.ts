/** The turn to write: one writer of a database file at a time, first come, first served. */
import { Fault, FaultKind } from '#ingest/kernel';

const turns = new Map<string, WriteTurn>();

export class WriteTurn {
  #taken = false;
  /** When the turn last changed hands. */
  #since = 0;
  readonly #waiting: (() => void)[] = [];

  /** The turn of a file: the same one for every DataSource of this process. */
  static of(path: string): WriteTurn {
    const turn = turns.get(path) ?? new WriteTurn();
    turns.set(path, turn);
    return turn;
  }

  /**
   * Waits for the turn; the answer gives it back (calling it twice does no harm).
   * @throws Fault 'database/write-waited' when one and the same writer keeps it for `waitMs` milliseconds. A long queue
   * that moves is no reason to give up.
   */
  async take(waitMs: number): Promise<() => void> {
    if (this.#taken) await this.#wait(waitMs);
    this.#taken = true;
    this.#since = performance.now();
    let mine = true;
    return () => {
      if (!mine) return;
      mine = false;
      const next = this.#waiting.shift();
      this.#since = performance.now();
      if (next === undefined) this.#taken = false;
      else next();
    };
  }

  #wait(waitMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const began = performance.now();
      let timer: NodeJS.Timeout;
      const mine = (): void => {
        clearTimeout(timer);
        resolve();
      };
      const look = (): void => {
        const leftMs = Math.max(began, this.#since) + waitMs - performance.now();
        if (leftMs > 0) {
          timer = setTimeout(look, leftMs);
          return;
        }
        this.#waiting.splice(this.#waiting.indexOf(mine), 1);
        reject(waited(waitMs));
      };
      look();
      this.#waiting.push(mine);
    });
  }
}

function waited(waitMs: number): Fault {
  return new Fault(
    FaultKind.Unreadable,
    'database/write-waited',
    `a write waited ${waitMs} ms for another transaction and gave up; if it belongs to that transaction, it must use the transaction's manager`,
    { waitMs },
  );
}
