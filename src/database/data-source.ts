/** Opens the catalogue of a home: brings its schema up to date, and refuses one that a newer version has written. */
import type { DataSource } from 'typeorm';
import { Fault, FaultKind } from '#ingest/kernel';
import { Accession } from '../accessions/accession.entity.ts';
import { Event } from '../events/event.entity.ts';
import { AuditState } from '../fixity/audit-state.entity.ts';
import { DiskFile } from '../files/disk-file.entity.ts';
import { DiskFolder } from '../files/disk-folder.entity.ts';
import { DiskSurvey } from '../files/disk-survey.entity.ts';
import { DiskVolume } from '../files/disk-volume.entity.ts';
import { FileName } from '../files/file-name.entity.ts';
import { FixityCheck } from '../fixity/fixity-check.entity.ts';
import { Job } from '../jobs/job.entity.ts';
import { KnownSet } from '../known/known-set.entity.ts';
import { Copy } from '../packages/copy.entity.ts';
import { PackageFile } from '../packages/package-file.entity.ts';
import { Package } from '../packages/package.entity.ts';
import { FileScan } from '../scanning/file-scan.entity.ts';
import { Scan } from '../scanning/scan.entity.ts';
import { ScannerRow } from '../scanning/scanner.entity.ts';
import { Catalogue } from './migrations/20261122T1000-catalogue.ts';
import { Files } from './migrations/20261123T0800-files.ts';
import { Known } from './migrations/20261123T1000-known.ts';
import { Scans } from './migrations/20261123T1010-scans.ts';
import { SurveyDigests } from './migrations/20261123T1100-survey-digests.ts';
import { SnakeCase } from './naming.ts';
import { pooledSqlite, PooledSqliteDataSource, type PooledSqliteOptions } from './pooled-sqlite.ts';

const ENTITIES = [
  Accession,
  Package,
  PackageFile,
  Copy,
  Event,
  FixityCheck,
  AuditState,
  Job,
  DiskSurvey,
  DiskVolume,
  DiskFolder,
  FileName,
  DiskFile,
  KnownSet,
  ScannerRow,
  Scan,
  FileScan,
];
const MIGRATIONS = [Catalogue, Files, Known, Scans, SurveyDigests];

/** @param path the database file; it is created when missing. */
export function catalogueOptions(path: string): PooledSqliteOptions {
  return pooledSqlite(path, { entities: ENTITIES, migrations: MIGRATIONS, namingStrategy: new SnakeCase() });
}

/**
 * The catalogue, open and up to date. The caller destroys it.
 * @throws Fault 'database/newer-version', 'database/unreadable'.
 */
export async function openCatalogue(options: PooledSqliteOptions): Promise<DataSource> {
  const dataSource = await new PooledSqliteDataSource(options).initialize();
  try {
    await refuseNewer(dataSource);
    await dataSource.runMigrations({ transaction: 'each' });
    return dataSource;
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
}

async function refuseNewer(dataSource: DataSource): Promise<void> {
  const [table] = await dataSource.query<unknown[]>("SELECT 1 FROM sqlite_master WHERE name = 'migrations'");
  if (table === undefined) return;
  const known = new Set(dataSource.migrations.map((migration) => migration.name));
  const done = await dataSource.query<{ name: string }[]>('SELECT name FROM migrations ORDER BY id');
  const unknown = done.map((row) => row.name).filter((name) => !known.has(name));
  if (unknown.length === 0) return;
  throw new Fault(
    FaultKind.Unsupported,
    'database/newer-version',
    `the catalogue was written by a newer version of Strongroom (it knows ${unknown.join(', ')}); install that version, or run "strongroom rebuild" in a fresh home`,
    { unknown },
  );
}
