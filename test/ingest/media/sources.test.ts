/** Byte sources: files, chains of pieces, and those that fail on purpose. */
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ByteSource, type Failure, chainSource, faultySource, fileSource } from '#ingest/media';
import { bufferSource } from './buffer-source.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sources-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('fileSource', () => {
  it('reads any window of the file', async () => {
    const path = join(folder, 'whole');
    const bytes = Buffer.from(Array.from({ length: 5000 }, (_, i) => (i * 31) & 255));
    await writeFile(path, bytes);
    await using source = await fileSource(path);
    expect(source.size).toBe(5000);
    await fc.assert(
      fc.asyncProperty(fc.nat(5000), fc.nat(5000), async (a, b) => {
        const [from, to] = a < b ? [a, b] : [b, a];
        expect(Buffer.compare(await source.read(from, to - from), bytes.subarray(from, to))).toBe(0);
      }),
    );
  });

  it('says that the file became shorter while it was read', async () => {
    const path = join(folder, 'shrinks');
    await writeFile(path, Buffer.alloc(1000));
    await using source = await fileSource(path);
    await truncate(path, 300);
    await expect(source.read(200, 500)).rejects.toMatchObject({ kind: 'truncated', code: 'media/shrunk', facts: { end: 300 } });
  });

  it('asks for no memory before it has checked the window', async () => {
    const path = join(folder, 'sparse');
    await writeFile(path, '');
    await truncate(path, 2 ** 42);
    await using source = await fileSource(path);
    await expect(source.read(0, 2 ** 43)).rejects.toMatchObject({ kind: 'truncated', code: 'media/past-end' });
    await expect(source.read(0, 2 ** 42)).rejects.toMatchObject({ kind: 'unsupported', code: 'media/read-too-large' });
    await expect(source.read(2 ** 42 - 5, 5)).resolves.toHaveLength(5);
  });

  it.each([-1, 0.5, Number.NaN, 2 ** 53])('takes %d for a mistake of the program', async (offset) => {
    await using source = await fileSource(join(folder, 'whole'));
    await expect(source.read(offset, 1)).rejects.toThrow(RangeError);
  });

  it('says why a file cannot be opened, and opens no folder', async () => {
    await expect(fileSource(join(folder, 'nowhere'))).rejects.toMatchObject({ kind: 'unreadable', code: 'media/unreadable' });
    await expect(fileSource(folder)).rejects.toMatchObject({ kind: 'refused', code: 'media/not-a-file' });
  });
});

describe('chainSource', () => {
  it('reads across its pieces as if they were one', async () => {
    const pieces = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(pieces, fc.nat(), fc.nat(), async (parts, a, b) => {
        const whole = Buffer.concat(parts);
        const chain = chainSource(parts.map((part) => bufferSource(Buffer.from(part))));
        expect(chain.size).toBe(whole.length);
        const offset = a % (whole.length + 1);
        const length = b % (whole.length - offset + 1);
        expect(Buffer.compare(await chain.read(offset, length), whole.subarray(offset, offset + length))).toBe(0);
        await expect(chain.read(offset, whole.length - offset + 1)).rejects.toMatchObject({ kind: 'truncated' });
      }),
      { numRuns: 500 },
    );
  });

  it('closes every piece, even when one fails to close', async () => {
    const closed: number[] = [];
    const piece = (i: number): ByteSource => ({
      ...bufferSource(Buffer.alloc(1)),
      [Symbol.asyncDispose]: () => {
        closed.push(i);
        return i === 0 ? Promise.reject(new Error('stuck')) : Promise.resolve();
      },
    });
    await expect(chainSource([piece(0), piece(1), piece(2)])[Symbol.asyncDispose]()).rejects.toThrow('stuck');
    expect(closed).toEqual([0, 1, 2]);
  });
});

describe('faultySource', () => {
  it('fails where told, as often as told, and then heals', async () => {
    const failure: Failure = { failAt: 10, times: 2 };
    const source = faultySource(bufferSource(Buffer.alloc(20, 7)), failure);
    await expect(source.read(0, 10)).resolves.toHaveLength(10);
    await expect(source.read(0, 11)).rejects.toMatchObject({ kind: 'unreadable', code: 'media/injected' });
    await expect(source.read(10, 1)).rejects.toMatchObject({ kind: 'unreadable' });
    await expect(source.read(10, 1)).resolves.toEqual(Buffer.of(7));
  });

  it('fails for ever without a count, in the kind it was given', async () => {
    const source = faultySource(bufferSource(Buffer.alloc(20)), { failAt: 0, kind: 'truncated' });
    for (let i = 0; i < 5; i++) await expect(source.read(0, 1)).rejects.toMatchObject({ kind: 'truncated' });
  });
});
