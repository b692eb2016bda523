/** The files inside the disks: volumes, folders, names, files; and how far each package's list is. */
import { type MigrationInterface, type QueryRunner } from 'typeorm';
import { foreignKey, table } from './table.ts';

const index = (name: string, ...columns: string[]) => ({ name: `IDX_${name}`, columnNames: columns });

const TABLES = [
  table(
    'disk_survey',
    {
      package_id: 'varchar',
      state: 'varchar',
      dfxml_path: 'varchar?',
      detail: 'text?',
      volumes: 'integer',
      files: 'bigint',
      directories: 'bigint',
      deleted: 'bigint',
      unread: 'bigint',
      bytes: 'bigint',
    },
    {
      foreignKeys: [foreignKey('FK_disk_survey_package', 'package_id', 'package')],
      indices: [index('disk_survey_state', 'state')],
    },
  ),
  table(
    'disk_volume',
    {
      id: 'integer',
      package_id: 'varchar',
      number: 'integer',
      scheme: 'varchar',
      slot: 'varchar',
      offset: 'bigint',
      length: 'bigint',
      type: 'varchar',
      title: 'varchar?',
      label: 'varchar',
      serial: 'varchar?',
      file_system: 'varchar?',
      file_system_title: 'varchar?',
      is_listed: 'boolean',
      is_encrypted: 'boolean',
      remarks: 'text',
      facts: 'text',
    },
    {
      foreignKeys: [foreignKey('FK_disk_volume_package', 'package_id', 'package')],
      uniques: [{ name: 'UQ_disk_volume_number', columnNames: ['package_id', 'number'] }],
    },
  ),
  table(
    'disk_folder',
    { id: 'integer', volume_id: 'integer', path: 'varchar' },
    {
      foreignKeys: [foreignKey('FK_disk_folder_volume', 'volume_id', 'disk_volume')],
      uniques: [{ name: 'UQ_disk_folder_path', columnNames: ['volume_id', 'path'] }],
      indices: [index('disk_folder_path', 'path')],
    },
  ),
  table(
    'file_name',
    { id: 'integer', folded: 'varchar' },
    { uniques: [{ name: 'UQ_file_name_folded', columnNames: ['folded'] }] },
  ),
  table(
    'disk_file',
    {
      id: 'integer',
      volume_id: 'integer',
      folder_id: 'integer',
      name_id: 'integer',
      name: 'varchar',
      extension: 'varchar',
      kind: 'varchar',
      stream: 'varchar?',
      entry: 'bigint',
      size: 'bigint',
      sha256: 'varchar?',
      md5: 'varchar?',
      sha1: 'varchar?',
      sha256_key: 'bigint?',
      md5_key: 'bigint?',
      sha1_key: 'bigint?',
      puid: 'varchar?',
      format: 'varchar?',
      mime: 'varchar?',
      modified: 'varchar?',
      is_deleted: 'boolean',
      has_unread: 'boolean',
      runs: 'text?',
      details: 'text?',
    },
    {
      foreignKeys: [
        foreignKey('FK_disk_file_volume', 'volume_id', 'disk_volume'),
        foreignKey('FK_disk_file_folder', 'folder_id', 'disk_folder'),
        foreignKey('FK_disk_file_name', 'name_id', 'file_name'),
      ],
      indices: [
        index('disk_file_name', 'name_id', 'id'),
        index('disk_file_folder', 'folder_id', 'name'),
        index('disk_file_extension', 'extension', 'id'),
        index('disk_file_puid', 'puid', 'id'),
        index('disk_file_modified', 'modified'),
        index('disk_file_size', 'size'),
        index('disk_file_sha256_key', 'sha256_key'),
        index('disk_file_md5_key', 'md5_key'),
        index('disk_file_sha1_key', 'sha1_key'),
      ],
    },
  ),
];

export class Files implements MigrationInterface {
  readonly name = 'files-20261123T0800';

  async up(q: QueryRunner): Promise<void> {
    for (const each of TABLES) await q.createTable(each.clone());
    if (q.dataSource.options.type !== 'better-sqlite3') return;
    // The names are folded before they come here; three letters anywhere in a name find it.
    await q.query(
      `CREATE VIRTUAL TABLE file_name_text USING fts5(folded, content = 'file_name', content_rowid = 'id', detail = 'none',
        tokenize = 'trigram case_sensitive 1')`,
    );
  }

  async down(q: QueryRunner): Promise<void> {
    if (q.dataSource.options.type === 'better-sqlite3') await q.query('DROP TABLE file_name_text');
    for (const each of TABLES.toReversed()) await q.dropTable(each.name);
  }
}
