/** Reading ahead changes how often the medium is asked, and nothing else. */
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { readAhead } from '#built/ingest/survey/read-ahead';
import { Fault, FaultKind } from '#ingest/kernel';
import type { ByteSource } from '#ingest/media';

const SIZE = 6 << 20;
const bytes = Buffer.from(Array.from({ length: SIZE }, (_, i) => (i * 31 + (i >> 8)) & 255));

/** Bytes from `spoilt` on can't be read. */
function source(spoilt = SIZE): ByteSource & { reads: number } {
  return {
    size: SIZE,
    reads: 0,
    read(offset, length) {
      this.reads += 1;
      const fault = new Fault(FaultKind.Corrupt, 'test/spoilt', 'spoilt');
      return offset + length > spoilt ? Promise.reject(fault) : Promise.resolve(bytes.subarray(offset, offset + length));
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

it('gives the bytes that are asked for, in any order', async () => {
  const windows = fc.array(fc.tuple(fc.nat(SIZE - 1), fc.nat(3 << 20)), { maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(windows, async (asked) => {
      const ahead = readAhead(source());
      for (const [offset, wish] of asked) {
        const length = Math.min(wish, SIZE - offset);
        expect((await ahead.read(offset, length)).equals(bytes.subarray(offset, offset + length))).toBe(true);
      }
    }),
    { numRuns: 20 },
  );
});

it('asks the medium once for many small reads in a row', async () => {
  const medium = source();
  const ahead = readAhead(medium);
  for (let at = 0; at < 2 << 20; at += 512) await ahead.read(at, 512);
  expect(medium.reads).toBeLessThan(5);
});

it('lets damage spoil what it spoils and no more', async () => {
  const ahead = readAhead(source(1_000_000));
  expect((await ahead.read(999_000, 500)).equals(bytes.subarray(999_000, 999_500))).toBe(true);
  expect((await ahead.read(999_500, 500)).equals(bytes.subarray(999_500, 1_000_000))).toBe(true);
  await expect(ahead.read(999_500, 501)).rejects.toMatchObject({ code: 'test/spoilt' });
  await expect(ahead.read(SIZE - 1, 2)).rejects.toMatchObject({ kind: 'truncated' });
});
