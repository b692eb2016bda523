/** Inserts a stream of rows, some hundred to a statement. */
import type { EntityManager, ObjectLiteral } from 'typeorm';

/** Rows in one INSERT: SQLite takes at most 32,766 parameters. */
const BATCH_ROWS = 500;

export async function insertAll<T, Row extends ObjectLiteral>(
  manager: EntityManager,
  entity: new () => Row,
  items: AsyncIterable<T> | Iterable<T>,
  row: (item: T) => Row,
): Promise<void> {
  let batch: Row[] = [];
  const flush = async (): Promise<void> => {
    if (batch.length > 0) await manager.createQueryBuilder().insert().into(entity).values(batch).updateEntity(false).execute();
    batch = [];
  };
  for await (const item of items) {
    batch.push(row(item));
    if (batch.length === BATCH_ROWS) await flush();
  }
  await flush();
}
