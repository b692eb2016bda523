/** Peak memory of long work, each in a process of its own: resident set as the kernel counted it. */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { truncate } from 'node:fs/promises';
import { createHash, randomBytes } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { remove } from './case.ts';

export interface MemoryCase {
  readonly name: string;
  /** Prepares, runs, cleans up; answers a line of figures. */
  run(folder: string): Promise<string>;
}

/** Bytes of the sparse image. */
const SPARSE_SIZE = Number(process.env['BENCH_SPARSE_BYTES'] ?? 256 * 2 ** 30);
/** 200,000 of them take some minutes. */
const FILES = Number(process.env['BENCH_FILES'] ?? 20_000);

interface Child {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number;
}

/** bench/memory-child.ts with `args`; it prints its own figures. */
export async function child(...args: string[]): Promise<Child> {
  const script = fileURLToPath(new URL('./memory-child.js', import.meta.url));
  const process_ = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  for await (const chunk of process_.stdout) output += String(chunk);
  if (process_.exitCode !== 0 && process_.exitCode !== null) throw new Error(`${args.join(' ')} ended with ${process_.exitCode}`);
  return JSON.parse(output) as Child;
}

export function line({ seconds, cpuSeconds, peakBytes }: Child): string {
  return `${(peakBytes / 2 ** 20).toFixed(0)} MiB peak (limit 512)  ${seconds.toFixed(1)} s (${cpuSeconds.toFixed(1)} s of CPU)`;
}

const sparse: MemoryCase = {
  name: `memory/sparse: ingest of a ${SPARSE_SIZE / 2 ** 30} GiB image, 64 MiB of it data`,
  async run(folder) {
    const path = join(folder, 'sparse.img');
    const place = join(folder, 'sparse-place');
    const fd = openSync(path, 'wx');
    const piece = Buffer.alloc(1 << 20, 'strongroom');
    for (let i = 0; i < 64; i += 1) writeSync(fd, piece, 0, piece.length, Math.floor((SPARSE_SIZE / 64) * i));
    closeSync(fd);
    await truncate(path, SPARSE_SIZE);
    try {
      const figures = await child('ingest', place, path);
      return `${line(figures)}; du of source ${du(path)} KiB, of package ${du(place)} KiB`;
    } finally {
      remove(path, place);
    }
  },
};

const manyFiles: MemoryCase = {
  name: `memory/files: ingest, then validate, of a carrier with ${FILES} papers`,
  async run(folder) {
    const carrier = join(folder, 'carrier');
    const place = join(folder, 'files-place');
    mkdirSync(carrier);
    writeFileSync(join(carrier, 'disk.img'), randomBytes(1_474_560));
    for (let i = 0; i < FILES; i += 1) {
      const sub = join(carrier, `papers-${Math.floor(i / 1000)}`);
      if (i % 1000 === 0) mkdirSync(sub);
      writeFileSync(join(sub, `${i}.txt`), createHash('sha256').update(String(i)).digest('hex'));
    }
    try {
      const ingested = await child('ingest', place, carrier);
      const validated = await child('validate', place);
      return `ingest ${line(ingested)}; validate ${line(validated)}`;
    } finally {
      remove(carrier, place);
    }
  },
};

function du(path: string): string {
  return execFileSync('du', ['-sk', path], { encoding: 'utf8' }).split('\t')[0] ?? '';
}

export const memoryCases: readonly MemoryCase[] = [sparse, manyFiles];
