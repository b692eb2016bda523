/** An audit killed at any moment goes on where it was, accuses nobody falsely, and forgets no damage it has seen. */
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SqliteDatabase } from '#built/src/database/sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packagesFolder, staged } from './invariants.ts';
import { Killer, randomNumbers, seedInWords, watched } from './moments.ts';
import { largeDisk } from './sources.ts';
import { answerOf, Running, strongroom } from './strongroom.ts';

const FULL = process.env['STRONGROOM_CRASH'] === 'full';
const KILLS = FULL ? 60 : 10;
const SIZE = (FULL ? 1024 : 320) << 20;
const MIB = 1 << 20;

const root = mkdtempSync(join(tmpdir(), 'strongroom-audit-'));
const home = join(root, 'home');
const random = randomNumbers(100);
let id: string;
let image: string;
beforeAll(async () => {
  const disk = largeDisk(join(root, 'large.img'), SIZE, random);
  const { packages } = answerOf<{ packages: { id: string }[] }>(await strongroom(home, 'ingest', disk));
  rmSync(disk);
  id = packages[0]!.id;
  image = join(packagesFolder(home), id, 'data/image/large.img');
}, 600_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

interface Position {
  readonly filesDone: number;
  readonly blocksDone: number;
  readonly checkedBytes: number;
  readonly findings: readonly { readonly path: string }[];
}
interface Audit {
  readonly checked: number;
  readonly ok: number;
  readonly damaged: readonly { path: string; outcome: string; ranges: { offset: number; length: number }[] }[];
}

/** Where the interrupted audit stands, as its row says. */
function checkpoint(): Position | undefined {
  const row = asked<{ position: string } | undefined>('SELECT position FROM audit_state');
  return row === undefined ? undefined : (JSON.parse(row.position) as Position);
}

/** How many audits have been recorded. */
function checks(): number {
  return asked<{ count: number }>('SELECT COUNT(*) AS count FROM fixity_check').count;
}

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller knows what it asks for
function asked<T>(sql: string): T {
  const database = new SqliteDatabase(join(home, 'catalogue.sqlite'), { readonly: true });
  try {
    return database.prepare(sql).get() as T;
  } finally {
    database.close();
  }
}

function flip(offset: number): void {
  const file = openSync(image, 'r+');
  const byte = Buffer.alloc(1);
  readSync(file, byte, 0, 1, offset);
  byte[0]! ^= 1 << (offset % 8);
  writeSync(file, byte, 0, 1, offset);
  closeSync(file);
}

/** A checkpoint that is not the one before: blocks have been read since. */
let last: string;
const asText = (): string => JSON.stringify(checkpoint() ?? null);
const goesOn = (): boolean => asText() !== last;

/** Kills audits until `kills` have hit; every audit that ends is judged. @returns positions at the kills. */
async function endure(kills: number, judge: (audit: Audit, code: number | null) => void): Promise<(Position | undefined)[]> {
  last = asText();
  const first = await watched(new Running(home, ['audit', id]), goesOn);
  judge(JSON.parse(first.stdout) as Audit, first.code);
  const killer = new Killer(random, first.tookMs, first.workMs ?? 1000, goesOn);
  const positions: (Position | undefined)[] = [];
  while (positions.length < kills) {
    last = asText();
    const checksBefore = checks();
    const running = new Running(home, ['audit', id]);
    const ended = await killer.strike(running, () => undefined);
    if (ended.code === null && ended.stdout === '') positions.push(checkpoint());
    else judge(JSON.parse(ended.stdout) as Audit, ended.code);
    const before = JSON.parse(last) as Position | null;
    const now = ended.code === null ? checkpoint() : undefined;
    // An audit killed after its event was in the journal has ended: the next command says so, and begins another.
    const hadEnded = checks() > checksBefore;
    const fellBack = now !== undefined && before !== null && !hadEnded && now.blocksDone < before.blocksDone;
    expect(fellBack, `${last}, then ${asText()}`).toBe(false);
  }
  const end = await strongroom(home, 'audit', id);
  judge(JSON.parse(end.stdout) as Audit, end.code);
  expect(checkpoint(), 'an audit that ended leaves no position').toBeUndefined();
  return positions;
}

describe('an audit that is killed', () => {
  it(`accuses nobody falsely, ${KILLS / 2} times`, async () => {
    const positions = await endure(KILLS / 2, (audit, code) => {
      expect(audit).toEqual({ checked: 1, ok: 1, damaged: [], unreadable: [] });
      expect(code ?? 0).toBe(0);
    });
    const within = positions.filter((at) => at !== undefined);
    console.log(
      `${seedInWords()}; killed with ${within.map(({ blocksDone }) => blocksDone).join(', ')} of ${SIZE / MIB} blocks done`,
    );
    expect(staged(home)).toEqual([]);
  }, 3_600_000);

  it(`remembers damage that it had seen before it was killed, ${KILLS / 2} times`, async () => {
    const places = [3 * MIB + 5, Math.floor(SIZE * 0.6), SIZE - 7];
    for (const place of places) flip(place);
    const seen: (Position | undefined)[] = await endure(KILLS / 2, (audit, code) => {
      const ranges = places.map((place) => ({ offset: Math.floor(place / MIB) * MIB, length: MIB }));
      expect(audit.damaged.map(({ path, outcome, ranges: found }) => ({ path, outcome, ranges: found }))).toEqual([
        { path: 'data/image/large.img', outcome: 'altered', ranges },
      ]);
      expect(audit).toMatchObject({ checked: 1, ok: 0 });
      expect(code ?? 1).toBe(1);
    });
    for (const position of seen.filter((at) => at !== undefined && at.blocksDone > 3)) {
      expect(
        position?.findings.map(({ path }) => path),
        'the position carries what was found',
      ).toEqual(['data/image/large.img']);
    }
    for (const place of places) flip(place);
  }, 3_600_000);

  it('reads only the rest when it goes on', async () => {
    const before = answerOf<Audit>(await strongroom(home, 'audit', id));
    expect(before.ok).toBe(1);
    const database = new SqliteDatabase(join(home, 'catalogue.sqlite'));
    // An audit that stopped before its last block: the row it leaves says that all before is checked.
    const { copy_id: copyId } = database.prepare('SELECT id AS copy_id FROM copy').get() as { copy_id: string };
    const blocks = SIZE / MIB;
    const position = { filesDone: 0, blocksDone: blocks - 1, findings: [], checkedBytes: SIZE - MIB };
    database
      .prepare('INSERT INTO audit_state (copy_id, started_at, position) VALUES (?, ?, ?)')
      .run(copyId, new Date().toISOString(), JSON.stringify(position));
    database.close();
    // Proof that the blocks before are not read again: damage there, planted since, is the next audit's to find …
    flip(5 * MIB);
    expect(answerOf<Audit>(await strongroom(home, 'audit', id)).damaged).toEqual([]);
    // … and it does.
    const next = answerOf<Audit>(await strongroom(home, 'audit', id), 1);
    expect(next.damaged.map(({ ranges }) => ranges)).toEqual([[{ offset: 5 * MIB, length: MIB }]]);
    flip(5 * MIB);
  }, 600_000);
});
