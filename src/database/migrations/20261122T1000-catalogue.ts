/** The catalogue: accessions, packages and their files and copies, events, fixity, jobs, search text. */
import { type MigrationInterface, type QueryRunner } from 'typeorm';
import { foreignKey, table } from './table.ts';

const TABLES = [
  table('accession', {
    number: 'varchar',
    title: 'varchar',
    donor: 'varchar?',
    received_on: 'varchar?',
    restrictions: 'text?',
    notes: 'text?',
    created_at: 'varchar',
    updated_at: 'varchar',
  }),
  table(
    'package',
    {
      id: 'varchar',
      accession_number: 'varchar?',
      title: 'varchar',
      image_name: 'varchar',
      format_id: 'varchar',
      format_title: 'varchar',
      puid: 'varchar?',
      medium_size: 'bigint?',
      medium_sha256: 'varchar?',
      bytes: 'bigint',
      file_count: 'integer',
      sealed_at: 'varchar',
      tag_manifest_sha256: 'varchar',
      acquisition: 'text',
      created_at: 'varchar',
    },
    {
      foreignKeys: [foreignKey('FK_package_accession', 'accession_number', 'accession', 'number')],
      indices: [
        { name: 'IDX_package_accession', columnNames: ['accession_number'] },
        { name: 'IDX_package_medium_sha256', columnNames: ['medium_sha256'] },
        { name: 'IDX_package_created_at', columnNames: ['created_at'] },
      ],
    },
  ),
  table(
    'package_file',
    {
      id: 'varchar',
      package_id: 'varchar',
      path: 'varchar',
      role: 'varchar',
      sequence: 'integer',
      size: 'bigint',
      sha256: 'varchar',
      digests: 'text',
      blocks_path: 'varchar?',
      format_title: 'varchar?',
      puid: 'varchar?',
    },
    {
      foreignKeys: [foreignKey('FK_package_file_package', 'package_id', 'package')],
      uniques: [{ name: 'UQ_package_file_path', columnNames: ['package_id', 'path'] }],
      indices: [{ name: 'IDX_package_file_sha256', columnNames: ['sha256'] }],
    },
  ),
  table(
    'copy',
    {
      id: 'varchar',
      package_id: 'varchar',
      location: 'varchar',
      status: 'varchar',
      stored_at: 'varchar',
      last_checked_at: 'varchar?',
      last_ok_at: 'varchar?',
    },
    {
      foreignKeys: [foreignKey('FK_copy_package', 'package_id', 'package')],
      uniques: [{ name: 'UQ_copy_location', columnNames: ['package_id', 'location'] }],
      indices: [{ name: 'IDX_copy_last_checked_at', columnNames: ['last_checked_at'] }],
    },
  ),
  table(
    'event',
    {
      id: 'varchar',
      package_id: 'varchar?',
      accession_number: 'varchar?',
      type: 'varchar',
      at: 'varchar',
      outcome: 'varchar',
      detail: 'text',
      note: 'text',
      agents: 'text',
      sealed: 'boolean',
      journal_index: 'bigint?',
    },
    {
      indices: [
        { name: 'IDX_event_package', columnNames: ['package_id', 'at'] },
        { name: 'IDX_event_accession', columnNames: ['accession_number', 'at'] },
        { name: 'IDX_event_at', columnNames: ['at'] },
        { name: 'IDX_event_journal_index', columnNames: ['journal_index'], isUnique: true },
      ],
    },
  ),
  table(
    'fixity_check',
    {
      id: 'varchar',
      copy_id: 'varchar',
      run_id: 'varchar',
      checked_at: 'varchar',
      outcome: 'varchar',
      path: 'varchar?',
      ranges: 'text',
      detail: 'text',
      bytes: 'bigint',
    },
    {
      foreignKeys: [foreignKey('FK_fixity_check_copy', 'copy_id', 'copy')],
      indices: [
        { name: 'IDX_fixity_check_copy', columnNames: ['copy_id', 'checked_at'] },
        { name: 'IDX_fixity_check_run', columnNames: ['run_id'] },
      ],
    },
  ),
  table(
    'audit_state',
    { copy_id: 'varchar', started_at: 'varchar', position: 'text' },
    { foreignKeys: [foreignKey('FK_audit_state_copy', 'copy_id', 'copy')] },
  ),
  table(
    'job',
    {
      id: 'varchar',
      kind: 'varchar',
      payload: 'text',
      state: 'varchar',
      priority: 'integer',
      run_at: 'varchar',
      attempts: 'integer',
      max_attempts: 'integer',
      lease_owner: 'varchar?',
      lease_until: 'varchar?',
      dedupe_key: 'varchar?',
      progress: 'text?',
      result: 'text?',
      error: 'text?',
      created_at: 'varchar',
      started_at: 'varchar?',
      finished_at: 'varchar?',
      cancel_requested: 'boolean',
    },
    {
      uniques: [{ name: 'UQ_job_dedupe_key', columnNames: ['dedupe_key'] }],
      indices: [
        { name: 'IDX_job_due', columnNames: ['state', 'priority', 'run_at'] },
        { name: 'IDX_job_created_at', columnNames: ['created_at'] },
      ],
    },
  ),
];

const INSERT_ONLY = { event: 'events', fixity_check: 'fixity checks' };

export class Catalogue implements MigrationInterface {
  readonly name = 'catalogue-20261122T1000';

  async up(q: QueryRunner): Promise<void> {
    for (const each of TABLES) await q.createTable(each.clone());
    if (q.dataSource.options.type !== 'better-sqlite3') return;
    for (const [name, words] of Object.entries(INSERT_ONLY)) {
      for (const act of ['UPDATE', 'DELETE']) {
        await q.query(
          `CREATE TRIGGER ${name}_no_${act.toLowerCase()} BEFORE ${act} ON ${name} BEGIN ` +
            `SELECT RAISE(ABORT, '${words} are only ever added: what happened is neither changed nor removed'); END`,
        );
      }
    }
    await q.query(
      `CREATE VIRTUAL TABLE search_text USING fts5(package_id UNINDEXED, accession UNINDEXED, kind UNINDEXED, name, title, body, digests,
        tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3')`,
    );
  }

  async down(q: QueryRunner): Promise<void> {
    if (q.dataSource.options.type === 'better-sqlite3') await q.query('DROP TABLE search_text');
    for (const each of TABLES.toReversed()) await q.dropTable(each.name);
  }
}
