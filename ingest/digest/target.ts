/** A new file that is written once: created, filled, made durable, closed; every failure is a Fault that names it. */
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { Fault, FaultKind, isSystemError, wordsOfSystemError } from '../kernel/index.ts';

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

export function targetFault(error: unknown, path: string, writtenBytes: number): Fault {
  if (error instanceof Fault) return error;
  const reason = wordsOfSystemError(error);
  const code = isSystemError(error) ? error.code : 'unknown';
  const facts = { path, writtenBytes, reason, error: code };
  if (code === 'EEXIST') {
    return new Fault(FaultKind.Refused, 'digest/target-exists', `${path} exists already; nothing is ever overwritten`, facts, {
      cause: error,
    });
  }
  const [faultCode, kind] = FULL.has(code)
    ? (['digest/target-full', FaultKind.Refused] as const)
    : (['digest/target-unwritable', FaultKind.Unreadable] as const);
  return new Fault(kind, faultCode, `${path} could not be written after ${writtenBytes} bytes: ${reason}`, facts, {
    cause: error,
  });
}

/** Synchronous: it lives in a worker thread, or takes a few milliseconds for a small file. */
export class TargetFile {
  readonly path: string;
  #fd: number | undefined;

  /** @param created called as soon as the file is there, so that a failure can remove it and never removes another's file. */
  constructor(path: string, created: () => void) {
    this.path = path;
    this.#fd = this.#guard(0, () => openSync(path, 'wx'));
    created();
  }

  /** Writes all of `bytes` [from, to) at `offset`. */
  write(bytes: Uint8Array, from: number, to: number, offset: number): void {
    this.use(offset, (fd) => {
      for (let at = from; at < to; ) {
        const written = writeSync(fd, bytes, at, to - at, offset + at - from);
        if (written <= 0) throw new Error(`the system took none of ${to - at} bytes`);
        at += written;
      }
    });
  }

  /** Does something with the descriptor; a failure is told with `writtenBytes`. */
  use<T>(writtenBytes: number, act: (fd: number) => T): T {
    const fd = this.#fd;
    if (fd === undefined) throw new TypeError(`${this.path} is closed`);
    return this.#guard(writtenBytes, () => act(fd));
  }

  /**
   * fsync and close: after this the bytes survive a power cut (the folder's entry is the caller's to sync).
   * @param check a last look at the descriptor between the two.
   */
  seal(writtenBytes: number, check?: (fd: number) => void): void {
    this.use(writtenBytes, (fd) => {
      fsyncSync(fd);
      check?.(fd);
    });
    const fd = this.#fd;
    this.#fd = undefined;
    if (fd !== undefined) this.#guard(writtenBytes, () => closeSync(fd)); // close can report a late write error (NFS)
  }

  /** Closes without a word, after a failure. */
  abandon(): void {
    const fd = this.#fd;
    this.#fd = undefined;
    try {
      if (fd !== undefined) closeSync(fd);
    } catch {
      // the failure that led here is the one to tell
    }
  }

  #guard<T>(writtenBytes: number, act: () => T): T {
    try {
      return act();
    } catch (error) {
      throw targetFault(error, this.path, writtenBytes);
    }
  }
}
