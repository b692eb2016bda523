/** What a case of this bench is, and what they share. All numbers are seconds; the ratio is floor ÷ ours, higher is better. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { performance } from 'node:perf_hooks';

export interface BenchCase {
  readonly name: string;
  /** Ratio to reach. */
  readonly target: number;
  /** Makes its files in a folder of its own. */
  prepare(folder: string): Promise<void>;
  ours(): Promise<number>;
  floor(): Promise<number>;
  dispose(): Promise<void>;
}

/** Bytes of the large file; the design wants 1 to 3 GiB. */
export const LARGE = Number(process.env['BENCH_BYTES'] ?? 1 << 30);

/** Bytes of the image that is ingested and audited. */
export const INGEST_SIZE = Number(process.env['BENCH_BYTES'] ?? 3 * (1 << 30));

export async function seconds(act: () => unknown): Promise<number> {
  const start = performance.now();
  await act();
  return (performance.now() - start) / 1000;
}

export function shell(script: string): void {
  execFileSync('bash', ['-c', script], { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** A file of random bytes: nothing in it compresses or is zero. */
export function randomFile(path: string, size: number): void {
  const fd = openSync(path, 'wx');
  try {
    for (let at = 0; at < size; at += 64 << 20) writeSync(fd, randomBytes(Math.min(64 << 20, size - at)));
  } finally {
    closeSync(fd);
  }
  shell('sync');
}

export function remove(...paths: string[]): void {
  for (const path of paths) rmSync(path, { force: true, recursive: true });
}
