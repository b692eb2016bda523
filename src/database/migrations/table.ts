/** Tables of a migration, written short: the same on SQLite and PostgreSQL. */
import { Table, type TableColumnOptions, type TableOptions } from 'typeorm';

type More = Pick<TableOptions, 'foreignKeys' | 'indices' | 'uniques'>;

/** `varchar?` may be null. The first column is the primary key. */
export function table(name: string, columns: Readonly<Record<string, string>>, more: More = {}): Table {
  const list = Object.entries(columns).map(([column, type], index): TableColumnOptions => {
    const isPrimary = index === 0;
    const options = { name: column, type: type.replace('?', ''), isNullable: type.endsWith('?'), isPrimary };
    return isPrimary ? { ...options, primaryKeyConstraintName: `PK_${name}` } : options;
  });
  return new Table({ name, columns: list, ...more });
}

export function foreignKey(name: string, column: string, to: string, toColumn = 'id') {
  return { name, columnNames: [column], referencedTableName: to, referencedColumnNames: [toColumn] };
}
