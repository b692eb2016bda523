/** What an SQL text shows of itself without SQLite: its `?` and whether it is one statement. */

/** Literals, names in quotes and comments are passed over; `?` and `;` in the open count. */
const TOKENS = /'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\]|--[^\n]*|\/\*[^]*?(?:\*\/|$)|\?|;|[^\s'"`[\-/?;]+|[-/]/g;

/** @param sql a statement whose parameters, if any, are bare `?`. */
export function scanSql(sql: string): { parameterCount: number; isSingle: boolean } {
  let parameterCount = 0;
  let ended = false;
  let isSingle = true;
  for (const [token] of sql.matchAll(TOKENS)) {
    if (token.trim() === '' || /^(--|\/\*)/.test(token)) continue;
    if (token === ';') ended = true;
    else if (ended) isSingle = false;
    if (token === '?') parameterCount += 1;
  }
  // The body of a trigger is a list of statements.
  return { parameterCount, isSingle: isSingle || /^\s*CREATE\s+(TEMP\s+|TEMPORARY\s+)?TRIGGER\b/i.test(sql) };
}

/** The statement with some of its texts given as UTF-8: each such `?` becomes CAST(? AS TEXT). */
export function withTextFromBytes<T>(
  sql: string,
  values: readonly T[],
  isMeant: (value: T) => value is T & string,
): { sql: string; values: (T | Uint8Array)[] } {
  let index = 0;
  const cast = sql.replace(TOKENS, (token) => {
    if (token !== '?') return token;
    const value = values[index++];
    return value !== undefined && isMeant(value) ? 'CAST(? AS TEXT)' : token;
  });
  return { sql: cast, values: values.map((value) => (isMeant(value) ? Buffer.from(value, 'utf8') : value)) };
}
