/** Checks some blocks of one file against their digests. Runs in a worker thread. */
import { hash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { wordsOfSystemError } from '../kernel/index.ts';
import { takeBytes } from './budget.ts';
import { READ_FLAGS, SecondLook } from './second-look.ts';
import { BLOCK, isZero, ZERO_BLOCK_DIGEST } from './zeros.ts';

/** Plain data for one thread. */
export interface BlocksTask {
  readonly kind: 'blocks';
  readonly path: string;
  /** Bytes the whole file should have. */
  readonly size: number;
  /** Index of the first block. */
  readonly first: number;
  /** 32 bytes per block. */
  readonly digests: Uint8Array;
  /** One word; not zero when the job was stopped. */
  readonly stop: SharedArrayBuffer;
  readonly budget?: SharedArrayBuffer;
}

export interface BlocksAnswer {
  /** Indexes of blocks that were wrong twice, ascending. */
  readonly altered: readonly number[];
  /** Blocks that could not be read, twice. */
  readonly unreadable: readonly { readonly block: number; readonly reason: string }[];
  /** Blocks that were right only at the second look. */
  readonly transient: number;
  /** Blocks that were read and compared. */
  readonly checkedBytes: number;
}

let buffer: Buffer | undefined;

export function checkBlocks(task: BlocksTask): BlocksAnswer {
  buffer ??= Buffer.allocUnsafeSlow(BLOCK);
  const stop = new Int32Array(task.stop);
  const stopped = (): boolean => Atomics.load(stop, 0) !== 0;
  const altered: number[] = [];
  const unreadable: { block: number; reason: string }[] = [];
  let transient = 0;
  let checkedBytes = 0;
  let fd: number | undefined;
  try {
    for (let i = 0; i * 32 < task.digests.length; i += 1) {
      const block = task.first + i;
      const length = Math.min(BLOCK, task.size - block * BLOCK);
      if (stopped() || (task.budget !== undefined && !takeBytes(task.budget, length, stopped))) break;
      const digest = task.digests.subarray(i * 32, i * 32 + 32);
      let right = false;
      try {
        fd ??= openSync(task.path, READ_FLAGS);
        right = readFully(fd, buffer, length, block * BLOCK) === length && matches(buffer, length, digest);
      } catch {
        right = false; // the second look says what it is
      }
      if (!right) {
        const verdict = lookAgain(task.path, block, length, digest);
        if (verdict === true) transient += 1;
        else if (verdict === false) altered.push(block);
        else {
          unreadable.push({ block, reason: verdict });
          continue;
        }
      }
      checkedBytes += length;
    }
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
  return { altered, unreadable, transient, checkedBytes };
}

function readFully(fd: number, into: Buffer, length: number, offset: number): number {
  let at = 0;
  while (at < length) {
    const got = readSync(fd, into, at, length - at, offset + at);
    if (got === 0) break;
    at += got;
  }
  return at;
}

/** Whether the first `length` bytes have this digest. Blocks of zeros are compared with zeros, which is exact and cheaper. */
function matches(bytes: Buffer, length: number, digest: Uint8Array): boolean {
  if (length === BLOCK && ZERO_BLOCK_DIGEST.equals(digest)) return isZero(bytes, 0, length);
  return hash('sha256', bytes.subarray(0, length), 'buffer').equals(digest);
}

/** @returns whether the block is right after all, or the reason why it can't be read. */
function lookAgain(path: string, block: number, length: number, digest: Uint8Array): boolean | string {
  try {
    using look = new SecondLook(path);
    const bytes = look.read(block * BLOCK, length);
    return bytes.length === length && matches(bytes, length, digest);
  } catch (error) {
    return wordsOfSystemError(error);
  }
}
