/** QCOW of every kind that qemu-img writes, of random disks of odd size, judged by qemu-img. Needs qemu-img and qemu-io; skipped without. */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { companionsOf, fileSource, openMedia } from '#ingest/media';
import { has, run } from './tools.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'qcow-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Numbers that look random and are the same every time. */
function numbers(seed: number): (below: number) => number {
  let count = 0;
  return (below) => createHash('sha256').update(`${seed} ${count++}`).digest().readUIntBE(0, 6) % below;
}

/** Noise, text, zeros and holes in pieces of any length; some whole 512-byte sectors in all. */
function disk(seed: number): Buffer {
  const below = numbers(seed);
  const pieces: Buffer[] = [];
  const size = (4001 + 2 * below(3000)) * 512;
  for (let left = size; left > 0; ) {
    const length = Math.min(left, 1 + below(200_000));
    const kind = below(3);
    if (kind === 0) pieces.push(Buffer.alloc(length, below(2) * 0xf6));
    else if (kind === 1) pieces.push(Buffer.alloc(length, `Row ${below(1000)}. `));
    else pieces.push(noise(length, below(1 << 30)));
    left -= length;
  }
  return Buffer.concat(pieces, size);
}

function noise(length: number, seed: number): Buffer {
  return createHash('shake256', { outputLength: length }).update(String(seed)).digest();
}

async function readWhole(name: string): Promise<Buffer> {
  await using container = await fileSource(join(folder, name));
  const names = await readdir(folder);
  await using companions = companionsOf(name, names, (other) => fileSource(join(folder, other)));
  await using media = await openMedia(container, companions);
  expect(media.warnings.map(({ code }) => code)).toEqual([]);
  let end = 0;
  const parts: Buffer[] = [];
  for await (const { offset, length, kind } of media.extents()) {
    expect(offset).toBe(end);
    parts.push(kind === 'zero' ? Buffer.alloc(length) : await media.read(offset, length));
    end += length;
  }
  const whole = await media.read(0, media.size);
  expect(Buffer.concat(parts).equals(whole)).toBe(true);
  return whole;
}

const kinds: readonly (readonly [string, string, readonly string[]])[] = [
  ['version 1', 'qcow', []],
  ['version 2', 'qcow2', ['-o', 'compat=0.10']],
  ['version 2, deflate', 'qcow2', ['-c', '-o', 'compat=0.10']],
  ['version 3', 'qcow2', []],
  ['version 3, deflate', 'qcow2', ['-c']],
  ['version 3, zstd', 'qcow2', ['-c', '-o', 'compression_type=zstd']],
  ['clusters of 512 bytes', 'qcow2', ['-o', 'cluster_size=512']],
  ['clusters of 512 bytes, deflate', 'qcow2', ['-c', '-o', 'cluster_size=512']],
  ['clusters of 2 MiB', 'qcow2', ['-o', 'cluster_size=2M']],
  ['clusters of 2 MiB, deflate', 'qcow2', ['-c', '-o', 'cluster_size=2M']],
  ['clusters of 2 MiB, zstd', 'qcow2', ['-c', '-o', 'cluster_size=2M,compression_type=zstd']],
  ['subclusters', 'qcow2', ['-o', 'extended_l2=on,cluster_size=16k']],
  ['subclusters, zstd', 'qcow2', ['-c', '-o', 'extended_l2=on,compression_type=zstd']],
  ['tables made before', 'qcow2', ['-o', 'preallocation=metadata']],
  ['clusters made before', 'qcow2', ['-o', 'preallocation=falloc']],
  ['counts of 1 bit', 'qcow2', ['-o', 'refcount_bits=1']],
  ['a data file', 'qcow2', ['-o', 'data_file=clusters.data']],
  ['a raw data file', 'qcow2', ['-o', 'data_file=clusters.raw,data_file_raw=on']],
];

describe.runIf(has('qemu-img'))('QCOW as qemu-img writes it', () => {
  it.each(kinds)('%s is read as it was written', async (_, format, options) => {
    const truth = disk(kinds.findIndex(([, , each]) => each === options));
    await writeFile(join(folder, 'truth.raw'), truth);
    run('qemu-img', ['convert', '-q', '-f', 'raw', '-O', format, ...options, 'truth.raw', 'image'], folder);
    expect((await readWhole('image')).equals(truth)).toBe(true);
  });
});

describe.runIf(has('qemu-img') && has('qemu-io'))('QCOW as qemu-io changes it', () => {
  it.each(['off', 'on'])('is read as qemu-img reads it, over a chain that grows, with subclusters %s', async (subclusters) => {
    const below = numbers(subclusters.length);
    await writeFile(join(folder, '0'), disk(77));
    for (let n = 1; n < 5; n++) {
      const size = (4000 + below(9000)) * 512;
      const backing = ['-b', String(n - 1), '-F', n === 1 ? 'raw' : 'qcow2'];
      run(
        'qemu-img',
        ['create', '-q', '-f', 'qcow2', '-o', `extended_l2=${subclusters}`, ...backing, String(n), String(size)],
        folder,
      );
      const changes = Array.from({ length: 12 }, () => {
        const at = below(size / 512 - 1) * 512;
        const length = Math.min(size - at, (1 + below(below(2) === 0 ? 8 : 600)) * 512);
        return ['write -z', 'write -z -u', `write -P ${below(256)}`, 'discard'][below(4)] + ` ${at} ${length}`;
      });
      run('qemu-io', ['-f', 'qcow2', ...changes.flatMap((change) => ['-c', change]), String(n)], folder);
      run('qemu-img', ['convert', '-f', 'qcow2', '-O', 'raw', String(n), 'truth.raw'], folder);
      expect((await readWhole(String(n))).equals(await readFile(join(folder, 'truth.raw')))).toBe(true);
    }
  });
});
