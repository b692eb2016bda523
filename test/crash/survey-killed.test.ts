/** A survey killed at any moment goes on where it was, and never leaves a package that is neither the old one nor the new one. */
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as next } from 'node:timers/promises';
import { validateBag } from 'bagit-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readJournal } from '#ingest/journal';
import { fourFloppies } from '../support/many-volumes.ts';
import { journalFolder, packagesFolder, staged } from './invariants.ts';
import { Killer, randomNumbers, seedInWords, watched } from './moments.ts';
import { answerOf, Running, strongroom } from './strongroom.ts';

const FULL = process.env['STRONGROOM_CRASH'] === 'full';
/** Kills at random moments, besides one or more at each moment that is told of. */
const KILLS = FULL ? 60 : 4;
const ROUNDS = FULL ? 12 : 1;
const LIST = 'metadata/dfxml/disk.img.xml';
const TAG_MANIFEST = 'tagmanifest-sha256.txt';

// Inherited by the commands: what the ingest leaves undone is what is tested.
process.env['STRONGROOM_SURVEY_SECONDS_AT_INGEST'] = '0';

const root = mkdtempSync(join(tmpdir(), 'strongroom-survey-'));
const home = join(root, 'home');
let id: string;
let bag: string;
let stage: string;
beforeAll(async () => {
  writeFileSync(join(root, 'disk.img'), await fourFloppies());
  const { packages } = answerOf<{ packages: { id: string }[] }>(await strongroom(home, 'ingest', join(root, 'disk.img')));
  id = packages[0]!.id;
  bag = join(packagesFolder(home), id);
  stage = join(home, 'locations/main/staging', `survey-${id}`);
}, 120_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

let journalBefore = 0;
const journalSize = (): number =>
  readdirSync(journalFolder(home))
    .filter((name) => name.endsWith('.log'))
    .reduce((sum, name) => sum + statSync(join(journalFolder(home), name)).size, 0);
let keptBefore = '';
const keptNow = (): string => (existsSync(join(stage, 'work.json')) ? readFileSync(join(stage, 'work.json'), 'utf8') : '');
const isTold = (): boolean => journalSize() > journalBefore;
const isStaged = (path: string): boolean => existsSync(join(stage, 'update', path));

const MOMENTS: readonly (readonly [string, () => boolean])[] = [
  ['a part of the list is kept', () => keptNow() !== keptBefore],
  ['the new tag manifest is staged', () => isStaged(TAG_MANIFEST)],
  ['the journal tells of it', isTold],
  ['the list is in place', () => isTold() && !isStaged(LIST)],
  ['the tag manifest is in place', () => isTold() && !isStaged(TAG_MANIFEST)],
  ['the place in staging is gone', () => isTold() && !existsSync(stage)],
];

/** What the package is after a kill, before anybody looks. */
function struck(): string {
  if (!isTold()) return existsSync(stage) ? (isStaged(TAG_MANIFEST) ? '2 staged' : '1 listing') : '0 before it had begun';
  if (!existsSync(stage)) return '6 done but for the index';
  return !isStaged(TAG_MANIFEST) ? '5 in place' : isStaged(LIST) ? '3 in the journal' : '4 half in place';
}

async function newestAnchor(): Promise<string | undefined> {
  let anchor: string | undefined;
  for await (const { value } of readJournal(journalFolder(home))) {
    const { tagManifestSha256 } = (value['facts'] ?? {}) as { tagManifestSha256?: string };
    if (value['package'] === id && tagManifestSha256 !== undefined) anchor = tagManifestSha256;
  }
  return anchor;
}

/** The next command brings it in order; then journal, package and catalogue say the same. */
async function isWhole(): Promise<void> {
  expect(answerOf(await strongroom(home, 'audit', id))).toEqual({ checked: 1, ok: 1, damaged: [], unreadable: [] });
  expect(
    createHash('sha256')
      .update(readFileSync(join(bag, TAG_MANIFEST)))
      .digest('hex'),
  ).toBe(await newestAnchor());
  const report = await validateBag(bag);
  expect({ valid: report.valid, errors: report.errors }).toEqual({ valid: true, errors: [] });
  expect(staged(home).filter((name) => name !== `survey-${id}`)).toEqual([]);
  expect(isStaged(TAG_MANIFEST), 'nothing is half staged').toBe(false);
}

function survey(): Running {
  journalBefore = journalSize();
  keptBefore = keptNow();
  return new Running(home, ['survey', id, '--again']);
}

describe('a survey that is killed', () => {
  it.each(MOMENTS)(
    'when %s, leaves the package as it was or as it is to be',
    async (_, hasCome) => {
      const where: string[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        const running = survey();
        while (running.isRunning && !hasCome()) await next();
        running.kill();
        await running.ended;
        where.push(struck());
        await isWhole();
      }
      console.log(`${MOMENTS.find(([, each]) => each === hasCome)?.[0]}: struck at ${where.toSorted().join(', ')}`);
    },
    1_800_000,
  );

  it(`at ${KILLS} random moments, leaves the package as it was or as it is to be`, async () => {
    const random = randomNumbers(500);
    const works = (): boolean => isTold() || existsSync(stage);
    const first = await watched(survey(), works);
    const killer = new Killer(random, first.tookMs, first.workMs ?? 500, works);
    const where: string[] = [];
    while (where.length < KILLS) {
      const ended = await killer.strike(survey(), () => undefined);
      if (ended.code === null) where.push(struck());
      await isWhole();
    }
    console.log(`${seedInWords()}; ${where.toSorted().join(', ')}`);
  }, 3_600_000);

  it('goes on with what it had, ends with nothing left over, and a rebuilt catalogue says the same', async () => {
    const running = survey();
    while (running.isRunning && keptNow() === keptBefore) await next();
    running.kill();
    await running.ended;
    const { startedAt } = JSON.parse(keptNow()) as { startedAt: string };
    answerOf(await strongroom(home, 'survey', id, '--again'));
    expect(readFileSync(join(bag, LIST), 'utf8')).toContain(`<start_time>${startedAt}<`);
    await isWhole();
    expect(staged(home)).toEqual([]);
    const asked = async (): Promise<unknown[]> => [
      answerOf(await strongroom(home, 'show', id)),
      answerOf(await strongroom(home, 'files', id)),
    ];
    const before = await asked();
    expect(answerOf(await strongroom(home, 'rebuild'))).toMatchObject({ problems: [] });
    expect(await asked()).toEqual(before);
  }, 300_000);
});
