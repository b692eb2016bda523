/** Writes down where an audit stands, once a second at most: a kill costs a second of reading, not a disk's. */
import { performance } from 'node:perf_hooks';
import type { VerifyPosition } from '#ingest/package';

const PAUSE_MS = 1000;

export class PositionKeeper {
  private last = -PAUSE_MS;
  private writing: Promise<void> | undefined;
  private failed: Error | undefined;

  constructor(private readonly write: (position: VerifyPosition) => Promise<void>) {}

  keep(position: VerifyPosition): void {
    const now = performance.now();
    if (this.writing !== undefined || now - this.last < PAUSE_MS) return;
    this.last = now;
    this.writing = this.write(position)
      .catch((error: unknown) => {
        this.failed = error instanceof Error ? error : new Error(String(error));
      })
      .finally(() => {
        this.writing = undefined;
      });
  }

  /** Waits for what is being written. @throws what kept a position from being written. */
  async settled(): Promise<void> {
    await this.writing;
    if (this.failed !== undefined) throw this.failed;
  }
}
