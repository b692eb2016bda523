/** A clock that tests wind on by hand. */
import type { Clock } from '#ingest/kernel';

export class HandClock implements Clock {
  #at: number;

  constructor(at = '2026-11-22T10:00:00.000Z') {
    this.#at = Date.parse(at);
  }

  now(): Date {
    return new Date(this.#at);
  }

  /** Winds on by `ms` milliseconds. */
  forward(ms: number): void {
    this.#at += ms;
  }
}
