/**
 * Every format in the registry must pass this, unasked: drop fixtures in test/fixtures/media/<id>/ (recipe: make.sh there).
 * The truth is what zlib takes out of the fixture, never what our own reader says.
 */
import { readFile, readdir } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fault } from '#ingest/kernel';
import { type Extent, type Media, formats, identify, openMedia } from '#ingest/media';
import { bufferSource } from '../ingest/media/buffer-source.ts';

const fixtures = new URL('../fixtures/media/', import.meta.url);

async function fixture(id: string, file: string): Promise<Buffer> {
  return gunzipSync(await readFile(new URL(`${id}/${file}`, fixtures)));
}

/** Everything a reader does with a medium, so that damage has every chance to hurt: the bytes, or the Fault. */
async function exercise(bytes: Buffer): Promise<Buffer | Fault> {
  try {
    await using container = bufferSource(bytes);
    await using media = await openMedia(container);
    await extentsOf(media);
    return await media.read(0, media.size);
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
}

async function extentsOf(media: Media): Promise<Extent[]> {
  const found: Extent[] = [];
  for await (const extent of media.extents()) found.push(extent);
  return found;
}

/** True for a Fault, and for exactly the bytes that lie there. */
function isRight(answer: Buffer | Fault, truth: Buffer): boolean {
  return answer instanceof Fault || answer.equals(truth);
}

describe.each([...formats.keys()])('%s', async (id) => {
  const files = await readdir(new URL(`${id}/`, fixtures)).catch(() => []);

  it('has at least one fixture', () => expect(files).not.toEqual([]));

  it('names its sources', () => expect(formats.get(id)?.sources).not.toEqual([]));

  describe.each(files)('%s', async (file) => {
    const truth = await fixture(id, file);

    it('is told by its content', async () => {
      await using container = bufferSource(truth);
      expect(await identify(container)).toMatchObject({ id, readable: true });
    });

    it('reads any window as the truth has it', async () => {
      await using container = bufferSource(truth);
      await using media = await openMedia(container);
      expect(media.format).toBe(id);
      expect(media.size).toBe(truth.length);
      await fc.assert(
        fc.asyncProperty(fc.nat(truth.length), fc.nat(3 << 20), async (offset, wish) => {
          const length = Math.min(wish, truth.length - offset);
          expect(Buffer.compare(await media.read(offset, length), truth.subarray(offset, offset + length))).toBe(0);
        }),
      );
    });

    it('refuses a window past its end', async () => {
      await using container = bufferSource(truth);
      await using media = await openMedia(container);
      await expect(media.read(media.size - 1, 2)).rejects.toMatchObject({ kind: 'truncated' });
      await expect(media.read(0, Number.MAX_SAFE_INTEGER)).rejects.toMatchObject({ kind: 'truncated' });
    });

    it('has extents that cover the medium once, and zero extents that are zero', async () => {
      await using container = bufferSource(truth);
      await using media = await openMedia(container);
      let end = 0;
      for (const { offset, length, kind } of await extentsOf(media)) {
        expect(offset).toBe(end);
        expect(length).toBeGreaterThan(0);
        const isZero = (await media.read(offset, length)).every((b) => b === 0);
        expect(isZero || kind === 'data').toBe(true);
        end += length;
      }
      expect(end).toBe(media.size);
    });

    it('has facts that are text or numbers and safe to print', async () => {
      await using container = bufferSource(truth);
      await using media = await openMedia(container);
      for (const value of Object.values(media.facts)) expect(String(value)).toMatch(/^[^\p{Cc}]+$/u);
    });

    it('answers damage with a Fault or the right bytes, never a crash or a hang', async () => {
      // Headers lie in the first sectors and, on a disc, after 32 KiB: damage there hurts most.
      const places = fc.oneof(fc.nat(1023), fc.integer({ min: 32_768, max: 36_863 }), fc.nat(truth.length - 1));
      await fc.assert(
        fc.asyncProperty(places, fc.integer({ min: 1, max: 255 }), async (place, change) => {
          const at = Math.min(place, truth.length - 1);
          const damaged = Buffer.from(truth);
          damaged[at] = (damaged[at] ?? 0) ^ change;
          expect(isRight(await exercise(damaged), damaged)).toBe(true);
        }),
        { numRuns: 300 },
      );
    });

    it('answers a cut anywhere with a Fault or the right bytes', async () => {
      await fc.assert(
        fc.asyncProperty(fc.nat(truth.length - 1), async (length) => {
          const cut = truth.subarray(0, length);
          expect(isRight(await exercise(cut), cut)).toBe(true);
        }),
      );
    });
  });
});
