/**
 * Concurrent transactions that fail and succeed side by side must lose nothing and leak nothing.
 * TypeORM 1.1.1's own better-sqlite3 DataSource fails this: one query runner serves everybody. The last test shows it;
 * when that one goes red, TypeORM has changed and pooled-sqlite.ts may go.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Test } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import { SqliteDatabase } from '#built/src/database/sqlite';
import * as fc from 'fast-check';
import { Column, DataSource, Entity, type EntityManager, PrimaryColumn } from 'typeorm';
import { describe, expect, it, onTestFinished } from 'vitest';
import { pooledSqlite, PooledSqliteDataSource } from '#built/src/database/pooled-sqlite';
import { tmpFolder } from '../../support/tmp.ts';

@Entity('note')
class Note {
  @PrimaryColumn('varchar') id!: string;
  @Column('varchar') by!: string;
}

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function pooled(waitMs?: number): Promise<DataSource> {
  const database = join(await tmpFolder(), 'notes.sqlite');
  const options = pooledSqlite(database, { entities: [Note], synchronize: true });
  const ds = await new PooledSqliteDataSource(options, waitMs).initialize();
  onTestFinished(async () => (ds.isInitialized ? ds.destroy() : undefined));
  return ds;
}

/** Two rows in one transaction, with pauses where another request would run; every odd one throws after the second row. */
async function pair(ds: { transaction: DataSource['transaction'] }, n: number): Promise<void> {
  await ds.transaction(async (manager: EntityManager) => {
    await manager.save(Note, { id: `${n}-a`, by: 'pair' });
    await tick();
    await manager.insert(Note, { id: `${n}-b`, by: 'pair' });
    await tick();
    if (n % 2 === 1) throw new Error(`no ${n}`);
  });
}

async function ids(ds: DataSource): Promise<string[]> {
  const rows = await ds.getRepository(Note).find({ order: { id: 'ASC' } });
  return rows.map((row) => row.id);
}

describe('the pooled DataSource', () => {
  it('keeps 40 concurrent transactions apart, every second of which throws', async () => {
    const ds = await pooled();
    const results = await Promise.allSettled(Array.from({ length: 40 }, (_, n) => pair(ds, n)));
    expect(results.filter((r) => r.status === 'rejected').map((r) => (r.reason as Error).message)).toEqual(
      Array.from({ length: 20 }, (_, n) => `no ${n * 2 + 1}`),
    );
    const expected = Array.from({ length: 20 }, (_, n) => [`${n * 2}-a`, `${n * 2}-b`]).flat();
    expect(await ids(ds)).toEqual(expected.toSorted());
  });

  it('ends up with what a sequence of the same acts would leave, whatever runs beside whatever', async () => {
    const ds = await pooled();
    const repo = ds.getRepository(Note);
    const Act = fc.record({
      rows: fc.integer({ min: 1, max: 3 }),
      inTransaction: fc.boolean(),
      nested: fc.boolean(),
      fails: fc.boolean(),
    });
    let run = 0;
    const property = fc.asyncProperty(fc.array(Act, { minLength: 1, maxLength: 30 }), async (acts) => {
      const by = `run ${run++}`;
      const rowsOf = (index: number, count: number) =>
        Array.from({ length: count }, (_, n) => ({ id: `${by} ${index} ${n}`, by }));
      const results = acts.map(async ({ rows, inTransaction, nested, fails }, index) => {
        if (!inTransaction) return repo.save(rowsOf(index, rows));
        return ds.transaction(async (manager) => {
          for (const row of rowsOf(index, rows)) {
            const insert = async (to: EntityManager) => to.insert(Note, row);
            await (nested ? manager.transaction(insert) : insert(manager));
            await tick();
          }
          if (fails) throw new Error('undone');
        });
      });
      await Promise.allSettled(results);
      const kept = acts.flatMap((act, index) => (act.inTransaction && act.fails ? [] : rowsOf(index, act.rows)));
      const found = await repo.findBy({ by });
      expect(found.map((row) => row.id).toSorted()).toEqual(kept.map((row) => row.id).toSorted());
    });
    await fc.assert(property, { numRuns: 25 });
  });

  it('keeps plain saves that run beside failing transactions', async () => {
    const ds = await pooled();
    const repo = ds.getRepository(Note);
    await Promise.allSettled(
      Array.from({ length: 40 }, (_, n) => [pair(ds, n * 2 + 1), repo.save({ id: `plain-${n}`, by: 'save' })]).flat(),
    );
    expect(await repo.countBy({ by: 'save' })).toBe(40);
    expect(await repo.countBy({ by: 'pair' })).toBe(0);
  });

  it('undoes a failed nested transaction alone', async () => {
    const ds = await pooled();
    await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        ds.transaction(async (manager) => {
          await manager.insert(Note, { id: `${n}-outer`, by: 'outer' });
          const inner = manager.transaction(async (nested) => {
            await nested.insert(Note, { id: `${n}-inner`, by: 'inner' });
            await tick();
            throw new Error('inner');
          });
          await expect(inner).rejects.toThrow('inner');
          await manager.transaction((nested) => nested.insert(Note, { id: `${n}-second`, by: 'second' }));
        }),
      ),
    );
    const repo = ds.getRepository(Note);
    expect(await repo.countBy({ by: 'outer' })).toBe(10);
    expect(await repo.countBy({ by: 'inner' })).toBe(0);
    expect(await repo.countBy({ by: 'second' })).toBe(10);
  });

  it('shows readers the last committed state while a transaction is open', async () => {
    const ds = await pooled();
    await ds.transaction(async (manager) => {
      await manager.insert(Note, { id: 'x', by: 'tx' });
      expect(await ds.getRepository(Note).count()).toBe(0);
      expect(await manager.count(Note)).toBe(1);
    });
    expect(await ds.getRepository(Note).count()).toBe(1);
  });

  it('refuses a write outside the transaction that waits for it, and says what to do', async () => {
    const ds = await pooled(200);
    const outside = ds.transaction(() => ds.getRepository(Note).save({ id: 'x', by: 'outside' }));
    await expect(outside).rejects.toMatchObject({ name: 'Fault', code: 'database/write-waited', kind: 'unreadable' });
    await ds.getRepository(Note).save({ id: 'y', by: 'after' });
    expect(await ids(ds)).toEqual(['y']);
  });

  it('gives the turn back when a query runner is released in the middle of a transaction', async () => {
    const ds = await pooled(500);
    const runner = ds.createQueryRunner();
    await runner.startTransaction();
    await runner.manager.insert(Note, { id: 'x', by: 'forgotten' });
    await runner.release();
    await ds.getRepository(Note).insert({ id: 'y', by: 'after' });
    expect(await ids(ds)).toEqual(['y']);
    await expect(runner.query('SELECT 1')).rejects.toThrow(/released/);
  });

  it('waits for another process that is writing, without stopping the event loop', async () => {
    const ds = await pooled(5000);
    const other = new SqliteDatabase(String(ds.options.database));
    other.exec('BEGIN IMMEDIATE');
    let ticks = 0;
    const timer = setInterval(() => ticks++, 20);
    setTimeout(() => other.exec('COMMIT'), 600);
    await ds.transaction((manager) => manager.insert(Note, { id: 'x', by: 'patient' }));
    clearInterval(timer);
    other.close();
    expect(ticks).toBeGreaterThan(5);
    expect(await ids(ds)).toEqual(['x']);
  });

  it('gives up on another process that goes on writing', async () => {
    const ds = await pooled(300);
    const other = new SqliteDatabase(String(ds.options.database));
    onTestFinished(() => other.close());
    other.exec('BEGIN IMMEDIATE');
    await expect(ds.getRepository(Note).insert({ id: 'x', by: 'x' })).rejects.toMatchObject({ code: 'database/busy' });
    other.exec('COMMIT');
    await ds.getRepository(Note).insert({ id: 'x', by: 'x' });
  });

  it('two data sources of one file in one process take turns', async () => {
    const one = await pooled(5000);
    const two = await new PooledSqliteDataSource(pooledSqlite(String(one.options.database), { entities: [Note] })).initialize();
    onTestFinished(() => two.destroy());
    await Promise.allSettled(Array.from({ length: 40 }, (_, n) => pair(n % 4 < 2 ? one : two, n)));
    expect(await ids(one)).toHaveLength(40);
  });

  it('commits so that power loss undoes nothing: WAL, synchronous FULL, foreign keys on, on every handle', async () => {
    const ds = await pooled();
    const runners = Array.from({ length: 5 }, () => ds.createQueryRunner());
    await Promise.all(runners.map((runner) => runner.connect()));
    for (const runner of runners) {
      expect(await runner.query('PRAGMA journal_mode')).toEqual([{ journal_mode: 'wal' }]);
      expect(await runner.query('PRAGMA synchronous')).toEqual([{ synchronous: 2 }]);
      expect(await runner.query('PRAGMA foreign_keys')).toEqual([{ foreign_keys: 1 }]);
    }
    await Promise.all(runners.map((runner) => runner.release()));
  });

  it('does 2000 saves and reads at once with a handful of open files', async () => {
    const ds = await pooled();
    const repo = ds.getRepository(Note);
    const filesOpen = async () => (await readdir('/proc/self/fd').catch(() => [])).length;
    const before = await filesOpen();
    let most = 0;
    const watch = setInterval(() => void filesOpen().then((now) => (most = Math.max(most, now))), 5);
    await Promise.all(
      Array.from({ length: 1000 }, (_, n) => [repo.save({ id: `${n}`, by: 'x' }), repo.findOneBy({ id: `${n}` })]).flat(),
    );
    clearInterval(watch);
    expect(await repo.count()).toBe(1000);
    expect(most - before).toBeLessThan(40);
  });

  it('says when the disk is full, and keeps nothing of that transaction', async () => {
    const ds = await pooled();
    const write = ds.transaction(async (manager) => {
      await manager.insert(Note, { id: 'small', by: 'x' });
      await manager.query('PRAGMA max_page_count = 10');
      await manager.insert(Note, { id: 'big', by: 'x'.repeat(100_000) });
    });
    await expect(write).rejects.toMatchObject({ code: 'database/storage', kind: 'unreadable' });
    expect(await ids(ds)).toEqual([]);
  });

  it('writes nothing more in a transaction that SQLite itself has rolled back', async () => {
    const ds = await pooled();
    const write = ds.transaction(async (manager) => {
      await manager.insert(Note, { id: 'before', by: 'x' });
      await manager.query('ROLLBACK');
      await manager.insert(Note, { id: 'after', by: 'x' });
    });
    await expect(write).rejects.toThrow(/rolled this transaction back/);
    await ds.getRepository(Note).insert({ id: 'next', by: 'x' });
    expect(await ids(ds)).toEqual(['next']);
  });

  it('begins no transaction by SQL alone, which would stay open in the pool', async () => {
    const ds = await pooled();
    await expect(ds.query('BEGIN')).rejects.toThrow(/startTransaction/);
    await ds.getRepository(Note).insert({ id: 'x', by: 'after' });
    expect(await ids(ds)).toEqual(['x']);
  });

  it('has foreign keys on again after a migration that failed', async () => {
    const ds = await pooled();
    const runner = ds.createQueryRunner();
    await runner.beforeMigration();
    expect(await runner.query('PRAGMA foreign_keys')).toEqual([{ foreign_keys: 0 }]);
    await runner.release();
    expect(await ds.query('PRAGMA foreign_keys')).toEqual([{ foreign_keys: 1 }]);
  });

  it('sees a table that changed its columns after its statement was prepared', async () => {
    const ds = await pooled();
    await ds.query("INSERT INTO note VALUES ('x', 'y')");
    expect(await ds.query('SELECT * FROM note')).toEqual([{ id: 'x', by: 'y' }]);
    await ds.query('ALTER TABLE note ADD COLUMN more text');
    expect(await ds.query('SELECT * FROM note')).toEqual([{ id: 'x', by: 'y', more: null }]);
  });

  it('works through Nest: 40 requests, every second throws, exactly 20 pairs stay', async () => {
    const database = join(await tmpFolder(), 'nest.sqlite');
    const module = await Test.createTestingModule({
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: () => pooledSqlite(database, { entities: [Note], synchronize: true }),
          dataSourceFactory: (options) => new PooledSqliteDataSource(options as ReturnType<typeof pooledSqlite>).initialize(),
        }),
      ],
    }).compile();
    const app = await module.init();
    const ds = app.get(DataSource);
    await Promise.allSettled(Array.from({ length: 40 }, (_, n) => pair(ds, n)));
    expect(await ds.getRepository(Note).count()).toBe(40);
    await app.close();
    expect(ds.isInitialized).toBe(false);
  });
});

describe('TypeORM’s own DataSource', () => {
  it('mixes transactions (the reason for all this)', async () => {
    const database = join(await tmpFolder(), 'stock.sqlite');
    const ds = await new DataSource({
      type: 'better-sqlite3',
      driver: SqliteDatabase,
      database,
      entities: [Note],
      synchronize: true,
    }).initialize();
    await Promise.allSettled(Array.from({ length: 40 }, (_, n) => pair(ds, n)));
    const expected = Array.from({ length: 20 }, (_, n) => [`${n * 2}-a`, `${n * 2}-b`]).flat();
    expect(await ids(ds)).not.toEqual(expected.toSorted());
    await ds.destroy();
  });
});
