/** Names that are legal and unpleasant survive ingest, rebuild and every kind of export unchanged. */
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectUntouched, strongroom } from '../support/cli.ts';

// One a line would be a page: separated by what no name holds.
const NAMES =
  'cr\rname/lf\nname/crlf\r\n/per%cent %0A %25/  spaces  /tab\t/\u202ertl \u05d0\u05d1/disk \u{1f4be}/nfd e\u0301/nfc \u00e8/back\\slash/quotes"\'/\x01\x1b[31mred/\x7f/~/*/<>|:?/.hidden/-rf/CON/\ufeffbom/ends./\u2028/\ufffe/\ufffd'
    .split('/')
    .concat('x'.repeat(255), '\u00e9'.repeat(127));
const hasTar = spawnSync('tar', ['--version']).error === undefined;
const python = spawnSync('python3', ['--version']).error === undefined;

let folder: string;
let home: string;
let id: string;
const at = (name: string): string => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strongroom-names-'));
  home = at('home');
  await mkdir(at('carrier/sub\nfolder'), { recursive: true });
  for (const name of NAMES) await writeFile(join(folder, 'carrier', name), `paper ${JSON.stringify(name)}`);
  await writeFile(at('carrier/sub\nfolder/ \r '), 'deeper');
  await writeFile(at('carrier/ odd\r\n.img'), randomBytes(4096));
  const run = await strongroom(home, 'ingest', '--json', at('carrier'));
  if (run.code !== 0) throw new Error(run.stderr);
  id = run.json.packages[0].id;
  await strongroom(home, 'rebuild');
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

function expectSame(bag: string): void {
  const kept = readdirSync(join(bag, 'data/submission')).toSorted();
  expect(kept).toEqual([...NAMES, 'sub\nfolder'].toSorted());
  for (const name of NAMES)
    expect(readFileSync(join(bag, 'data/submission', name), 'utf8')).toBe(`paper ${JSON.stringify(name)}`);
  expect(readFileSync(join(bag, 'data/submission/sub\nfolder/ \r '), 'utf8')).toBe('deeper');
  expect(readFileSync(join(bag, 'data/image/ odd\r\n.img'))).toEqual(readFileSync(at('carrier/ odd\r\n.img')));
}

describe('after a rebuild', () => {
  it('the catalogue has the names, and a title that is one line', async () => {
    const { json } = await strongroom(home, 'show', '--json', id);
    const paths = json.files.map(({ path }: { path: string }) => path);
    for (const name of NAMES) expect(paths).toContain(`data/submission/${name}`);
    expect(json.title).toBe('odd\\x0d\\x0a.img');
    expect(json.image).toBe(' odd\r\n.img');
  });

  it('people are shown no control character', async () => {
    const { stdout } = await strongroom(home, 'show', id);
    expect(stdout).toContain('\\x1b[31mred');
    // oxlint-disable-next-line no-control-regex
    expect(stdout).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f]/);
  });

  it('a bag has them', async () => {
    expect((await strongroom(home, 'export', id, '--to', at('bag'))).code).toBe(0);
    expectSame(at('bag'));
    expect((await strongroom(home, 'validate', at('bag'))).code).toBe(0);
  });

  it.skipIf(!hasTar)('a tar has them, for tar itself (skipped where there is no tar)', async () => {
    expect((await strongroom(home, 'export', id, '--as', 'tar', '--to', at('a.tar'))).code).toBe(0);
    await mkdir(at('untarred'));
    execFileSync('tar', ['-xf', at('a.tar'), '-C', at('untarred')]);
    expectSame(join(at('untarred'), id));
    expect((await strongroom(home, 'validate', at('a.tar'))).code).toBe(0);
  });

  it.skipIf(!python)('a zip has them, for python (skipped where there is no python3)', async () => {
    const refused = await strongroom(home, 'export', '--json', id, '--as', 'zip', '--to', at('a.zip'));
    expect(refused).toMatchObject({ code: 1, json: { error: { code: 'export/name-not-for-zip' } } });
    await rm(at('carrier/back\\slash')); // zip can't tell it from a folder; every other name it can hold
    const { json } = await strongroom(home, 'ingest', '--json', '--again', at('carrier'));
    const other = json.packages[0].id as string;
    expect((await strongroom(home, 'export', other, '--as', 'zip', '--to', at('a.zip'))).code).toBe(0);
    const script = 'import json,sys,zipfile; print(json.dumps(zipfile.ZipFile(sys.argv[1]).namelist()))';
    const listed = JSON.parse(execFileSync('python3', ['-c', script, at('a.zip')], { encoding: 'utf8' })) as string[];
    for (const name of NAMES.filter((each) => !each.includes('\\'))) expect(listed).toContain(`${other}/data/submission/${name}`);
    expect((await strongroom(home, 'validate', at('a.zip'))).code).toBe(0);
  });

  it('nothing is left over', () => expectUntouched(home));
});
