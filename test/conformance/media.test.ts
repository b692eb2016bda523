/**
 * Every format in the registry must pass this, unasked: drop fixtures in test/fixtures/media/<id>/ (see media-cases.ts).
 * All containers wrap the same canon.raw, or a medium that another program took out: never what our own reader says.
 */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fault } from '#ingest/kernel';
import { type Extent, type Media, formats, identify, openMedia } from '#ingest/media';
import { type MediaCase, casesOf, depositOf } from './media-cases.ts';

/** What a damaged container may ask for: a medium larger than this is not read whole here. */
const MOST = 64 * 1024 * 1024;
/** Formats whose own checksums cover every byte of the medium: a wrong byte must never come out. */
const CHECKED = new Set(['ewf', 'ewf2']);

async function opened(of: MediaCase, damaged?: Buffer): Promise<Media> {
  const { container, companions } = depositOf(of, damaged);
  return openMedia(container, companions);
}

/**
 * Everything a reader does with a medium, so that damage has every chance to hurt: the bytes, or the Fault.
 * Undefined when the mark itself is gone, and another format (raw above all) answers.
 */
async function exercise(id: string, of: MediaCase, damaged: Buffer): Promise<Buffer | Fault | undefined> {
  try {
    await using media = await opened(of, damaged);
    if (media.format !== id && !of.isWhole) return undefined;
    let count = 0;
    for await (const _ of media.extents()) if (++count > 100_000) break;
    return await media.read(0, Math.min(media.size, MOST));
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

/** A Fault; the bytes that lie there, of a format that wraps nothing; the truth, of one that checks itself; else any bytes. */
function isRight(id: string, answer: Buffer | Fault | undefined, of: MediaCase, damaged: Buffer): boolean {
  if (answer === undefined || answer instanceof Fault) return true;
  if (of.isWhole) return answer.equals(damaged);
  return !CHECKED.has(id) || answer.equals(of.truth);
}

describe.each([...formats.keys()])('%s', (id) => {
  const cases = casesOf(id);

  it('has at least one fixture', () => expect(cases).not.toEqual([]));

  it('names its sources', () => expect(formats.get(id)?.sources).not.toEqual([]));

  describe.each(cases)('$name', (of) => {
    const { truth } = of;
    const whole = of.files.get(of.open) ?? Buffer.alloc(0);

    it('is told by its content', async () => {
      expect(await identify(depositOf(of).container)).toMatchObject({ id, readable: true });
    });

    it('reads any window as the truth has it', async () => {
      await using media = await opened(of);
      expect(media.format).toBe(id);
      expect(media.size).toBe(truth.length);
      expect((await media.read(0, truth.length)).equals(truth)).toBe(true);
      await fc.assert(
        fc.asyncProperty(fc.nat(truth.length), fc.oneof(fc.nat(9000), fc.nat(1 << 20)), async (offset, wish) => {
          const length = Math.min(wish, truth.length - offset);
          expect((await media.read(offset, length)).equals(truth.subarray(offset, offset + length))).toBe(true);
        }),
      );
    });

    it('answers many readers at once', async () => {
      await using media = await opened(of);
      const offsets = Array.from({ length: 40 }, (_, i) => Math.floor((truth.length * ((i * 7) % 40)) / 40));
      const answers = await Promise.all(offsets.map((at) => media.read(at, Math.min(5000, truth.length - at))));
      for (const [i, at] of offsets.entries())
        expect(answers[i]?.equals(truth.subarray(at, Math.min(at + 5000, truth.length)))).toBe(true);
    });

    it('refuses a window past its end', async () => {
      await using media = await opened(of);
      await expect(media.read(media.size - 1, 2)).rejects.toMatchObject({ kind: 'truncated' });
      await expect(media.read(0, Number.MAX_SAFE_INTEGER)).rejects.toMatchObject({ kind: 'truncated' });
    });

    it('has extents that cover the medium once, and zero extents that are zero', async () => {
      await using media = await opened(of);
      let end = 0;
      for (const { offset, length, kind } of await extentsOf(media)) {
        expect(offset).toBe(end);
        expect(length).toBeGreaterThan(0);
        const isZero = (await media.read(offset, length)).every((b) => b === 0);
        expect(kind !== 'zero' || isZero).toBe(true);
        end += length;
      }
      expect(end).toBe(media.size);
    });

    it('has the extents of any window', async () => {
      await using media = await opened(of);
      const kinds = new Map((await extentsOf(media)).map((extent) => [extent.offset, extent]));
      const at = (offset: number): string | undefined =>
        [...kinds.values()].find((extent) => extent.offset <= offset && offset < extent.offset + extent.length)?.kind;
      await fc.assert(
        fc.asyncProperty(fc.nat(truth.length - 1), fc.integer({ min: 1, max: 1 << 20 }), async (offset, wish) => {
          const length = Math.min(wish, truth.length - offset);
          let end = offset;
          for await (const extent of media.extents({ offset, length })) {
            expect(extent.offset).toBe(end);
            expect(extent.kind).toBe(at(extent.offset));
            end += extent.length;
          }
          expect(end).toBe(offset + length);
        }),
        { numRuns: 25 },
      );
    });

    it('has facts that are text or numbers and safe to print', async () => {
      await using media = await opened(of);
      for (const value of Object.values(media.facts).flat()) expect(String(value)).toMatch(/^[^\p{Cc}]+$/u);
    });

    it('answers damage with a Fault or the right bytes, never a crash or a hang', async () => {
      // Headers lie in the first sectors and, on a disc, after 32 KiB: damage there hurts most.
      const places = fc.oneof(fc.nat(1023), fc.integer({ min: 32_768, max: 36_863 }), fc.nat(whole.length - 1));
      await fc.assert(
        fc.asyncProperty(places, fc.integer({ min: 1, max: 255 }), async (place, change) => {
          const at = Math.min(place, whole.length - 1);
          const damaged = Buffer.from(whole);
          damaged[at] = (damaged[at] ?? 0) ^ change;
          expect(isRight(id, await exercise(id, of, damaged), of, damaged)).toBe(true);
        }),
        { numRuns: of.isWhole ? 300 : 25 },
      );
    });

    it('answers a cut anywhere with a Fault or the right bytes', async () => {
      await fc.assert(
        fc.asyncProperty(fc.oneof(fc.nat(Math.min(4096, whole.length - 1)), fc.nat(whole.length - 1)), async (length) => {
          const cut = whole.subarray(0, length);
          expect(isRight(id, await exercise(id, of, cut), of, cut)).toBe(true);
        }),
        { numRuns: of.isWhole ? 100 : 20 },
      );
    });
  });
});
