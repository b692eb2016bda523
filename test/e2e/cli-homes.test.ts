/** Homes that can't be used are refused in plain words, and Ctrl-C leaves nothing behind. */
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, rm, watch, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SqliteDatabase } from '#built/src/database/sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { complaints } from '../schemas/judge.ts';
import { expectPlain, expectUntouched, PROGRAM, strongroom } from '../support/cli.ts';

let folder: string;
const at = (...names: string[]): string => join(folder, ...names);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strongroom-homes-'));
  await writeFile(at('small.img'), randomBytes(4096));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function refused(home: string, code: string, ...command: string[]): Promise<string> {
  const run = await strongroom(home, ...command, '--json');
  expect(run.json.error.code).toBe(code);
  expect(run.code).toBe(1);
  expect(complaints('cli/error.schema.json', run.json)).toEqual([]);
  expectPlain(run);
  return run.json.error.message;
}

describe('a home', () => {
  it('that is a file is refused', async () => {
    await writeFile(at('file'), 'x');
    expect(await refused(at('file'), 'home/not-a-home', 'ingest', at('small.img'))).toMatch(/it is a file/);
  });

  it('that is the folder of somebody else is refused and left alone', async () => {
    await mkdir(at('papers'));
    await writeFile(at('papers/letter.txt'), 'x');
    expect(await refused(at('papers'), 'home/not-a-home', 'ingest', at('small.img'))).toMatch(/letter\.txt/);
    expect(await readdir(at('papers'))).toEqual(['letter.txt']);
  });

  it('of a newer version is refused', async () => {
    await mkdir(at('newer'));
    await writeFile(at('newer/home.json'), '{"strongroomHome": 2}');
    expect(await refused(at('newer'), 'home/newer-version', 'ingest', at('small.img'))).toMatch(/version 2.*install the newer/);
    expect(await readdir(at('newer'))).toEqual(['home.json']);
  });

  it('with a catalogue of a newer version is refused', async () => {
    await strongroom(at('migrated'), 'doctor');
    const catalogue = new SqliteDatabase(at('migrated/catalogue.sqlite'));
    catalogue.prepare("insert into migrations (timestamp, name) values (9999999999999, 'Future')").run();
    catalogue.close();
    expect(await refused(at('migrated'), 'database/newer-version', 'list')).toMatch(/newer version/);
  });

  it('that is not there is not made by asking it', async () => {
    await refused(at('nothing'), 'home/missing', 'list');
    expect(existsSync(at('nothing'))).toBe(false);
  });

  const mounted = spawnSync('sh', ['-c', 'd=$(mktemp -d) && mount -t tmpfs none "$d" && umount "$d" && rmdir "$d"']).status === 0;
  it.skipIf(!mounted)('that can only be read is refused (skipped where this user may not mount)', async () => {
    await mkdir(at('fixed'));
    spawnSync('mount', ['-t', 'tmpfs', 'none', at('fixed')]);
    try {
      await strongroom(at('fixed'), 'doctor');
      spawnSync('mount', ['-o', 'remount,ro', at('fixed')]);
      expect(await refused(at('fixed'), 'home/not-writable', 'ingest', at('small.img'))).toMatch(/read-only/);
    } finally {
      spawnSync('umount', [at('fixed')]);
    }
  });
});

describe('a home in which an ingest is under way', () => {
  it('can be read, and not written to; Ctrl-C then leaves nothing', async () => {
    const home = at('busy');
    await strongroom(home, 'doctor');
    const large = await open(at('large.img'), 'wx');
    await large.truncate(8 * 2 ** 30); // sparse: costs no room, and takes long enough to be interrupted
    await large.close();
    const staging = join(home, 'locations/main/staging');
    const begun = (async () => {
      for await (const _ of watch(staging)) if (readdirSync(staging).length > 0) return;
    })();
    const child = spawn(process.execPath, [PROGRAM, '--home', home, '--json', 'ingest', at('large.img')]);
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
    const ended = new Promise<number | null>((resolve) => void child.once('close', resolve));
    await begun;
    child.kill('SIGSTOP');
    expect(await refused(home, 'home/in-use', 'ingest', at('small.img'))).toContain(`process ${child.pid} ("strongroom ingest")`);
    expect((await strongroom(home, 'list', '--json')).json).toEqual({ packages: [] });
    child.kill('SIGCONT');
    child.kill('SIGINT');
    expect(await ended).toBe(1);
    expect(JSON.parse(said)).toMatchObject({ error: { code: 'cli/interrupted', message: expect.stringContaining('SIGINT') } });
    expect((await strongroom(home, 'list', '--json')).json).toEqual({ packages: [] });
    await expectUntouched(home);
  });
});
