/**
 * The hunt that every suite here makes: fixtures damaged in the ways that hurt parsers, and a kept corpus of inputs that once did or that
 * reach far. A crash, a hang, hunger for memory or a wrong answer is kept, as small as it gets, and told.
 *
 * STRONGROOM_FUZZ_SECONDS (for each format) makes it long, with other damage each time; STRONGROOM_FUZZ_KEEP=1 also keeps a few inputs
 * for each format that reach answers which no kept one reaches.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Fault } from '#ingest/kernel';
import { damaged, numbersFrom } from './damage.ts';
import { mended } from './mend.ts';
import { type Patch, applied, minimised } from './patch.ts';

/** Wrong, though nothing was thrown. */
export class Wrong extends Error {}

interface Prey {
  readonly name: string;
  readonly bytes: Buffer;
}

const SECONDS = Number(process.env['STRONGROOM_FUZZ_SECONDS'] ?? 1);
/** A long run draws new damage each time; the short one is always the same, so that it judges the change at hand. */
const IS_LONG = SECONDS > 1;
const KEEPS = process.env['STRONGROOM_FUZZ_KEEP'] === '1';
/** Of the process, all its threads: the machine may do other things besides. */
const PATIENCE_MS = 8000;
/** More than this, beyond what the process ever took, is out of proportion to fixtures of a few MB. */
const HUNGER_MB = 400;
const MOST_FOUND = 5;
const MOST_KEPT = 8;
const MOST_PATCH = 4000;

/**
 * @param cases of a format, by id. @param act does with the bytes whatever users do, notes the codes of what it was told, and throws
 * what it can't answer.
 */
export function hunts<T extends Prey>(
  area: string,
  ids: readonly string[],
  cases: (id: string) => readonly T[],
  act: (id: string, prey: T, bytes: Buffer, codes: Set<string>) => Promise<void>,
): void {
  describe.each(ids)('%s', (id) => {
    const all = cases(id);
    const folder = new URL(`corpus/${area}/${id}/`, import.meta.url);
    const kept = existsSync(folder)
      ? readdirSync(folder).map((file) => [file, JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Patch] as const)
      : [];
    const inputOf = (patch: Patch): { of: T; bytes: Buffer } => {
      const of = all.find(({ name }) => name === patch.of);
      if (of === undefined) throw new RangeError(`${id}: the corpus patches ${patch.of}, and there is no such fixture`);
      return { of, bytes: applied(of.bytes, patch) };
    };
    const harm = async (of: T, bytes: Buffer, codes = new Set<string>()): Promise<string | undefined> =>
      harmOf(() => act(id, of, bytes, codes), codes);

    it('answers what the corpus keeps', async () => {
      for (const [file, patch] of kept) {
        const { of, bytes } = inputOf(patch);
        expect(`${file}: ${(await harm(of, bytes)) ?? 'right'}`).toBe(`${file}: right`);
      }
    });

    it(
      `answers damage of any kind, for ${SECONDS} s`,
      async () => {
        const seed = IS_LONG ? Math.floor(Math.random() * 2 ** 32) : 1;
        const next = numbersFrom(seed);
        const found = new Map<string, string>();
        const reached = new Set<string>();
        if (KEEPS) for (const [, patch] of kept) await harm(inputOf(patch).of, inputOf(patch).bytes, reached);
        let keptCount = kept.length;
        let runs = 0;
        for (const end = performance.now() + SECONDS * 1000; performance.now() < end && found.size < MOST_FOUND; runs += 1) {
          const patch = next(5) === 0 ? kept[next(kept.length)]?.[1] : undefined;
          const prey = patch === undefined ? all[next(all.length)] : inputOf(patch).of;
          if (prey === undefined) break;
          const hurt = damaged(patch === undefined ? prey.bytes : inputOf(patch).bytes, next);
          const bytes = next(2) === 0 ? hurt : mended(id, hurt);
          const codes = new Set<string>();
          const what = await harm(prey, bytes, codes);
          if (what !== undefined && !found.has(nameOf(what))) {
            found.set(nameOf(what), what);
            const small = await minimised(prey.name, prey.bytes, bytes, (each) => alike(harm(prey, each), what), soon(60));
            keep(folder, small);
          } else if (KEEPS && what === undefined && keptCount < MOST_KEPT) {
            const fresh = [...codes].find((code) => !reached.has(code));
            if (fresh === undefined) continue;
            for (const code of codes) reached.add(code);
            const reaches = async (each: Buffer): Promise<string | undefined> => {
              const its = new Set<string>();
              await harm(prey, each, its);
              return its.has(fresh) ? fresh : undefined;
            };
            if (keep(folder, await minimised(prey.name, prey.bytes, bytes, reaches, soon(3)))) keptCount += 1;
          }
        }
        expect([`${runs > 0 || all.length === 0}`, `seed ${seed}`, ...found.values()]).toEqual(['true', `seed ${seed}`]);
      },
      (SECONDS + 60 * MOST_FOUND + 60) * 1000,
    );
  });
}

/** @returns what went wrong; undefined for an answer or a Fault, in time. */
async function harmOf(act: () => Promise<void>, codes: Set<string>): Promise<string | undefined> {
  const took = process.cpuUsage();
  const { maxRSS } = process.resourceUsage();
  try {
    await act();
  } catch (error) {
    if (!(error instanceof Fault)) return String(error instanceof Error ? error.stack : error);
    codes.add(error.code);
  }
  const { user, system } = process.cpuUsage(took);
  const tookMs = (user + system) / 1000;
  if (tookMs > PATIENCE_MS) return `slow: it took ${tookMs.toFixed(0)} ms`;
  const grewMB = (process.resourceUsage().maxRSS - maxRSS) / 1024;
  return grewMB > HUNGER_MB ? `hungry: it took ${grewMB.toFixed(0)} MB` : undefined;
}

/** Two findings with one name are one. */
function nameOf(what: string): string {
  const [first = '', ...stack] = what.split('\n');
  return `${first.replaceAll(/\d+/g, 'n')} ${stack.find((line) => line.includes('dist/'))?.trim() ?? ''}`;
}

async function alike(now: Promise<string | undefined>, what: string): Promise<string | undefined> {
  const found = await now;
  return found !== undefined && nameOf(found) === nameOf(what) ? found : undefined;
}

function soon(seconds: number): () => boolean {
  const end = performance.now() + seconds * 1000;
  return () => performance.now() < end;
}

function keep(folder: URL, patch: Patch): boolean {
  const text = `${JSON.stringify({ ...patch, found: patch.found.split('\n', 1)[0] }, undefined, 2)}\n`;
  const isFinding = /[: ]/.test(patch.found);
  if (text.length > MOST_PATCH && !isFinding) return false;
  mkdirSync(folder, { recursive: true });
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 8);
  const name = isFinding ? 'found' : patch.found.replaceAll(/[^a-z0-9-]+/g, '-');
  writeFileSync(new URL(`${name}~${digest}.json`, folder), text);
  return true;
}
