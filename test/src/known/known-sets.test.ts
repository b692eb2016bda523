/** Sets of known files: whole or not at all, whatever stops them; and which files of the disks they know. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { DataSource } from 'typeorm';
import { catalogueOptions, openCatalogue } from '#built/src/database/data-source';
import type { Engine } from '#built/src/engine/engine';
import type { FilesQuery } from '#built/src/files/files.dto';
import { SqliteFileIndex } from '#built/src/files/sqlite.file-index';
import { KnownSetsService } from '#built/src/known/known-sets.service';
import { SqliteKnownDigests } from '#built/src/known/sqlite.known-digests';
import { systemClock } from '#ingest/kernel';
import type { SurveyItem } from '#ingest/survey';
import { tmpFolder } from '../../support/tmp.ts';

const hex = (algorithm: string, text: string): string => createHash(algorithm).update(text).digest('hex');

/** Files whose bytes are their names, all on one disk. */
async function* disk(...names: string[]): AsyncGenerator<SurveyItem> {
  yield await Promise.resolve({
    kind: 'volume' as const,
    volume: { index: 0, scheme: 'none', number: '', offset: 0, length: 1440, type: '', remarks: [] },
  });
  const files = names.map((name, id) => ({
    volume: 0,
    kind: 'file' as const,
    path: name,
    nameBytes: Buffer.alloc(0),
    encoding: 'utf-8' as const,
    id,
    isDeleted: false,
    streams: [
      {
        kind: 'data' as const,
        name: '',
        size: name === 'EMPTY' ? 0 : name.length,
        runs: [],
        digests: {
          sha256: hex('sha256', name === 'EMPTY' ? '' : name),
          sha1: hex('sha1', name === 'EMPTY' ? '' : name),
          md5: hex('md5', name === 'EMPTY' ? '' : name),
        },
      },
    ],
    times: {},
    attributes: [],
  }));
  yield { kind: 'files', files };
  yield { kind: 'end', volume: 0, damages: [] };
}

async function archive() {
  const folder = await tmpFolder();
  const database: DataSource = await openCatalogue(catalogueOptions(join(folder, 'catalogue.sqlite')));
  onTestFinished(() => database.destroy());
  for (const id of ['disk-1', 'disk-2'])
    await database.query(
      `INSERT INTO package(id, title, image_name, format_id, format_title, bytes, file_count, sealed_at, tag_manifest_sha256, acquisition, created_at)
       VALUES (?, 'disk', 'disk.img', 'raw', 'Raw', 0, 0, '', '', '{}', '')`,
      [id],
    );
  const digests = new SqliteKnownDigests(database);
  const index = new SqliteFileIndex(database, digests);
  await index.replace('disk-1', disk('KERNEL.DLL', 'LETTER.TXT', 'SHELL.DLL', 'EMPTY'));
  const engine = { workFolder: () => Promise.resolve(join(folder, 'known')) } as unknown as Engine;
  const open = (): KnownSetsService => new KnownSetsService(database, engine, 'write', digests, systemClock);
  const sets = open();
  const given = async (name: string, text: string): Promise<string> => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };
  const found = async (query: FilesQuery = {}): Promise<string[]> =>
    (await index.find(query, 100, undefined)).files.map(({ name }) => name).toSorted();
  const kept = async (): Promise<number> =>
    (await database.query<{ n: number }[]>('SELECT count(*) AS n FROM known_digest'))[0]?.n ?? -1;
  return { folder, database, digests, index, sets, open, given, found, kept };
}

const OTHERS = ['EMPTY', 'LETTER.TXT'];

describe('a set of known files', () => {
  it('hides what it knows, by whichever digest, and says by which', async () => {
    const { sets, given, found, index, digests } = await archive();
    const path = await given('set.txt', `${hex('md5', 'KERNEL.DLL')}\n${hex('sha256', 'SHELL.DLL').toUpperCase()}\n`);
    expect(await sets.add({ path, name: 'system' })).toMatchObject({ digests: 2, sha256: 1, md5: 1, state: 'ready' });
    expect(await found()).toEqual(OTHERS);
    expect(await found({ known: 'only' })).toEqual(['KERNEL.DLL', 'SHELL.DLL']);
    expect(await found({ known: 'include' })).toHaveLength(4);
    expect(await found({ q: 'dll' })).toEqual([]);
    expect(await found({ digest: hex('md5', 'KERNEL.DLL') })).toEqual(['KERNEL.DLL']);
    expect(await index.facets({ extension: 'dll' }, 100)).toMatchObject({ count: 0, hidden: 2 });
    expect(await index.facets({ extension: 'dll', known: 'include' }, 100)).toMatchObject({ count: 2, hidden: 0 });
    const { files } = await index.find({ known: 'only', q: 'kernel' }, 10, undefined);
    expect([...(await digests.whichOf(files.map(({ id }) => id))).values()]).toEqual([{ set: 'system', digest: 'md5' }]);
  });

  it('says the strongest digest of all sets', async () => {
    const { sets, given, index, digests } = await archive();
    await sets.add({ path: await given('a', hex('md5', 'KERNEL.DLL')), name: 'weak' });
    await sets.add({ path: await given('b', hex('sha256', 'KERNEL.DLL')), name: 'strong' });
    const { files } = await index.find({ known: 'only' }, 10, undefined);
    expect([...(await digests.whichOf(files.map(({ id }) => id))).values()]).toEqual([{ set: 'strong', digest: 'sha256' }]);
  });

  it('knows files that come in later, and not those of the empty digest', async () => {
    const { sets, given, found, index } = await archive();
    await sets.add({ path: await given('a', `${hex('sha1', 'LATER.SYS')}\n${hex('sha1', '')}\n`), name: 'a' });
    await index.replace('disk-2', disk('LATER.SYS', 'EMPTY', 'MINE.TXT'));
    expect(await found({ package: 'disk-2' })).toEqual(['EMPTY', 'MINE.TXT']);
    expect(await found({ known: 'only' })).toEqual(['LATER.SYS']);
    await expect(sets.add({ path: await given('b', hex('sha1', '')), name: 'b' })).rejects.toMatchObject({ code: 'known/empty' });
  });

  it('lets go of what no other set knows when it is removed', async () => {
    const { sets, given, found, kept } = await archive();
    const [kernel, shell] = [hex('sha1', 'KERNEL.DLL'), hex('sha1', 'SHELL.DLL')];
    await sets.add({ path: await given('a', `${kernel}\n${shell}\n`), name: 'a' });
    await sets.add({ path: await given('b', shell), name: 'b' });
    await sets.remove('a');
    expect(await found()).toEqual(['EMPTY', 'KERNEL.DLL', 'LETTER.TXT']);
    expect((await sets.list()).map(({ name }) => name)).toEqual(['b']);
    expect(await kept()).toBe(1);
    await expect(sets.remove('a')).rejects.toMatchObject({ code: 'known/unknown' });
  });

  it('is found again page by page, with and without what is hidden', async () => {
    const { sets, given, index, found } = await archive();
    await sets.add({ path: await given('a', hex('sha1', 'KERNEL.DLL')), name: 'a' });
    for (const known of ['include', 'only', 'hide'] as const)
      for (const query of [
        { known },
        { known, q: 'e' },
        { known, extension: 'dll' },
        { known, minSize: 1 },
        { known, package: 'disk-1' },
      ]) {
        const paged: string[] = [];
        for (let after: string | undefined, first = true; first || after !== undefined; first = false) {
          const { files, next } = await index.find(query, 1, after);
          paged.push(...files.map(({ name }) => name));
          after = next;
        }
        expect([query, paged.toSorted()]).toEqual([query, await found(query)]);
      }
  });

  it.each(['', ' x', 'a\nb', 'a/b', '\u{202e}x', 'x'.repeat(101)])('is not called %j', async (name) => {
    const { sets, given } = await archive();
    await expect(sets.add({ path: await given('a', hex('md5', 'a')), name })).rejects.toMatchObject({ code: 'known/wrong-name' });
  });

  it('has a name of its own, however odd', async () => {
    const { sets, given, found } = await archive();
    const path = await given('a', hex('sha1', 'KERNEL.DLL'));
    const name = `Größe'); DROP TABLE known_set; -- "%_*`;
    await sets.add({ path, name });
    await expect(sets.add({ path, name })).rejects.toMatchObject({ code: 'known/name-taken' });
    expect(await found()).not.toContain('KERNEL.DLL');
    await sets.remove(name);
    expect(await sets.list()).toEqual([]);
  });
});

describe('nothing is half done', () => {
  it('a file that goes wrong at its end leaves nothing', async () => {
    const { sets, given, found, kept } = await archive();
    const path = await given('a', `${hex('sha1', 'KERNEL.DLL')}\nnonsense\n`);
    await expect(sets.add({ path, name: 'a' })).rejects.toMatchObject({ code: 'known/no-digest' });
    expect([await sets.list(), await kept(), (await found()).length]).toEqual([[], 0, 4]);
  });

  it.each(['read', 'enter'])('who stops it while it says "%s" finds nothing of it', async (stage) => {
    const { sets, given, found, kept } = await archive();
    const stop = new AbortController();
    const text = Array.from({ length: 20_000 }, (_, i) => hex('sha1', String(i))).join('\n');
    const path = await given('a', `${hex('sha1', 'KERNEL.DLL')}\n${text}`);
    const onProgress = (at: { stage: string }): void => (at.stage === stage ? stop.abort(new Error('stopped')) : undefined);
    await expect(sets.add({ path, name: 'a', signal: stop.signal, onProgress })).rejects.toThrow('stopped');
    expect([await sets.list(), await kept(), (await found()).length]).toEqual([[], 0, 4]);
  });

  it.each([
    ['was being read', 'loading', [], 0],
    ['was being marked', 'marking', ['EMPTY', 'LETTER.TXT', 'SHELL.DLL'], 1],
    ['was being removed', 'removing', ['EMPTY', 'KERNEL.DLL', 'LETTER.TXT', 'SHELL.DLL'], 0],
  ] as const)('a start finishes or clears away what %s', async (_, state, expected, digestCount) => {
    const { database, sets, open, given, found, kept } = await archive();
    await sets.add({ path: await given('a', hex('sha1', 'KERNEL.DLL')), name: 'a' });
    await database.query('UPDATE known_set SET state = ?', [state]);
    await database.query('UPDATE disk_file SET is_known = ?', [state === 'removing' ? 1 : 0]);
    await open().onApplicationBootstrap();
    expect((await sets.list()).map((set) => set.state)).toEqual(digestCount === 0 ? [] : ['ready']);
    expect(await kept()).toBe(digestCount);
    expect(await found()).toEqual(expected.length === 0 ? ['EMPTY', 'KERNEL.DLL', 'LETTER.TXT', 'SHELL.DLL'] : expected);
  });

  it('digests that a killed process had put aside go at the next start', async () => {
    const { open, folder } = await archive();
    await mkdir(join(folder, 'known', 'sorting'), { recursive: true });
    await writeFile(join(folder, 'known', 'sorting', '5120'), Buffer.alloc(20));
    await open().onApplicationBootstrap();
    expect(existsSync(join(folder, 'known', 'sorting'))).toBe(false);
  });

  it('an order that is given again after a stop takes what its first attempt has made', async () => {
    const { sets, given } = await archive();
    const ask = { path: await given('a', hex('sha1', 'KERNEL.DLL')), name: 'a' };
    const askedAt = new Date(Date.now() - 1000);
    await sets.add({ ...ask, askedAt });
    expect(await sets.add({ ...ask, askedAt })).toMatchObject({ name: 'a', state: 'ready' });
    await expect(sets.add(ask)).rejects.toMatchObject({ code: 'known/name-taken' });
  });

  it('sets change one after the other', async () => {
    const { sets, given, found } = await archive();
    const paths = await Promise.all(['KERNEL.DLL', 'SHELL.DLL'].map((name) => given(`${name}.txt`, hex('sha1', name))));
    await Promise.all([...paths.map((path, i) => sets.add({ path, name: `set ${i}` })), sets.remove('set 0')]);
    expect(await found({ known: 'only' })).toEqual(['SHELL.DLL']);
  });
});

it('files whose bytes lie elsewhere too are found, and those that do not', async () => {
  const { index, found } = await archive();
  await index.replace('disk-2', disk('LETTER.TXT', 'ONLY.HERE', 'EMPTY'));
  expect(await found({ duplicate: true })).toEqual(['LETTER.TXT', 'LETTER.TXT']);
  expect(await found({ duplicate: true, package: 'disk-2' })).toEqual(['LETTER.TXT']);
  expect(await found({ duplicate: false })).toEqual(['KERNEL.DLL', 'ONLY.HERE', 'SHELL.DLL']);
});
