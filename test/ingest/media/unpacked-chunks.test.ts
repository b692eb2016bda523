/** The cache of unpacked chunks: whatever it forgets and when, each chunk is made of its own bytes. */
import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { mappedMedia } from '#built/ingest/media/mapped-media';
import type { Chunk, Run } from '#built/ingest/media/runs';
import { bufferSource } from './buffer-source.ts';

const SIZE = 1 << 20;
const COUNT = 24;
/** "Packed" is one byte that is repeated; the last chunk of the medium lies first in the container. */
const packed = Buffer.from(Array.from({ length: COUNT }, (_, i) => COUNT - i));
const container = bufferSource(packed);

function chunk(index: number): Chunk {
  return {
    key: index,
    source: container,
    at: COUNT - 1 - index,
    packedLength: 1,
    size: SIZE,
    unpack: (bytes) => Promise.resolve(Buffer.alloc(SIZE, bytes)),
  };
}

/** The first half of each chunk one after the other, so that every read takes a part only. */
function halves(): ReturnType<typeof mappedMedia> {
  const half = SIZE / 2;
  return mappedMedia({
    format: 'test',
    size: COUNT * half,
    sectorSize: 512,
    map(offset, length) {
      const runs: Run[] = [];
      for (let at = offset; at < offset + length; ) {
        const index = Math.floor(at / half);
        const end = Math.min(offset + length, (index + 1) * half);
        runs.push({ kind: 'packed', offset: at, length: end - at, chunk: chunk(index), skip: at - index * half });
        at = end;
      }
      return Promise.resolve(runs);
    },
  });
}

describe('unpacked chunks', () => {
  it('that are forgotten while a window is filled are made of their own bytes again', async () => {
    await using media = halves();
    const half = SIZE / 2;
    for (let index = 0; index < 16; index += 1) await media.read(index * half, 100);
    const window = await media.read(0, COUNT * half);
    for (let index = 0; index < COUNT; index += 1) expect(window[index * half]).toBe(index + 1);
  });

  it('are right for any windows in any order', async () => {
    await using media = halves();
    const half = SIZE / 2;
    const windows = fc.array(fc.tuple(fc.nat(COUNT * half - 1), fc.nat(4 * half)), { minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(windows, async (wanted) => {
        const answers = await Promise.all(
          wanted.map(([offset, wish]) => media.read(offset, Math.min(wish, COUNT * half - offset))),
        );
        for (const [i, [offset]] of wanted.entries()) {
          const bytes = answers[i] ?? Buffer.alloc(0);
          for (let at = 0; at < bytes.length; at += 65_536) expect(bytes[at]).toBe(Math.floor((offset + at) / half) + 1);
        }
      }),
      { numRuns: 40 },
    );
  });
});
