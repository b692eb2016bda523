/** One window given to a thread: what it makes, and what it leaves to others. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync, deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ByteSource, fileSource } from '#ingest/media';
import { adler32 } from '#built/ingest/media/codecs/adler32';
import type { Recipe } from '#built/ingest/media/codecs/codec';
import { rangeSource } from '#built/ingest/media/range-source';
import type { Run } from '#built/ingest/media/runs';
import { threadedWindow } from '#built/ingest/media/threaded-window';
import { bufferSource } from './buffer-source.ts';

const SIZE = 8192;
const COUNT = 40;

type Packed = readonly [Recipe['kind'], Buffer];
type Pack = (bytes: Buffer) => Packed;

const number = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const GOOD: readonly Pack[] = [
  (bytes) => ['zlib', Buffer.concat([deflateSync(bytes), Buffer.alloc(100, 7)])],
  (bytes) => ['deflate', deflateRawSync(bytes)],
  (bytes) => ['adler32', Buffer.concat([bytes, number(adler32(bytes))])],
];
const BAD: Readonly<Record<string, Pack>> = {
  'holds one byte too many': (bytes) => ['zlib', deflateSync(Buffer.concat([bytes, Buffer.of(0)]))],
  'holds one byte too few': (bytes) => ['deflate', deflateRawSync(bytes.subarray(1))],
  'holds a thousand times its size': () => ['zlib', deflateSync(Buffer.alloc(SIZE * 1000))],
  'does not match its checksum': (bytes) => ['adler32', Buffer.concat([bytes, number(adler32(bytes) + 1)])],
  'ends before its checksum': (bytes) => ['zlib', deflateSync(bytes).subarray(0, -1)],
  'is no stream': () => ['zlib', Buffer.alloc(50, 0xff)],
  'is empty': () => ['deflate', Buffer.alloc(0)],
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'threaded-window-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Chunks one after the other, every seventh packed by `odd`, and all runs of the medium that they make. */
function chunks(disk: Buffer, odd: Pack | undefined): { bytes: Buffer; runs: (source: ByteSource) => Run[] } {
  const all = Array.from({ length: COUNT }, (_, i): Packed => {
    const pack = (i % 7 === 3 ? odd : undefined) ?? GOOD[i % GOOD.length];
    if (pack === undefined) throw new RangeError('no way to pack');
    return pack(disk.subarray(i * SIZE, (i + 1) * SIZE));
  });
  return {
    bytes: Buffer.concat(all.map(([, packed]) => packed)),
    runs(source) {
      let end = 0;
      return all.map(([kind, packed], i) => {
        const at = end;
        end += packed.length;
        const unpack = (): Promise<Buffer> => Promise.reject(new Error('a thread has no use for it'));
        const chunk = { key: i, source, at, packedLength: packed.length, size: SIZE, unpack, recipe: { kind } };
        return { kind: 'packed', offset: i * SIZE, length: SIZE, chunk, skip: 0 };
      });
    },
  };
}

describe('a window that is given to a thread', () => {
  const disk = Buffer.concat(
    Array.from({ length: COUNT }, (_, i) => (i % 4 === 0 ? Buffer.alloc(SIZE, i & 8) : randomBytes(SIZE))),
  );
  const window = { offset: 0, length: disk.length };
  const never = (): boolean => false;

  async function stored(name: string, bytes: Buffer): Promise<ByteSource> {
    await writeFile(join(folder, name), bytes);
    return fileSource(join(folder, name));
  }

  it('is made whole, of zlib, of deflate and of what is stored, through views of the file as well', async () => {
    const { bytes, runs } = chunks(disk, undefined);
    await using source = await stored('good', Buffer.concat([Buffer.alloc(333, 1), bytes]));
    const made = await threadedWindow(runs(rangeSource(source, 333, bytes.length, 'the chunks')), window, never);
    expect(made?.left).toEqual([]);
    expect(made?.bytes.equals(disk)).toBe(true);
  });

  it('is made in the memory that is given with it', async () => {
    const { bytes, runs } = chunks(disk, undefined);
    await using source = await stored('spare', bytes);
    const spare = new ArrayBuffer(disk.length * 2);
    const made = await threadedWindow(runs(source), window, never, spare);
    expect(made?.bytes.equals(disk)).toBe(true);
    expect(made?.bytes.buffer.byteLength).toBe(disk.length * 2);
    expect(spare.byteLength).toBe(0);
  });

  it.each(Object.entries(BAD))('leaves a chunk that %s, and no other', async (_, odd) => {
    const { bytes, runs } = chunks(disk, odd);
    await using source = await stored('bad', bytes);
    const made = await threadedWindow(runs(source), window, never);
    expect(made?.left.map(({ offset }) => offset / SIZE)).toEqual([3, 10, 17, 24, 31, 38]);
    for (let i = 0; i < COUNT; i += 1)
      expect(i % 7 === 3 || made?.bytes.compare(disk, i * SIZE, (i + 1) * SIZE, i * SIZE, (i + 1) * SIZE) === 0).toBe(true);
  });

  it('leaves what is known already, and what lies in no file', async () => {
    const { bytes, runs } = chunks(disk, undefined);
    await using source = await stored('known', bytes);
    const made = await threadedWindow(runs(source), window, ({ offset }) => offset === SIZE * 5);
    expect(made?.left.map(({ offset }) => offset)).toEqual([SIZE * 5]);
    expect(await threadedWindow(runs(bufferSource(bytes)), window, never)).toBeUndefined();
  });

  it('is left whole when its file was closed', async () => {
    const { bytes, runs } = chunks(disk, undefined);
    const source = await stored('closed', bytes);
    await source[Symbol.asyncDispose]();
    const made = await threadedWindow(runs(source), window, never);
    expect(made?.left).toHaveLength(COUNT);
  });

  it('of few chunks is not worth a thread', async () => {
    const { bytes, runs } = chunks(disk, undefined);
    await using source = await stored('few', bytes);
    expect(await threadedWindow(runs(source).slice(0, 15), { offset: 0, length: 15 * SIZE }, never)).toBeUndefined();
  });
});
