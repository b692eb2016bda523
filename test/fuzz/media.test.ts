/**
 * Every container format against hostile bytes: fixtures damaged in the ways that hurt parsers, and a kept corpus of inputs that once did.
 * Whatever comes, the answer is a medium or a Fault, soon. STRONGROOM_FUZZ_SECONDS (for each format) makes it long.
 */
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Fault } from '#ingest/kernel';
import { formats, openMedia } from '#ingest/media';
import { type MediaCase, casesOf, depositOf } from '../conformance/media-cases.ts';
import { damaged, numbersFrom } from './damage.ts';

const SECONDS = Number(process.env['STRONGROOM_FUZZ_SECONDS'] ?? 1);
/** A long run draws new damage each time; the short one is always the same, so that it judges the change at hand. */
const IS_LONG = SECONDS > 1;
const corpus = new URL('corpus/media/', import.meta.url);
/** One input may take so long, on a machine that does other things besides. */
const PATIENCE_MS = 10_000;
/** Read of a medium at most; a forged size says nothing of how much is there. */
const MOST = 16 << 20;

/** @returns what went wrong; undefined for a medium or a Fault, in time. */
async function trouble(of: MediaCase, bytes: Buffer): Promise<string | undefined> {
  const start = performance.now();
  try {
    const { container, companions } = depositOf(of, bytes);
    await using media = await openMedia(container, companions);
    let count = 0;
    for await (const _ of media.extents()) if (++count > 20_000) break;
    for (let at = 0; at < Math.min(media.size, MOST); at += 1 << 20)
      await media.read(at, Math.min(1 << 20, media.size - at)).catch(onlyFault);
  } catch (error) {
    if (!(error instanceof Fault)) return String(error instanceof Error ? error.stack : error);
  }
  const tookMs = performance.now() - start;
  return tookMs > PATIENCE_MS ? `it took ${tookMs.toFixed(0)} ms` : undefined;
}

function onlyFault(error: unknown): void {
  if (!(error instanceof Fault)) throw error;
}

describe.each([...formats.keys()])('%s', (id) => {
  const cases = casesOf(id);
  const kept = new URL(`${id}/`, corpus);

  it('answers what once did harm', async () => {
    const files = existsSync(kept) ? readdirSync(kept) : [];
    for (const file of files) {
      const [name = ''] = file.split('~');
      const of = cases.find((each) => each.name === name) ?? cases[0];
      const found = of === undefined ? 'no case' : await trouble(of, gunzipSync(readFileSync(new URL(file, kept))));
      expect(`${file}: ${found ?? 'right'}`).toBe(`${file}: right`);
    }
  });

  it(
    `answers damage of any kind, for ${SECONDS} s`,
    async () => {
      const seed = IS_LONG ? Math.floor(Math.random() * 2 ** 32) : 1;
      const next = numbersFrom(seed);
      for (const end = performance.now() + SECONDS * 1000; performance.now() < end; ) {
        const of = cases[next(cases.length)];
        const whole = of?.files.get(of.open);
        if (of === undefined || whole === undefined) break;
        const bytes = damaged(whole, next);
        const found = await trouble(of, bytes);
        if (found !== undefined) {
          const digest = createHash('sha256').update(bytes).digest('hex').slice(0, 12);
          mkdirSync(kept, { recursive: true });
          writeFileSync(new URL(`${of.name}~${digest}.gz`, kept), gzipSync(bytes, { level: 9 }));
        }
        expect(`seed ${seed}: ${found ?? 'right'}`).toBe(`seed ${seed}: right`);
      }
    },
    (SECONDS + 60) * 1000,
  );
});
