/** The index of files: what a search finds, in which order, and that its pages together are the whole. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { catalogueOptions, openCatalogue } from '#built/src/database/data-source';
import type { FilesQuery } from '#built/src/files/files.dto';
import { folded } from '#built/src/files/folded';
import { SqliteKnownDigests } from '#built/src/known/sqlite.known-digests';
import { SqliteFileIndex } from '#built/src/files/sqlite.file-index';
import type { SurveyedFile, SurveyItem } from '#ingest/survey';

const NAMES = [
  'NOVEL.DOC',
  'Novel 2.doc',
  'my novel.txt',
  'Grüße aus Wien.txt',
  'naïve.rtf',
  'LETTER.TXT',
  'a',
  'ab',
  'x[1].txt',
  '50%_off.txt',
];

function file(volume: number, path: string, index: number, more: Partial<SurveyedFile> = {}): SurveyedFile {
  const digest = (index + 1).toString(16).padStart(64, '0');
  const stream = {
    kind: 'data',
    name: '',
    size: index * 100,
    runs: [{ kind: 'stored', fileOffset: 0, length: index * 100, imageOffset: 512 }],
    digests: { sha256: digest },
  } as const;
  return {
    volume,
    kind: 'file',
    path,
    nameBytes: Buffer.alloc(0),
    encoding: 'utf-8',
    id: index,
    isDeleted: false,
    streams: [stream],
    times: { modified: { text: `199${index % 10}-03-02T10:00:00`, resolutionSeconds: 2 } },
    attributes: [],
    ...more,
  };
}

async function* items(files: readonly SurveyedFile[]): AsyncGenerator<SurveyItem> {
  yield await Promise.resolve({
    kind: 'volume' as const,
    volume: { index: 0, scheme: 'none', number: '', offset: 0, length: 1440, type: '', remarks: [] },
  });
  yield { kind: 'files', files };
  yield { kind: 'end', volume: 0, damages: [] };
}

let database: Awaited<ReturnType<typeof openCatalogue>>;
let index: SqliteFileIndex;
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strongroom-test-'));
  database = await openCatalogue(catalogueOptions(join(folder, 'catalogue.sqlite')));
  for (const id of ['disk-1', 'disk-2'])
    await database.query(
      `INSERT INTO package(id, title, image_name, format_id, format_title, bytes, file_count, sealed_at, tag_manifest_sha256, acquisition, created_at)
       VALUES (?, ?, 'disk.img', 'raw', 'Raw', 0, 0, '2026-01-01T00:00:00.000Z', '', '{}', '2026-01-01T00:00:00.000Z')`,
      [id, `title of ${id}`],
    );
  index = new SqliteFileIndex(database, new SqliteKnownDigests(database));
  await index.replace('disk-1', items(NAMES.map((name, i) => file(0, i % 2 === 0 ? name : `FOLDER/${name}`, i))));
  await index.replace('disk-2', items([file(0, 'deep/er/novel.doc', 0), file(0, 'gone.txt', 77, { isDeleted: true })]));
});
afterAll(async () => {
  await database.destroy();
  await rm(folder, { recursive: true, force: true });
});

async function names(query: FilesQuery): Promise<string[]> {
  return (await index.find(query, 100, undefined)).files.map(({ name }) => name);
}

describe('the index of files', () => {
  it('finds names that begin with the words first, then those that have them anywhere', async () => {
    expect(await names({ q: 'novel' })).toEqual(['Novel 2.doc', 'NOVEL.DOC', 'novel.doc', 'my novel.txt']);
  });

  it('finds any case, without diacritics, and all words in any order', async () => {
    expect(await names({ q: 'WIEN grusse' })).toEqual(['Grüße aus Wien.txt']);
    expect(await names({ q: 'naive' })).toEqual(['naïve.rtf']);
    expect(await names({ q: '2 novel' })).toEqual(['Novel 2.doc']);
  });

  it('takes short words as the beginning of names, and signs as themselves', async () => {
    expect(await names({ q: 'a' })).toEqual(['a', 'ab']);
    expect(await names({ q: '[1]' })).toEqual(['x[1].txt']);
    expect(await names({ q: '%_o' })).toEqual(['50%_off.txt']);
    expect(await names({ q: '*' })).toEqual([]);
  });

  it.each([
    ['extension', { extension: 'rtf' }, ['naïve.rtf']],
    ['disk', { package: 'disk-2' }, ['novel.doc', 'gone.txt']],
    ['folder', { path: 'deep/' }, ['novel.doc']],
    ['size', { minSize: 800, maxSize: 900 }, ['x[1].txt', '50%_off.txt']],
    ['date', { from: '1994-03', to: '1994' }, ['naïve.rtf']],
    ['deleted', { deleted: true }, ['gone.txt']],
    ['not deleted, on a disk', { deleted: false, package: 'disk-2' }, ['novel.doc']],
    ['digest', { digest: '1'.padStart(64, '0') }, ['NOVEL.DOC', 'novel.doc']],
    ['a digest that only begins alike', { digest: `${'0'.repeat(12)}${'f'.repeat(52)}` }, []],
    ['words and a disk', { q: 'novel', package: 'disk-2' }, ['novel.doc']],
  ] as const)('finds by %s', async (_, query, expected) => {
    expect((await names(query)).toSorted()).toEqual([...expected].toSorted());
  });

  it.each([{ q: 'novel' }, { q: 't' }, { package: 'disk-1' }, { extension: 'txt' }, { from: '1990' }, { minSize: 0 }, {}])(
    'gives all of %j once, page by page',
    async (query) => {
      const whole = (await index.find(query, 100, undefined)).files.map(({ id }) => id);
      const paged: number[] = [];
      for (let after: string | undefined, first = true; first || after !== undefined; first = false) {
        const { files, next } = await index.find(query, 2, after);
        paged.push(...files.map(({ id }) => id));
        after = next;
      }
      expect(paged).toEqual(whole);
    },
  );

  it('refuses a cursor of another search', async () => {
    const { next } = await index.find({ package: 'disk-1' }, 2, undefined);
    await expect(index.find({ q: 'novel' }, 2, next)).rejects.toMatchObject({ code: 'paging/wrong-cursor' });
  });

  it('counts by extension and disk', async () => {
    const { count, facets } = await index.facets({ q: 'novel' }, 100);
    expect(count).toBe(4);
    expect(facets['package']?.map(({ value, count: each }) => [value, each])).toEqual([
      ['disk-1', 3],
      ['disk-2', 1],
    ]);
    expect(facets['extension']?.map(({ value }) => value)).toEqual(['doc', 'txt']);
  });

  it('replaces what it had of a disk, and leaves the others', async () => {
    await index.replace('disk-2', items([file(0, 'only.one', 3)]));
    expect(await names({ package: 'disk-2' })).toEqual(['only.one']);
    expect(await names({ package: 'disk-1' })).toHaveLength(NAMES.length);
  });
});

it('folds names to what people type', () => {
  expect(['ÉCOLE', 'Straße', 'Ærø', 'İstanbul', 'ﬁle', 'Ångström'].map(folded)).toEqual([
    'ecole',
    'strasse',
    'aero',
    'istanbul',
    'file',
    'angstrom',
  ]);
});
