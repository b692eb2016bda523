/** Every command with --json prints one document, as its schema says; wrong usage is exit code 2; foreign bags get their verdict. */
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { complaints } from '../schemas/judge.ts';
import { expectPlain, type Run, strongroom } from '../support/cli.ts';

let folder: string;
let home: string;
let id: string;
const at = (...names: string[]): string => join(folder, ...names);

/** Runs it, and judges what it prints. */
async function judged(schema: string, code: number, ...args: string[]): Promise<Run> {
  const run = await strongroom(home, '--json', ...args);
  expect(complaints(`cli/${schema}.schema.json`, run.json), run.stdout).toEqual([]);
  expect(run.code, run.stderr).toBe(code);
  expect(run.stdout.trimEnd()).not.toContain('\n');
  expectPlain(run);
  return run;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strongroom-json-'));
  home = at('home');
  await writeFile(at('disk.img'), randomBytes(3 << 20));
  await judged('accession-add', 0, 'accession', 'add', '2026-014', '--donor', 'N.', '--received', '2026-08-01');
  id = (await judged('ingest', 0, 'ingest', at('disk.img'), '--accession', '2026-014')).json.packages[0].id;
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('what is printed', () => {
  it.each([
    ['list', 0, ['list']],
    ['search', 0, ['search', 'disk', '2026']],
    ['search', 0, ['search', '"((* OR']],
    ['accession-list', 0, ['accession', 'list']],
    ['known-list', 0, ['known', 'list']],
    ['doctor', 0, ['doctor']],
    ['rebuild', 0, ['rebuild']],
    ['audit', 0, ['audit', '--all']],
    ['error', 1, ['show', 'nonsense']],
    ['error', 1, ['audit', 'nonsense']],
    ['error', 1, ['export', 'nonsense', '--to', '/nowhere/x']],
    ['error', 1, ['accession', 'add', '2026-014']],
    ['error', 1, ['accession', 'add', '2026-015', '--received', 'in August']],
    ['error', 1, ['known', 'add', '/nowhere']],
    ['error', 1, ['known', 'remove', 'nobody']],
    ['error', 1, ['validate', '/nowhere']],
    ['error', 1, ['inspect', '/nowhere']],
    ['error', 2, []],
    ['error', 2, ['nonsense']],
    ['error', 2, ['ingest']],
    ['error', 2, ['export', 'x']],
    ['error', 2, ['known', 'add']],
    ['error', 2, ['list', 'too', 'much']],
    ['error', 2, ['search', 'x', '--limit', '0']],
    ['error', 2, ['audit', 'x', '--all']],
  ] as const)('by %s, with exit code %i: %j', async (schema, code, args) => {
    await judged(schema, code, ...args);
  });

  it('by show and export', async () => {
    await judged('show', 0, 'show', id);
    await judged('export', 0, 'export', id, '--to', at('bag'));
    await judged('export', 0, 'export', id, '--as', 'tar', '--to', at('a.tar'), '--with-history');
    const exists = await judged('error', 1, 'export', id, '--to', at('bag'));
    expect(exists.json.error.message).toContain(at('bag'));
    await judged('error', 1, 'export', id, '--to', at('no/such/folder/bag'));
    await judged('error', 1, 'export', id, '--as', 'shoebox', '--to', at('box'));
  });

  it('by inspect: raw, ISO, a container that is not opened, a text', async () => {
    const packed = readFileSync(new URL('../fixtures/media/iso/joliet-rockridge.iso.gz', import.meta.url));
    await writeFile(at('disc.iso'), gunzipSync(packed));
    await writeFile(at('x.ad1'), Buffer.concat([Buffer.from('ADSEGMENTEDFILE'), Buffer.alloc(4096)]));
    await writeFile(at('letter.txt'), 'Dear archivist\n');
    const raw = await judged('inspect', 0, 'inspect', '--hash', at('disk.img'));
    expect(raw.json).toMatchObject({ container: { format: 'raw' }, media: { size: 3 << 20, sha256: expect.any(String) } });
    expect(raw.json).not.toHaveProperty('files');
    expect((await judged('inspect', 0, 'inspect', at('disc.iso'))).json.container.format).toBe('iso');
    expect((await judged('inspect', 0, 'inspect', at('x.ad1'))).json).toMatchObject({
      container: { format: 'ad1' },
      media: null,
    });
    expect((await judged('inspect', 0, 'inspect', at('letter.txt'))).json).toMatchObject({ media: null });
  });

  it('by an audit that finds damage, to the block', async () => {
    const damaged = await open(join(home, 'locations/main/packages', id, 'data/image/disk.img'), 'r+').catch(() => undefined);
    if (damaged === undefined) throw new TypeError('the stored image is not where docs/package.md says');
    await damaged.write(Buffer.from([1, 2, 3, 4, 5, 6, 7, 8]), 0, 8, 1 << 20);
    await damaged.close();
    const { json } = await judged('audit', 1, 'audit', id);
    expect(json).toMatchObject({
      checked: 1,
      ok: 0,
      unreadable: [],
      damaged: [{ outcome: 'altered', ranges: [{ offset: 1 << 20, length: 1 << 20 }] }],
    });
  });
});

describe('foreign bags', () => {
  const bags = fileURLToPath(new URL('../fixtures/bags/', import.meta.url));
  const names = readdirSync(bags).filter((name) => name.includes('__'));

  it.each(names)('%s', async (name) => {
    const run = await strongroom(home, '--json', 'validate', join(bags, name));
    expectPlain(run);
    const [verdict] = name.split('__');
    const codes = (run.json.errors ?? [run.json.error]).map(({ code }: { code: string }) => code.replace('bag/', ''));
    expect(codes.length === 0 ? ['valid'] : codes).toContain(verdict);
    expect({ code: run.code, valid: run.json.valid ?? false }).toEqual(
      verdict === 'valid' ? { code: 0, valid: true } : { code: 1, valid: false },
    );
    expect(complaints(run.json.error === undefined ? 'cli/validate.schema.json' : 'cli/error.schema.json', run.json)).toEqual([]);
  });
});
