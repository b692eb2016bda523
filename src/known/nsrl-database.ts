/**
 * The NSRL's Reference Data Set, version 3: a SQLite database. The minimal sets have a table FILE, the full ones a table METADATA,
 * of which their FILE is a view; both with the columns sha256, sha1, md5. Source: NIST, RDSv3 documentation.
 * The database is a stranger's: only plain columns of plain tables are read, never a view, which could compute for ever.
 */
import { setImmediate as breath } from 'node:timers/promises';
import { Fault, FaultKind, wordsOfSystemError } from '#ingest/kernel';
import { SqliteDatabase, SqliteError } from '../database/sqlite.ts';
import { type DigestsRead, isDigest } from './lines.ts';

const TABLES = ['METADATA', 'FILE'];
const COLUMNS = ['sha256', 'sha1', 'md5'];
/** Rows read before others are answered. */
const ROWS_AT_ONCE = 10_000;

/** @param size of the file, for the progress. @throws Fault 'known/no-table', 'known/row', 'known/database'. */
export async function* nsrlDatabaseDigests(path: string, size: number): AsyncGenerator<DigestsRead> {
  let db: SqliteDatabase | undefined;
  try {
    db = new SqliteDatabase(path, { readonly: true });
    for (const pragma of ['trusted_schema = OFF', 'cell_size_check = ON', 'mmap_size = 0']) db.pragma(pragma);
    const { table, columns, rows } = tableOf(db, path);
    let digests: string[] = [];
    let row = 0;
    // Quoted names that no column has would be taken for texts: these are, and were found.
    for (const values of db.prepare(`SELECT ${columns.join(', ')} FROM "${table}"`).rows()) {
      row += 1;
      digests.push(digestOf(values, path, table, row));
      if (digests.length < ROWS_AT_ONCE) continue;
      yield { digests, doneBytes: rows === 0 ? 0 : Math.floor(size * Math.min(1, row / rows)) };
      digests = [];
      await breath();
    }
    yield { digests, doneBytes: size };
  } catch (error) {
    if (!(error instanceof SqliteError)) throw error;
    const message = `the database ${path} can't be read: ${wordsOfSystemError(error)} (${error.code}); get it again. Nothing of it was kept`;
    throw new Fault(FaultKind.Corrupt, 'known/database', message, { path, code: error.code }, { cause: error });
  } finally {
    db?.close();
  }
}

/** `rows` is a guess, for the progress; 0 when there is none. */
function tableOf(db: SqliteDatabase, path: string): { table: string; columns: string[]; rows: number } {
  const tables = db.prepare("SELECT name, wr FROM pragma_table_list WHERE schema = 'main' AND type = 'table'").all() as {
    name: string;
    wr: number;
  }[];
  for (const wanted of TABLES) {
    const found = tables.find(({ name }) => name.toUpperCase() === wanted);
    if (found === undefined) continue;
    const plain = [...db.prepare('SELECT name FROM pragma_table_xinfo(?) WHERE hidden = 0').rows(found.name)].map(([name]) =>
      String(name).toLowerCase(),
    );
    const columns = COLUMNS.filter((column) => plain.includes(column));
    if (columns.length === 0) continue;
    const [[last] = []] = found.wr === 0 ? db.prepare(`SELECT max(rowid) FROM "${found.name}"`).rows() : [];
    return { table: found.name, columns, rows: Number(last ?? 0) };
  }
  const message = `${path} is a SQLite database, but not one of NSRL RDS 3: it has neither a table FILE nor METADATA with the columns sha256, sha1 or md5`;
  throw new Fault(FaultKind.Refused, 'known/no-table', message, { path });
}

/** The strongest that the row has. */
function digestOf(values: readonly unknown[], path: string, table: string, row: number): string {
  const given = values.find((value) => value !== null && value !== '');
  if (typeof given === 'string' && isDigest(given)) return given;
  const got = typeof given === 'string' ? `"${given.slice(0, 80)}"` : given === undefined ? 'nothing' : `a ${typeof given}`;
  const message = `row ${row} of the table ${table} of ${path} has no digest: got ${got}, expected 64, 40 or 32 hex digits (SHA-256, SHA-1, MD5); nothing of it was kept`;
  throw new Fault(FaultKind.Corrupt, 'known/row', message, { path, row });
}
