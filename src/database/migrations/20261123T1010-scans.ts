/** Virus scans: which were made of each package, by which scanner, and what the last one said of each file. */
import { type MigrationInterface, type QueryRunner } from 'typeorm';
import { foreignKey, table } from './table.ts';

const index = (name: string, ...columns: string[]) => ({ name: `IDX_${name}`, columnNames: columns });
const unique = (name: string, ...columns: string[]) => ({ name: `UQ_${name}`, columnNames: columns });
const withFile = { onDelete: 'CASCADE' };

const TABLES = [
  table('scanner', { id: 'integer', said: 'text' }, { uniques: [unique('scanner_said', 'said')] }),
  table(
    'scan',
    { id: 'integer', run_id: 'varchar', package_id: 'varchar', started_at: 'varchar', ended_at: 'varchar?', summary: 'text?' },
    {
      foreignKeys: [foreignKey('FK_scan_package', 'package_id', 'package')],
      uniques: [unique('scan_run_id', 'run_id')],
      indices: [index('scan_package', 'package_id', 'id')],
    },
  ),
  table(
    'file_scan',
    {
      id: 'integer',
      scan_id: 'integer',
      scanner_id: 'integer?',
      disk_file_id: 'integer?',
      package_file_id: 'varchar?',
      outcome: 'varchar',
      found: 'varchar?',
      because: 'text?',
      at: 'varchar',
    },
    {
      foreignKeys: [
        foreignKey('FK_file_scan_scan', 'scan_id', 'scan'),
        foreignKey('FK_file_scan_scanner', 'scanner_id', 'scanner'),
        { ...foreignKey('FK_file_scan_disk_file', 'disk_file_id', 'disk_file'), ...withFile },
        { ...foreignKey('FK_file_scan_package_file', 'package_file_id', 'package_file'), ...withFile },
      ],
      uniques: [unique('file_scan_disk_file', 'disk_file_id'), unique('file_scan_package_file', 'package_file_id')],
      indices: [index('file_scan_outcome', 'outcome', 'disk_file_id'), index('file_scan_scan', 'scan_id')],
    },
  ),
];

export class Scans implements MigrationInterface {
  readonly name = 'scans-20261123T1010';

  async up(q: QueryRunner): Promise<void> {
    for (const each of TABLES) await q.createTable(each.clone());
  }

  async down(q: QueryRunner): Promise<void> {
    for (const each of TABLES.toReversed()) await q.dropTable(each.name);
  }
}
