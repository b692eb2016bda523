/**
 * Every file system against hostile bytes: fixtures damaged in the ways that hurt parsers, and a kept corpus of inputs that once did.
 * Whatever comes, the answer is a listing or a Fault, soon. STRONGROOM_FUZZ_SECONDS (for each format) makes it long.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { contentOf, type Entry, fileSystems, LISTING_LIMITS, OPEN_OPTIONS } from '#ingest/filesystems';
import { Fault } from '#ingest/kernel';
import { casesOf } from '../conformance/filesystem-cases.ts';
import { bufferSource } from '../ingest/media/buffer-source.ts';
import { damaged, numbersFrom } from './damage.ts';

const SECONDS = Number(process.env['STRONGROOM_FUZZ_SECONDS'] ?? 1);
/** A long run draws new damage each time; the short one is always the same, so that it judges the change at hand. */
const IS_LONG = SECONDS > 1;
const corpus = new URL('corpus/filesystems/', import.meta.url);
/** One input may take so long, on a machine that does other things besides. */
const PATIENCE_MS = 10_000;
/** Entries whose bytes are read, and bytes of each: a forged size says nothing of how much is there. */
const MOST_READ = 100;
const MOST = 1 << 20;

/** @returns what went wrong; undefined for a listing or a Fault, in time. */
async function trouble(id: string, volume: Buffer): Promise<string | undefined> {
  const start = performance.now();
  try {
    const source = bufferSource(volume);
    await fileSystems.get(id)?.probe(source);
    const system = await fileSystems.get(id)?.open(source, OPEN_OPTIONS);
    let left = MOST_READ;
    for await (const batch of system?.entries({ ...LISTING_LIMITS, entryCount: 100_000 }) ?? [])
      for (const found of batch) if (found.kind !== 'damage' && left-- > 0) await readSome(found);
    await system?.[Symbol.asyncDispose]();
  } catch (error) {
    if (!(error instanceof Fault)) return String(error instanceof Error ? error.stack : error);
  }
  const tookMs = performance.now() - start;
  return tookMs > PATIENCE_MS ? `it took ${tookMs.toFixed(0)} ms` : undefined;
}

async function readSome({ streams }: Entry): Promise<void> {
  for (const stream of streams)
    try {
      const content = await contentOf(stream);
      await content.read(0, Math.min(content.size, MOST));
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
    }
}

describe.each([...fileSystems.keys()])('%s', (id) => {
  const cases = casesOf(id);
  const kept = new URL(`${id}/`, corpus);

  it('answers what once did harm', async () => {
    for (const file of existsSync(kept) ? readdirSync(kept) : []) {
      const found = await trouble(id, gunzipSync(readFileSync(new URL(file, kept))));
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
        if (of === undefined) break;
        const bytes = damaged(of.volume, next);
        const found = await trouble(id, bytes);
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
