/** The migrations make exactly the schema that the entities expect, forth and back, and history can't be rewritten. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LessThan, type DataSource } from 'typeorm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Accession } from '#built/src/accessions/accession.entity';
import { catalogueOptions, openCatalogue } from '#built/src/database/data-source';
import { Event } from '#built/src/events/event.entity';
import { FixityCheck } from '#built/src/fixity/fixity-check.entity';
import { Copy } from '#built/src/packages/copy.entity';
import { Package } from '#built/src/packages/package.entity';
import { tmpFolder } from '../../support/tmp.ts';

const at = new Date('2026-11-22T10:00:00.123Z');

async function catalogue(): Promise<DataSource> {
  const ds = await openCatalogue(catalogueOptions(join(await tmpFolder(), 'catalogue.sqlite')));
  onTestFinished(async () => (ds.isInitialized ? ds.destroy() : undefined));
  return ds;
}

async function drift(ds: DataSource): Promise<string[]> {
  return (await ds.driver.createSchemaBuilder().log()).upQueries.map((query) => query.query);
}

async function schema(ds: DataSource): Promise<unknown> {
  return ds.query("SELECT type, name, sql FROM sqlite_master WHERE tbl_name <> 'migrations' ORDER BY type, name");
}

const aPackage = {
  id: 'p1',
  accessionNumber: null,
  title: 'Disk 1',
  imageName: 'disk.img',
  formatId: 'raw',
  formatTitle: 'Raw disk image',
  puid: null,
  mediumSize: 2 ** 41,
  mediumSha256: 'ab',
  bytes: 1,
  fileCount: 1,
  sealedAt: at,
  tagManifestSha256: 'cd',
  acquisition: { label: 'Größe' },
  createdAt: at,
};
const anEvent = {
  id: 'e1',
  packageId: 'p1',
  accessionNumber: null,
  type: 'ingestion end',
  at,
  outcome: 'success',
  detail: '',
  note: [],
  agents: [],
  sealed: true,
  journalIndex: null,
};

describe('the schema', () => {
  it('is what the entities expect', async () => {
    expect(await drift(await catalogue())).toEqual([]);
  });

  it('comes back the same after undo and redo', async () => {
    const ds = await catalogue();
    const before = await schema(ds);
    for (const _ of ds.migrations) await ds.undoLastMigration();
    expect(await schema(ds)).toEqual([{ type: 'table', name: 'sqlite_sequence', sql: expect.any(String) }]);
    await ds.runMigrations();
    expect(await schema(ds)).toEqual(before);
    expect(await drift(ds)).toEqual([]);
  });

  it('of a newer version is refused', async () => {
    const ds = await catalogue();
    await ds.query("INSERT INTO migrations (timestamp, name) VALUES (20300101, 'future-20300101T1000')");
    const options = catalogueOptions(String(ds.options.database));
    await ds.destroy();
    await expect(openCatalogue(options)).rejects.toMatchObject({ code: 'database/newer-version' });
  });

  it('of a damaged file is refused, with the way out', async () => {
    const path = join(await tmpFolder(), 'catalogue.sqlite');
    await writeFile(path, 'x'.repeat(5000));
    const opening = openCatalogue(catalogueOptions(path));
    await expect(opening).rejects.toMatchObject({ code: 'database/damaged', kind: 'corrupt' });
    await expect(opening).rejects.toThrow(/strongroom rebuild/);
    await expect(openCatalogue(catalogueOptions(join(path, 'x')))).rejects.toMatchObject({ code: 'database/unreadable' });
  });

  it('is up to date at once when opened again', async () => {
    const ds = await catalogue();
    await ds.getRepository(Package).insert(aPackage);
    await ds.destroy();
    const again = await openCatalogue(catalogueOptions(String(ds.options.database)));
    expect(await again.getRepository(Package).count()).toBe(1);
    await again.destroy();
  });
});

describe('rows', () => {
  it('come back as they went in: bytes, times, JSON, yes or no, nothing', async () => {
    const ds = await catalogue();
    await ds.getRepository(Package).insert(aPackage);
    await ds.getRepository(Event).insert(anEvent);
    expect(await ds.getRepository(Package).findOneByOrFail({ id: 'p1' })).toEqual(aPackage);
    expect(await ds.getRepository(Event).findOneByOrFail({ id: 'e1' })).toEqual(anEvent);
  });

  it('keep times as text that sorts, and find them by comparison', async () => {
    const ds = await catalogue();
    await ds.getRepository(Package).insert(aPackage);
    expect(await ds.query('SELECT sealed_at FROM package')).toEqual([{ sealed_at: '2026-11-22T10:00:00.123Z' }]);
    const before = (when: Date) => ds.getRepository(Package).countBy({ sealedAt: LessThan(when) });
    expect([await before(at), await before(new Date(at.getTime() + 1))]).toEqual([0, 1]);
  });

  it('refuse a number that would be rounded, both ways', async () => {
    const ds = await catalogue();
    const repo = ds.getRepository(Package);
    await expect(repo.insert({ ...aPackage, bytes: 2 ** 53 })).rejects.toThrow(/whole number up to/);
    await repo.insert({ ...aPackage, bytes: 2 ** 53 - 1 });
    expect((await repo.findOneByOrFail({ id: 'p1' })).bytes).toBe(2 ** 53 - 1);
    await ds.query('UPDATE package SET bytes = 9007199254740993');
    await expect(repo.findOneByOrFail({ id: 'p1' })).rejects.toThrow(/too large/);
  });

  it('need what they refer to', async () => {
    const ds = await catalogue();
    await expect(ds.getRepository(Package).insert({ ...aPackage, accessionNumber: 'A1' })).rejects.toThrow(/FOREIGN KEY/);
    const accession = {
      title: 'A',
      donor: null,
      receivedOn: null,
      restrictions: null,
      notes: null,
      createdAt: at,
      updatedAt: at,
    };
    await ds.getRepository(Accession).insert({ number: 'A1', ...accession });
    await ds.getRepository(Package).insert({ ...aPackage, accessionNumber: 'A1' });
  });

  it.each([
    ['events', 'UPDATE event SET outcome = 0'],
    ['events', 'DELETE FROM event'],
    ['fixity checks', 'UPDATE fixity_check SET outcome = 0'],
    ['fixity checks', 'DELETE FROM fixity_check'],
  ])('of history stand: %s, %s', async (words, sql) => {
    const ds = await catalogue();
    await ds.getRepository(Event).insert(anEvent);
    await ds.getRepository(Package).insert(aPackage);
    const copy = { packageId: 'p1', location: 'main', status: 'ok' as const, storedAt: at, lastCheckedAt: null, lastOkAt: null };
    await ds.getRepository(Copy).insert({ id: 'c1', ...copy });
    const check = { copyId: 'c1', runId: 'r1', checkedAt: at, outcome: 'ok', path: null, ranges: [], detail: '', bytes: 1 };
    await ds.getRepository(FixityCheck).insert({ id: 'f1', ...check });
    await expect(ds.query(sql)).rejects.toThrow(`${words} are only ever added`);
    expect(await ds.getRepository(Event).findOneByOrFail({ id: 'e1' })).toEqual(anEvent);
    expect(await ds.getRepository(FixityCheck).findOneByOrFail({ id: 'f1' })).toEqual({ id: 'f1', ...check });
  });
});

describe('search text', () => {
  it('finds words without their accents, by prefix', async () => {
    const ds = await catalogue();
    await ds.query(
      "INSERT INTO search_text (package_id, kind, name, title, body, digests) VALUES ('p1', 'file', 'GRÖSSE.TXT', 'Disk', '', '')",
    );
    const found = await ds.query('SELECT package_id FROM search_text WHERE search_text MATCH ?', ['"gro"*']);
    expect(found).toEqual([{ package_id: 'p1' }]);
  });
});
