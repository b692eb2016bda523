/** Handles of one SQLite file, each used by one query runner at a time. */
import Database from 'better-sqlite3';
import { Fault, FaultKind, wordsOfSystemError } from '#ingest/kernel';

/** Handles kept open while nobody uses them; more are opened when needed. */
const IDLE_HANDLES = 8;
const CACHED_STATEMENTS = 200;
/** SQLite waits inside a call and stops the event loop meanwhile: only a moment. Longer waits are the query runner's. */
const BUSY_MS = 10;

export type Statement = Database.Statement;

export class SqliteHandle {
  readonly db: Database.Database;
  readonly #statements = new Map<string, Statement>();

  constructor(path: string) {
    this.db = new Database(path, { timeout: BUSY_MS });
    try {
      this.db.pragma('synchronous = FULL');
      this.db.pragma('foreign_keys = ON');
    } catch (error) {
      this.db.close();
      throw error;
    }
  }

  /** The prepared statement for `sql`; the oldest goes when there are too many. */
  statement(sql: string): Statement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.db.prepare(sql) as Statement;
    this.#statements.set(sql, statement);
    if (this.#statements.size > CACHED_STATEMENTS) {
      for (const oldest of this.#statements.keys()) {
        this.#statements.delete(oldest);
        break;
      }
    }
    return statement;
  }

  forgetStatements(): void {
    this.#statements.clear();
  }

  /** As good as new for its next user, whatever the last one left. */
  reset(): void {
    if (this.db.inTransaction) this.db.exec('ROLLBACK');
    this.db.pragma('foreign_keys = ON');
  }
}

export class SqlitePool {
  readonly #path: string;
  readonly #all = new Set<SqliteHandle>();
  #idle: SqliteHandle[] = [];
  #open = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** @throws Fault 'database/unreadable' when the file can't be opened or is no database. */
  open(): void {
    this.#open = true;
    try {
      const handle = this.take();
      handle.db.pragma('journal_mode = WAL');
      this.give(handle);
    } catch (error) {
      this.close();
      throw new Fault(
        FaultKind.Unreadable,
        'database/unreadable',
        `the database ${this.#path} can't be opened: ${wordsOfSystemError(error)}`,
        { path: this.#path },
        { cause: error },
      );
    }
  }

  take(): SqliteHandle {
    if (!this.#open) throw new Error('the database is closed');
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    const handle = new SqliteHandle(this.#path);
    this.#all.add(handle);
    return handle;
  }

  give(handle: SqliteHandle): void {
    if (!handle.db.open) return;
    handle.reset();
    if (this.#open && this.#idle.length < IDLE_HANDLES) this.#idle.push(handle);
    else this.#drop(handle);
  }

  /** After a change of the schema a cached statement would go on answering with the old columns. */
  forgetStatements(): void {
    for (const handle of this.#all) handle.forgetStatements();
  }

  /** Closes every handle; an unfinished transaction is rolled back. */
  close(): void {
    this.#open = false;
    this.#idle = [];
    for (const handle of this.#all) this.#drop(handle);
  }

  #drop(handle: SqliteHandle): void {
    this.#all.delete(handle);
    handle.db.close();
  }
}
