/** Pages by cursor: each starts after the last row of the one before, however many rows come and go meanwhile. */
import type { ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import { z } from 'zod';
import { Fault, FaultKind } from '#ingest/kernel';

const MOST = 200;

export const PageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(MOST).default(50).describe(`How many items, 1 to ${MOST}.`),
  after: z.string().min(1).max(1000).optional().describe('The `next` of the page before.'),
});
export type PageQuery = z.infer<typeof PageQuery>;

export interface Page<T> {
  items: T[];
  /** Cursor of the following page; missing on the last one. */
  next?: string;
}

/** A page's schema, for the API description. */
export function pageSchema<T extends z.ZodType>(item: T) {
  return z.object({
    items: z.array(item),
    next: z.string().optional().describe('Cursor of the following page; missing on the last one.'),
  });
}

type Key = readonly (string | number)[];

/** What a list is sorted by: properties of the entity, the last of them unique. */
export interface Order<T> {
  by: readonly (keyof T & string)[];
  direction: 'ASC' | 'DESC';
  /** The same properties of a row, as the database compares them (times by `utcText`). */
  keyOf: (row: T) => Key;
}

/**
 * One page of a query that has neither order nor limit yet.
 * @throws Fault 'paging/wrong-cursor'.
 */
export async function pageOf<T extends ObjectLiteral>(
  query: SelectQueryBuilder<T>,
  { by, direction, keyOf }: Order<T>,
  { after, limit }: PageQuery,
): Promise<Page<T>> {
  const columns = by.map((property) => `${query.alias}.${property}`);
  if (after !== undefined) {
    const key = readCursor(after, by.length);
    const marks = key.map((_, index) => `:cursor${index}`);
    const sign = direction === 'ASC' ? '>' : '<';
    query.andWhere(`(${columns.join(', ')}) ${sign} (${marks.join(', ')})`);
    query.setParameters(Object.fromEntries(key.map((value, index) => [`cursor${index}`, value])));
  }
  for (const column of columns) query.addOrderBy(column, direction);
  return cut(await query.limit(limit + 1).getMany(), limit, keyOf);
}

/** A page of `limit` rows from one row more than that, where there is one. */
export function cut<T>(rows: readonly T[], limit: number, keyOf: (row: T) => Key): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return rows.length > limit && last !== undefined ? { items, next: cursorOf(keyOf(last)) } : { items };
}

export function cursorOf(key: Key): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/** @param lengths that the key may have. @throws Fault 'paging/wrong-cursor' when it is none of ours, or of another list. */
export function readCursor(cursor: string, ...lengths: readonly number[]): Key {
  const read = z
    .array(z.union([z.string(), z.number()]))
    .refine(({ length }) => lengths.includes(length))
    .safeParse(jsonOf(Buffer.from(cursor, 'base64url').toString()));
  if (read.success) return read.data;
  const message = `"${cursor}" does not come from this list; take the "next" of its last page, or start again without it`;
  throw new Fault(FaultKind.Refused, 'paging/wrong-cursor', message, { cursor });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
