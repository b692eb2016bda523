/**
 * SQLite for TypeORM with a handle of its own for every transaction.
 *
 * TypeORM 1.1 shares one query runner between all users of a better-sqlite3 DataSource: concurrent transactions mix, and
 * rows that were reported as saved get lost (typeorm #1884, #8668). Here readers never wait (WAL), writers take turns,
 * transactions begin IMMEDIATE, and a commit is on the disk when it returns (synchronous=FULL).
 * Not done: `:memory:`, attached databases, encryption, query subscribers.
 */
import { resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { DataSource, QueryFailedError, QueryResult, QueryRunnerAlreadyReleasedError } from 'typeorm';
import type { BetterSqlite3DataSourceOptions } from 'typeorm/driver/better-sqlite3/BetterSqlite3DataSourceOptions.js';
import { BetterSqlite3Driver } from 'typeorm/driver/better-sqlite3/BetterSqlite3Driver.js';
import { BetterSqlite3QueryRunner } from 'typeorm/driver/better-sqlite3/BetterSqlite3QueryRunner.js';
import { Fault, FaultKind } from '#ingest/kernel';
import { SqliteDatabase } from './sqlite.ts';
import { type SqliteHandle, SqlitePool } from './sqlite-pool.ts';
import { WriteTurn } from './write-turn.ts';

/** A write that waits longer than this is waiting for itself, or for a process that should not be there. */
const WAIT_MS = 10_000;
const RETRY_MS = 20;

export type PooledSqliteOptions = BetterSqlite3DataSourceOptions & { database: string };

/** Options for one database file; `more` are TypeORM's (entities, migrations …). */
export function pooledSqlite(
  database: string,
  more: Omit<Partial<BetterSqlite3DataSourceOptions>, 'type' | 'database'>,
): PooledSqliteOptions {
  return { ...more, type: 'better-sqlite3', driver: SqliteDatabase, database: resolve(database) };
}

export class PooledSqliteDataSource extends DataSource {
  /** @param waitMs how long a write waits for its turn, in milliseconds. */
  constructor(options: PooledSqliteOptions, waitMs = WAIT_MS) {
    super(options);
    this.driver = new PooledSqliteDriver(this, options.database, waitMs);
  }
}

class PooledSqliteDriver extends BetterSqlite3Driver {
  readonly pool: SqlitePool;
  readonly turn: WriteTurn;
  readonly waitMs: number;

  constructor(dataSource: DataSource, path: string, waitMs: number) {
    super(dataSource);
    this.pool = new SqlitePool(path);
    this.turn = WriteTurn.of(path);
    this.waitMs = waitMs;
  }

  override connect(): Promise<void> {
    this.pool.open();
    return Promise.resolve();
  }

  override afterConnect(): Promise<void> {
    return Promise.resolve();
  }

  override disconnect(): Promise<void> {
    this.pool.close();
    return Promise.resolve();
  }

  override createQueryRunner(): PooledSqliteQueryRunner {
    return new PooledSqliteQueryRunner(this);
  }
}

class PooledSqliteQueryRunner extends BetterSqlite3QueryRunner {
  readonly #pool: SqlitePool;
  readonly #takeTurn: () => Promise<() => void>;
  readonly #waitMs: number;
  /** Only there from a transaction's begin, or `connect()`, to the release; other statements borrow one each. */
  #pinned: SqliteHandle | undefined;
  /** Gives the turn to write back; there while a transaction is open. */
  #endTurn: (() => void) | undefined;

  constructor(driver: PooledSqliteDriver) {
    super(driver);
    this.#pool = driver.pool;
    this.#waitMs = driver.waitMs;
    this.#takeTurn = () => driver.turn.take(driver.waitMs);
  }

  override connect(): Promise<SqliteHandle['db']> {
    return Promise.resolve(this.#pin().db);
  }

  override query<T>(sql: string, parameters: unknown[] | undefined, structured: true): Promise<QueryResult<T>>;
  override query<T>(sql: string, parameters?: unknown[], structured?: boolean): Promise<T>;
  override async query(sql: string, parameters: unknown[] = [], structured = false): Promise<unknown> {
    const values = parameters.map((value) => (typeof value === 'boolean' ? Number(value) : value));
    this.dataSource.logger.logQuery(sql, values, this);
    try {
      const result = await this.#run(sql === 'BEGIN TRANSACTION' ? 'BEGIN IMMEDIATE' : sql, values);
      return structured ? result : (result.raw as unknown);
    } catch (error) {
      this.dataSource.logger.logQueryError(error as Error, sql, values, this);
      if (error instanceof Fault || error instanceof QueryRunnerAlreadyReleasedError) throw error;
      throw storageFault(error) ?? new QueryFailedError(sql, values, error as Error);
    }
  }

  override async startTransaction(): Promise<void> {
    if (this.#endTurn !== undefined) return super.startTransaction();
    this.#endTurn = await this.#takeTurn();
    try {
      this.#pin();
      await super.startTransaction();
    } catch (error) {
      this.#forgetTransaction();
      throw error;
    }
  }

  override async commitTransaction(): Promise<void> {
    await super.commitTransaction();
    if (!this.isTransactionActive) this.#forgetTransaction();
  }

  override async rollbackTransaction(): Promise<void> {
    // A full disk or an I/O error makes SQLite roll back by itself: then nothing is left to undo.
    if (this.isTransactionActive && this.#pinned?.db.inTransaction === true) await super.rollbackTransaction();
    if (this.#pinned?.db.inTransaction !== true) this.#forgetTransaction();
  }

  override release(): Promise<void> {
    if (this.isReleased) return Promise.resolve();
    this.isReleased = true;
    if (this.#pinned !== undefined) this.#pool.giveAsNew(this.#pinned);
    this.#pinned = undefined;
    this.#forgetTransaction();
    return super.release();
  }

  #forgetTransaction(): void {
    this.isTransactionActive = false;
    this.transactionDepth = 0;
    this.#endTurn?.();
    this.#endTurn = undefined;
  }

  #pin(): SqliteHandle {
    if (this.isReleased) throw new QueryRunnerAlreadyReleasedError();
    this.#pinned ??= this.#pool.take();
    return this.#pinned;
  }

  async #run(sql: string, values: unknown[]): Promise<QueryResult> {
    if (this.#endTurn !== undefined) {
      if (this.transactionDepth > 0 && this.#pinned?.db.inTransaction !== true) {
        throw new Error('SQLite has rolled this transaction back after an error; nothing more can be written in it');
      }
      return sql === 'BEGIN IMMEDIATE' ? this.#patiently(sql, values) : this.#once(sql, values);
    }
    if (this.#pool.onlyReads(sql)) return this.#patiently(sql, values);
    const endTurn = await this.#takeTurn();
    try {
      return await this.#patiently(sql, values);
    } finally {
      endTurn();
    }
  }

  /** A statement outside a transaction that finds the file locked has done nothing: it may be tried again. */
  async #patiently(sql: string, values: unknown[]): Promise<QueryResult> {
    for (let waitedMs = 0; ; waitedMs += RETRY_MS) {
      try {
        return this.#once(sql, values);
      } catch (error) {
        if (!isBusy(error)) throw error;
        if (waitedMs >= this.#waitMs) throw busy(this.#waitMs, error);
      }
      await pause(RETRY_MS);
    }
  }

  #once(sql: string, values: unknown[]): QueryResult {
    if (this.isReleased) throw new QueryRunnerAlreadyReleasedError();
    if (this.#pinned !== undefined) return this.#execute(this.#pinned, sql, values);
    const borrowed = this.#pool.take();
    try {
      const result = this.#execute(borrowed, sql, values);
      if (borrowed.db.inTransaction) throw new Error('a transaction is begun by startTransaction(), not by SQL');
      return result;
    } finally {
      this.#pool.give(borrowed);
    }
  }

  #execute(handle: SqliteHandle, sql: string, values: unknown[]): QueryResult {
    const statement = handle.statement(sql);
    const result = new QueryResult();
    if (statement.reader) {
      result.raw = result.records = statement.all(...values);
    } else {
      const { changes, lastInsertRowid } = statement.run(...values);
      result.affected = changes;
      result.raw = lastInsertRowid;
      if (/^\s*(CREATE|DROP|ALTER)\b/i.test(sql)) this.#pool.forgetStatements();
    }
    return result;
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function isBusy(error: unknown): boolean {
  return codeOf(error).startsWith('SQLITE_BUSY');
}

/** What the disk is to blame for: nothing was written, and it may work later. */
function storageFault(cause: unknown): Fault | undefined {
  const code = codeOf(cause);
  const words = code === 'SQLITE_FULL' ? 'the disk is full' : 'the disk reports an error';
  if (!/^SQLITE_(FULL|IOERR|READONLY|CANTOPEN)/.test(code)) return undefined;
  return new Fault(
    FaultKind.Unreadable,
    'database/storage',
    `the database could not be used: ${words} (${code})`,
    { code },
    { cause },
  );
}

function busy(waitMs: number, cause: unknown): Fault {
  return new Fault(
    FaultKind.Unreadable,
    'database/busy',
    `another process has been writing to the database for ${waitMs} ms; only one process may write to a home`,
    { waitMs },
    { cause },
  );
}
