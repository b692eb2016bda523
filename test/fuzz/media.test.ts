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

const SECONDS = Number(process.env['STRONGROOM_FUZZ_SECONDS'] ?? 1);
/** A long run draws new damage each time; the short one is always the same, so that it judges the change at hand. */
const IS_LONG = SECONDS > 1;
const corpus = new URL('corpus/media/', import.meta.url);
/** One input may take so long, on a machine that does other things besides. */
const PATIENCE_MS = 10_000;
/** Read of a medium at most; a forged size says nothing of how much is there. */
const MOST = 16 << 20;

/** Numbers that break arithmetic, in four bytes. */
const EVIL = [0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x0001_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff];

/** A small generator of its own, so that a failure is told by one number. */
function numbersFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Structures lie at the start and the end: that is where most changes go. */
function damaged(bytes: Buffer, next: (below: number) => number): Buffer {
  const out = Buffer.from(bytes);
  const place = (): number => {
    const near = Math.min(out.length, [512, 4096, 70_000, out.length][next(4)] ?? 512);
    const at = next(near);
    return next(3) === 0 ? out.length - 1 - at : at;
  };
  for (let changes = 1 + next(6); changes > 0; changes -= 1) {
    const at = Math.min(place(), Math.max(0, out.length - 4));
    const kind = next(5);
    if (kind === 0) out[at] = next(256);
    else if (kind === 1 && out.length >= 4) out.writeUInt32LE(EVIL[next(EVIL.length)] ?? 0, at);
    else if (kind === 2 && out.length >= 4) out.writeUInt32BE(EVIL[next(EVIL.length)] ?? 0, at);
    else if (kind === 3) out.copy(out, at, place(), place());
    else out.fill(next(2) === 0 ? 0 : 0xff, at, Math.min(out.length, at + next(64)));
  }
  return next(6) === 0 ? out.subarray(0, next(out.length)) : out;
}

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
