/** Known files: sets of digests, and which files inside disks are in one. Every index that a search is led by tells them apart. */
import { type MigrationInterface, type QueryRunner } from 'typeorm';
import { table } from './table.ts';

const KNOWN_SET = table(
  'known_set',
  {
    id: 'integer',
    name: 'varchar',
    state: 'varchar',
    format: 'varchar',
    source: 'varchar',
    sha256: 'bigint',
    sha1: 'bigint',
    md5: 'bigint',
    added_at: 'varchar',
  },
  { uniques: [{ name: 'UQ_known_set_name', columnNames: ['name'] }] },
);

/** Columns before, and now. */
const INDICES = [
  ['disk_file_name', 'name_id, id', 'name_id, is_known, id'],
  ['disk_file_folder', 'folder_id, name', 'folder_id, name, id, is_known'],
  ['disk_file_extension', 'extension, id', 'extension, is_known, id'],
  ['disk_file_puid', 'puid, id', 'puid, is_known, id'],
  ['disk_file_modified', 'modified', 'is_known, modified'],
  ['disk_file_size', 'size', 'is_known, size'],
] as const;

export class Known implements MigrationInterface {
  readonly name = 'known-20261123T1000';

  async up(q: QueryRunner): Promise<void> {
    await q.createTable(KNOWN_SET.clone());
    await q.query('ALTER TABLE disk_file ADD COLUMN is_known boolean NOT NULL DEFAULT (0)');
    for (const [name, , now] of INDICES) await anew(q, name, now);
    if (q.dataSource.options.type !== 'better-sqlite3') return;
    // A set's digests lie together and in order: they are appended, and removed, as a piece.
    await q.query(
      'CREATE TABLE known_digest(set_id integer NOT NULL, digest blob NOT NULL, PRIMARY KEY(set_id, digest)) WITHOUT ROWID',
    );
  }

  async down(q: QueryRunner): Promise<void> {
    if (q.dataSource.options.type === 'better-sqlite3') await q.query('DROP TABLE known_digest');
    for (const [name, before] of INDICES) await anew(q, name, before);
    await q.query('ALTER TABLE disk_file DROP COLUMN is_known');
    await q.dropTable(KNOWN_SET.name);
  }
}

async function anew(q: QueryRunner, name: string, columns: string): Promise<void> {
  await q.query(`DROP INDEX "IDX_${name}"`);
  await q.query(`CREATE INDEX "IDX_${name}" ON "disk_file" (${columns})`);
}
