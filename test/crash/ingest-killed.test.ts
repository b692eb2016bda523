/** An ingest killed at any moment loses nothing that was acknowledged and leaves nothing half-made. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, it } from 'vitest';
import { Home } from './besieged-home.ts';
import { seedInWords } from './moments.ts';

const FULL = process.env['STRONGROOM_CRASH'] === 'full';
const KILLS = FULL ? 210 : 40;
const HOMES = FULL ? 5 : 2;

const root = mkdtempSync(join(tmpdir(), 'strongroom-crash-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('an ingest that is killed', () => {
  it(`loses nothing acknowledged and leaves nothing half-made, ${KILLS} times`, async () => {
    const homes = Array.from({ length: HOMES }, (_, number) => new Home(root, number));
    await Promise.all(homes.map((home) => home.endure(Math.ceil(KILLS / HOMES))));
    const kept = homes.reduce((sum, home) => sum + home.acknowledged.size, 0);
    const struck = homes.flatMap((home) => home.struck).toSorted();
    const where = [...new Set(struck)].map((what) => `${what}: ${struck.filter((each) => each === what).length}`);
    console.log(`${seedInWords()}; ${kept} packages acknowledged; killed while: ${where.join('; ')}`);
  }, 3_600_000);
});
