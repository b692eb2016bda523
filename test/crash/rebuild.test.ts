/** The catalogue is an index: deleted and made anew from storage, it says what it said. */
import { appendFileSync, cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AccessionsService } from '#built/src/accessions/accessions.service';
import { startContext } from '#built/src/cli/local-archive';
import { userOfThisProcess } from '#built/src/config/agents';
import { readSettings } from '#built/src/config/settings';
import { acquireHomeLock } from '#built/src/database/home-lock';
import { ContentService } from '#built/src/packages/content.service';
import { journalFolder, packagesFolder } from './invariants.ts';
import { randomNumbers } from './moments.ts';
import { EXAMPLE, newDisk } from './sources.ts';
import { answerOf, Running, strongroom } from './strongroom.ts';

const FULL = process.env['STRONGROOM_CRASH'] === 'full';

/** What is the matter, where, and what lies there then; the most telling first. */
const DAMAGES: readonly (readonly [string, string, string | undefined])[] = [
  ['its image is gone', 'data/image/marrowby-disk-07.img', undefined],
  ['its acquisition record is not JSON any more', 'metadata/acquisition.json', '{'],
  ['its manifest is altered', 'manifest-sha256.txt', 'x'],
  ['its PREMIS record is not XML any more', 'metadata/premis.xml', '<premis'],
  ['its tag manifest is altered', 'tagmanifest-sha256.txt', 'x'],
  ['its labels are gone', 'bag-info.txt', undefined],
  ['a paper is gone', 'data/submission/accession-note.txt', undefined],
];

const root = mkdtempSync(join(tmpdir(), 'strongroom-rebuild-'));
const full = join(root, 'full');
const home = join(root, 'home');
let example: string;
let damaged: string;

/** Everything that a user can ask of a catalogue. */
async function whatItSays(): Promise<Record<string, unknown>> {
  const said: Record<string, unknown> = {};
  const ask = async (...args: string[]): Promise<unknown> => (said[args.join(' ')] = answerOf(await strongroom(home, ...args)));
  await ask('list');
  await ask('accession', 'list');
  for (const id of [example, damaged]) await ask('show', id);
  for (const words of ['marrowby', 'Ada']) await ask('search', words);
  return said;
}

const rebuild = (): Promise<Parameters<typeof answerOf>[0]> => strongroom(home, 'rebuild');
interface Report {
  readonly packages: number;
  readonly adopted: string[];
  readonly problems: { package: string; code: string }[];
}

beforeAll(async () => {
  const ingest = async (...args: string[]): Promise<string> => {
    const [stored] = answerOf<{ packages: { id: string }[] }>(await strongroom(full, 'ingest', ...args)).packages;
    return stored!.id;
  };
  answerOf(await strongroom(full, 'accession', 'add', '2026-7', '--title', 'Marrowby papers', '--donor', 'A. Marrowby'));
  answerOf(await strongroom(full, 'accession', 'add', '2026-8'));
  example = await ingest(EXAMPLE, '--accession', '2026-7', '--title', 'Disk 7');
  damaged = await ingest(newDisk(join(root, 'disk'), randomNumbers(400)));
  answerOf(await strongroom(full, 'audit', '--all'));
  const [image] = readdirSync(join(packagesFolder(full), damaged, 'data/image'));
  appendFileSync(join(packagesFolder(full), damaged, 'data/image', image!), 'x');
  answerOf(await strongroom(full, 'audit', '--all'), 1);
  answerOf(await strongroom(full, 'export', example, '--as', 'tar', '--to', join(root, 'out.tar')));

  const lock = await acquireHomeLock(full, { command: 'test' });
  const settings = readSettings({}, { home: full });
  const app = await startContext({ settings, access: 'write', person: userOfThisProcess(), roles: [] });
  await app.get(AccessionsService).edit('2026-7', { donor: 'Ada Marrowby', restrictions: 'closed until 2030' });
  const content = await app.get(ContentService).find(example, 'data/submission/accession-note.txt');
  await text(await app.get(ContentService).read(content, { offset: 0, length: content.size }));
  await app.close();
  await lock.release();
}, 600_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));
beforeEach(() => {
  rmSync(home, { recursive: true, force: true });
  cpSync(full, home, { recursive: true });
});

function loseTheCatalogue(): void {
  for (const name of readdirSync(home)) if (name.startsWith('catalogue.')) rmSync(join(home, name));
}

describe('a rebuild', () => {
  it('makes a catalogue that says what the lost one said', async () => {
    const before = await whatItSays();
    loseTheCatalogue();
    const report = answerOf<Report>(await rebuild());
    expect(report).toMatchObject({ packages: 2, adopted: [], problems: [] });
    expect(await whatItSays()).toEqual(before);
    const types = (before[`show ${example}`] as { events: { type: string }[] }).events.map(({ type }) => type);
    expect(types).toEqual(expect.arrayContaining(['exporting', 'dissemination', 'fixity check', 'ingestion end']));
  }, 300_000);

  it.runIf(FULL)(
    'is what any command does of itself when the catalogue is gone and the journal is there',
    async () => {
      const before = await whatItSays();
      loseTheCatalogue();
      expect(await whatItSays()).toEqual(before);
    },
    300_000,
  );

  it('finds every package again when the journal is lost as well; what only the journal told is gone', async () => {
    loseTheCatalogue();
    const before = new Set(readdirSync(packagesFolder(home)));
    rmSync(journalFolder(home), { recursive: true });
    const report = answerOf<Report>(await rebuild());
    expect(new Set(report.adopted)).toEqual(before);
    const { packages } = answerOf<{ packages: { id: string; title: string; accession: string | null; status: string }[] }>(
      await strongroom(home, 'list'),
    );
    expect(packages.map(({ id, accession, status }) => ({ id, accession, status }))).toEqual([
      { id: damaged, accession: null, status: 'unchecked' },
      { id: example, accession: '2026-7', status: 'unchecked' },
    ]);
    const { accessions } = answerOf<{ accessions: { number: string; donor: string | null }[] }>(
      await strongroom(home, 'accession', 'list'),
    );
    expect(accessions).toMatchObject([{ number: '2026-7', donor: null, packages: 1 }]);
    expect(answerOf<{ hits: unknown[] }>(await strongroom(home, 'search', 'marrowby')).hits).not.toEqual([]);
    expect(answerOf<{ damaged: unknown[] }>(await strongroom(home, 'audit', '--all'), 1).damaged).toHaveLength(1);
    expect(JSON.parse((await strongroom(home, 'doctor')).stdout)).toMatchObject({ ok: true });
  }, 300_000);

  it('is asked for when the journal is shorter than the catalogue: nothing is written over what was', async () => {
    rmSync(journalFolder(home), { recursive: true });
    const refused = await strongroom(home, 'accession', 'add', '2026-9');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/events\/journal-shorter.*rebuild/);
    expect(readdirSync(journalFolder(home)), 'no new journal has begun').toEqual(['keys.txt']);
    answerOf<Report>(await rebuild());
    answerOf(await strongroom(home, 'accession', 'add', '2026-9'));
  }, 300_000);

  it.each(DAMAGES.slice(0, FULL ? DAMAGES.length : 1))(
    'keeps a package in the catalogue although %s, and names the trouble',
    async (_, path, content) => {
      const shown = answerOf<{ files: { path: string }[]; events: { sealed: boolean }[] }>(
        await strongroom(home, 'show', example),
      );
      loseTheCatalogue();
      const file = join(packagesFolder(home), example, path);
      if (content === undefined) rmSync(file);
      else writeFileSync(file, content);
      const report = answerOf<Report>(await rebuild(), 1);
      expect(report.packages).toBe(2);
      expect(report.problems.map((problem) => problem.package)).toContain(example);
      const { packages } = answerOf<{ packages: { id: string }[] }>(await strongroom(home, 'list'));
      expect(packages.map(({ id }) => id)).toEqual([damaged, example]);
      const again = answerOf<typeof shown>(await strongroom(home, 'show', example));
      expect(again.events.filter(({ sealed }) => !sealed)).toEqual(shown.events.filter(({ sealed }) => !sealed));
      const payloadPaths = (files: typeof shown.files): string[] =>
        path.startsWith('data/') ? files.map((each) => each.path) : [];
      expect(payloadPaths(again.files), 'one file gone hides no other').toEqual(payloadPaths(shown.files));
      const { damaged: found } = answerOf<{ damaged: { package: string; path: string }[] }>(
        await strongroom(home, 'audit', example),
        1,
      );
      expect(found.map((each) => each.path)).toContain(path);
    },
    300_000,
  );

  it.runIf(FULL)(
    'that is killed is begun anew by the next, and takes nothing from who does not',
    async () => {
      const before = await whatItSays();
      for (let kill = 0; kill < 3; kill += 1) {
        const running = new Running(home, ['rebuild']);
        while (running.isRunning && !readdirSync(home).includes('catalogue.rebuilding.sqlite')) {
          await new Promise((next) => setImmediate(next));
        }
        await new Promise((next) => setTimeout(next, kill * 60));
        running.kill();
        await running.ended;
      }
      expect(await whatItSays()).toEqual(before);
      answerOf(await rebuild());
      expect(await whatItSays()).toEqual(before);
      expect(readdirSync(home).filter((name) => name.includes('rebuilding'))).toEqual([]);
    },
    300_000,
  );
});
