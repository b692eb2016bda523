/**
 * SQLite files, in the shape that TypeORM's better-sqlite3 driver asks for, over the one of Node's own `node:sqlite`, which
 * the package @photostructure/sqlite has for every Node from 20 on, with its binaries inside.
 * What those would let pass is refused here, as better-sqlite3 does: too few or too many parameters, several statements in one.
 */
import { DatabaseSync, type DatabaseSyncInstance, type StatementSyncInstance } from '@photostructure/sqlite';
import { scanSql, withTextFromBytes } from './sql-text.ts';

const BUSY_MS = 5_000;

export type SqliteValue = null | number | bigint | string | Uint8Array;

export interface SqliteOptions {
  readonly?: boolean;
  /** How long a statement waits for a lock of others, in milliseconds; the event loop stands still meanwhile. */
  timeout?: number;
}

/** What SQLite says. */
export class SqliteError extends Error {
  override readonly name = 'SqliteError';
  /** SQLite's result code by its name: `SQLITE_BUSY`. */
  readonly code: string;
  /** Its extended result code: 778 is SQLITE_IOERR_WRITE. */
  readonly number: number;

  constructor(cause: Error & { sqliteCodeName: string; errcode: number }) {
    super(cause.message, { cause });
    this.code = cause.sqliteCodeName;
    this.number = cause.errcode;
  }
}

/** One connection. Whoever opens it closes it; everything throws SqliteError. */
export class SqliteDatabase {
  readonly #db: DatabaseSyncInstance;

  /** @param path the file; it is made when missing, unless `readonly`. */
  constructor(path: string, { readonly = false, timeout = BUSY_MS }: SqliteOptions = {}) {
    this.#db = asked(() => new DatabaseSync(path, { readOnly: readonly, timeout }));
  }

  get open(): boolean {
    return this.#db.isOpen;
  }

  get inTransaction(): boolean {
    return this.#db.isOpen && this.#db.isTransaction;
  }

  /** Runs statements without parameters, without their answers. */
  exec(sql: string): void {
    asked(() => {
      this.#db.exec(sql);
    });
  }

  /** The rows that a PRAGMA answers. @param source what stands behind the word PRAGMA. */
  pragma(source: string): unknown[] {
    return this.prepare(`PRAGMA ${source}`).all();
  }

  /** @throws RangeError for more than one statement. */
  prepare(sql: string): SqliteStatement {
    return new SqliteStatement(this.#db, sql);
  }

  /** An unfinished transaction is rolled back. Closing twice does no harm. */
  close(): void {
    if (!this.#db.isOpen) return;
    asked(() => {
      this.#db.close();
    });
  }
}

/** A prepared statement; it ends with its database. */
export class SqliteStatement {
  readonly #db: DatabaseSyncInstance;
  readonly #sql: string;
  readonly #statement: StatementSyncInstance;
  readonly #parameterCount: number;
  readonly #columns: readonly string[];

  constructor(db: DatabaseSyncInstance, sql: string) {
    const { parameterCount, isSingle } = scanSql(sql);
    if (!isSingle) throw new RangeError(`more than one statement where one is expected: ${sql}`);
    this.#db = db;
    this.#sql = sql;
    this.#parameterCount = parameterCount;
    this.#statement = asked(() => db.prepare(sql));
    this.#statement.setReturnArrays(true);
    this.#columns = this.#statement.columns().map((column) => column.name);
  }

  /** Whether it answers rows. */
  get reader(): boolean {
    return this.#columns.length > 0;
  }

  /** Whether it writes nothing; found the way that sqlite3_stmt_readonly() finds it, in the statement's program. */
  get readonly(): boolean {
    if (/^\s*EXPLAIN\b/i.test(this.#sql)) return true;
    const program = asked(() => this.#db.prepare(`EXPLAIN ${this.#sql}`).all()) as { opcode: string; p2: number }[];
    return program.every(({ opcode, p2 }) =>
      opcode === 'Transaction' ? p2 === 0 : !/^(Vacuum|Checkpoint|JournalMode)$/.test(opcode),
    );
  }

  all(...values: readonly unknown[]): unknown[] {
    return this.#ask(values, (statement, bound) => statement.all(...bound) as unknown as SqliteValue[][]).map((row) =>
      this.#named(row),
    );
  }

  /** The first row, or undefined. */
  get(...values: readonly unknown[]): unknown {
    const row = this.#ask(values, (statement, bound) => statement.get(...bound) as SqliteValue[] | undefined);
    return row === undefined ? undefined : this.#named(row);
  }

  /** Row by row, each as its columns in order. */
  *rows(...values: readonly unknown[]): Generator<readonly SqliteValue[], void, undefined> {
    const rows = this.#ask(values, (statement, bound) => statement.iterate(...bound) as Iterator<SqliteValue[]>);
    for (;;) {
      const { done, value } = asked(() => rows.next());
      if (done === true) return;
      yield value;
    }
  }

  run(...values: readonly unknown[]): { changes: number; lastInsertRowid: number } {
    const { changes, lastInsertRowid } = this.#ask(values, (statement, bound) => statement.run(...bound));
    return { changes, lastInsertRowid: Number(lastInsertRowid) };
  }

  #ask<T>(values: readonly unknown[], ask: (statement: StatementSyncInstance, bound: SqliteValue[]) => T): T {
    if (values.length !== this.#parameterCount)
      throw new RangeError(`${values.length} parameters for a statement that takes ${this.#parameterCount}: ${this.#sql}`);
    const bound = values.map(bindable);
    if (!bound.some(holdsNul)) return asked(() => ask(this.#statement, bound));
    // The package binds a text only up to its first U+0000: such ones go in as bytes.
    const { sql, values: withBytes } = withTextFromBytes(this.#sql, bound, holdsNul);
    return asked(() => {
      const statement = this.#db.prepare(sql);
      statement.setReturnArrays(true);
      return ask(statement, withBytes);
    });
  }

  #named(values: readonly SqliteValue[]): Record<string, SqliteValue> {
    const row: Record<string, SqliteValue> = {};
    for (const [index, column] of this.#columns.entries()) row[column] = values[index] ?? null;
    return row;
  }
}

function bindable(value: unknown): SqliteValue {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint' || value instanceof Uint8Array)
    return value;
  throw new TypeError(`SQLite takes texts, numbers, bytes and null, and not a value of type ${typeof value}`);
}

function holdsNul(value: SqliteValue): value is string {
  return typeof value === 'string' && value.includes('\0');
}

function asked<T>(ask: () => T): T {
  try {
    return ask();
  } catch (error) {
    throw isFromSqlite(error) ? new SqliteError(error) : error;
  }
}

function isFromSqlite(error: unknown): error is Error & { sqliteCodeName: string; errcode: number } {
  return error instanceof Error && 'sqliteCodeName' in error && 'errcode' in error;
}
