/** Handles of one SQLite file, each used by one query runner at a time. A few are enough: SQLite answers at once. */
import { Fault, FaultKind, wordsOfSystemError } from '#ingest/kernel';
import { SqliteDatabase, type SqliteStatement } from './sqlite.ts';

/** Handles kept open while nobody uses them; more are opened when needed. */
const IDLE_HANDLES = 8;
const CACHED_STATEMENTS = 200;
/** Of pages, for each handle that is open. */
const CACHE_KIB = 16_000;
const REMEMBERED_STATEMENTS = 2_000;
/** SQLite waits inside a call and stops the event loop meanwhile: only a moment. Longer waits are the query runner's. */
const BUSY_MS = 10;
/** While it opens, it may have to wait for another process that is putting the log of a killed one in order. */
const OPENING_MS = 5_000;

export class SqliteHandle {
  readonly db: SqliteDatabase;
  readonly #statements = new Map<string, SqliteStatement>();

  constructor(path: string) {
    this.db = new SqliteDatabase(path, { timeout: OPENING_MS });
    try {
      this.db.pragma('synchronous = FULL');
      this.setUp();
      this.db.pragma(`busy_timeout = ${BUSY_MS}`);
    } catch (error) {
      this.db.close();
      throw error;
    }
  }

  /** What a user of it may have changed. */
  setUp(): void {
    this.db.pragma('foreign_keys = ON');
    this.db.pragma(`cache_size = -${CACHE_KIB}`);
  }

  /** The prepared statement for `sql`; the oldest goes when there are too many. */
  statement(sql: string): SqliteStatement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.db.prepare(sql);
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
}

export class SqlitePool {
  readonly #path: string;
  readonly #all = new Set<SqliteHandle>();
  readonly #onlyReads = new Map<string, boolean>();
  #idle: SqliteHandle[] = [];
  #open = false;

  constructor(path: string) {
    this.#path = path;
  }

  /** @throws Fault 'database/unreadable' when the file can't be opened, 'database/damaged' when it is no database (any more). */
  open(): void {
    this.#open = true;
    try {
      const handle = this.take();
      handle.db.pragma('journal_mode = WAL');
      this.give(handle);
    } catch (error) {
      this.close();
      throw cantOpen(this.#path, error);
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
    if (handle.db.inTransaction) handle.db.exec('ROLLBACK');
    if (this.#open && this.#idle.length < IDLE_HANDLES) this.#idle.push(handle);
    else this.#drop(handle);
  }

  /** Gives back a handle whose last user may have changed its settings. */
  giveAsNew(handle: SqliteHandle): void {
    if (handle.db.open && handle.db.inTransaction) handle.db.exec('ROLLBACK');
    if (handle.db.open) handle.setUp();
    this.give(handle);
  }

  /** Whether a statement writes nothing. @throws what SQLite says of a statement that can't be prepared. */
  onlyReads(sql: string): boolean {
    const known = this.#onlyReads.get(sql);
    if (known !== undefined) return known;
    if (this.#onlyReads.size >= REMEMBERED_STATEMENTS) this.#onlyReads.clear();
    const handle = this.take();
    try {
      const answer = handle.statement(sql).readonly;
      this.#onlyReads.set(sql, answer);
      return answer;
    } finally {
      this.give(handle);
    }
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

function cantOpen(path: string, cause: unknown): Fault {
  const words = wordsOfSystemError(cause);
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  if (/^SQLITE_(NOTADB|CORRUPT)/.test(code)) {
    const message = `the database ${path} is damaged (${words}); set it aside and run "strongroom rebuild": the packages are not touched by this`;
    return new Fault(FaultKind.Corrupt, 'database/damaged', message, { path }, { cause });
  }
  return new Fault(
    FaultKind.Unreadable,
    'database/unreadable',
    `the database ${path} can't be opened: ${words}. Is the disk full, or read-only? Mend that and try again`,
    { path },
    { cause },
  );
}
