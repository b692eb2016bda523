/** An export killed at any moment leaves nothing at its target, or the whole of it; what is left over says so in its name. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { validateBag } from 'bagit-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allIsWhole } from './invariants.ts';
import { Killer, randomNumbers, seedInWords, watched } from './moments.ts';
import { largeDisk } from './sources.ts';
import { answerOf, Running, strongroom } from './strongroom.ts';

const FULL = process.env['STRONGROOM_CRASH'] === 'full';
const KILLS = FULL ? 60 : 9;
const KINDS = [
  { as: 'bag', end: '' },
  { as: 'tar', end: '.tar' },
  { as: 'zip', end: '.zip' },
];

const root = mkdtempSync(join(tmpdir(), 'strongroom-export-'));
const home = join(root, 'home');
const random = randomNumbers(200);
let id: string;
beforeAll(async () => {
  const disk = largeDisk(join(root, 'large.img'), (FULL ? 200 : 64) << 20, random);
  const { packages } = answerOf<{ packages: { id: string }[] }>(await strongroom(home, 'ingest', disk));
  id = packages[0]!.id;
}, 600_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

async function mustBeWhole(target: string): Promise<void> {
  const { valid, errors } = await validateBag(target);
  expect({ valid, errors }).toEqual({ valid: true, errors: [] });
}

describe('an export that is killed', () => {
  it.each(KINDS)(
    `as $as leaves nothing half-made, ${KILLS / KINDS.length} times`,
    async ({ as, end }) => {
      const folder = join(root, `to-${as}`);
      mkdirSync(folder);
      const name = `${id}${end}`;
      const target = join(folder, name);
      const leftovers = (): string[] => readdirSync(folder).filter((entry) => entry !== name);
      let before = 0;
      const works = (): boolean => leftovers().length > before;
      const exporting = (): Running => new Running(home, ['export', id, '--as', as, '--to', target]);

      const whole = await watched(exporting(), works);
      answerOf(whole);
      await mustBeWhole(target);
      expect(leftovers(), 'an export that ended leaves nothing beside its target').toEqual([]);
      rmSync(target, { recursive: true });

      const killer = new Killer(random, whole.tookMs, whole.workMs ?? 1000, works);
      let hits = 0;
      let published = 0;
      let partial = 0;
      while (hits < KILLS / KINDS.length) {
        before = leftovers().length;
        const { code, stdout } = await killer.strike(exporting(), () => undefined);
        expect([null, 0]).toContain(code);
        if (code === null) hits += 1;
        const isThere = readdirSync(folder).includes(name);
        if (code === null && isThere) published += 1;
        if (code === null && leftovers().length > before) partial += 1;
        expect(isThere || stdout === '', 'what was acknowledged is there').toBe(true);
        for (const entry of leftovers()) expect(entry.startsWith(`${name}.partial-`), entry).toBe(true);
        if (!isThere) continue;
        await mustBeWhole(target);
        rmSync(target, { recursive: true });
      }
      answerOf(await exporting().ended);
      await mustBeWhole(target);
      await allIsWhole(home, [id]);
      console.log(
        `${seedInWords()}; ${as}: killed ${hits} times, ${partial} with work begun, ${published} after it was in place`,
      );
      rmSync(folder, { recursive: true });
    },
    3_600_000,
  );
});
