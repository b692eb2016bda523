/** The rows of scans: written while they run, counted when they end. */
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { type DataSource, type EntityManager, IsNull, Not } from 'typeorm';
import type { ScannerVersion, Verdict } from '#ingest/scanning';
import { utcText } from '../database/columns.ts';
import { Scan } from './scan.entity.ts';
import type { InfectedFile, ScanSummary } from './scan-summary.ts';

/** A number is a row of the files inside disks, a text one of the files of packages. */
export type FileId = number | string;

export interface ScannedFile {
  readonly id: FileId;
  readonly verdict: Verdict;
  readonly at: Date;
}

/** Infected files that a summary names; the index has them all. */
const MOST_INFECTED = 1000;
const MOST_REASONS = 20;
const FILES = `file_scan s LEFT JOIN disk_file f ON f.id = s.disk_file_id LEFT JOIN disk_folder d ON d.id = f.folder_id
  LEFT JOIN disk_volume v ON v.id = f.volume_id LEFT JOIN package_file p ON p.id = s.package_file_id`;

@Injectable()
export class ScanRows {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  async begin(runId: string, packageId: string, startedAt: Date): Promise<number> {
    return insertScan(this.database.manager, runId, packageId, startedAt);
  }

  /** The newest scan of a package. */
  async latest(packageId: string): Promise<Scan | null> {
    return this.database.manager.findOne(Scan, { where: { packageId }, order: { id: 'DESC' } });
  }

  async latestDone(packageId: string): Promise<Scan | null> {
    return this.database.manager.findOne(Scan, { where: { packageId, endedAt: Not(IsNull()) }, order: { id: 'DESC' } });
  }

  /** The id of a scanner that says this of itself. */
  async scanner(version: ScannerVersion): Promise<number> {
    const said = JSON.stringify(version);
    await this.database.query('INSERT INTO scanner(said) VALUES (?) ON CONFLICT(said) DO NOTHING', [said]);
    const [row] = await this.database.query<{ id: number }[]>('SELECT id FROM scanner WHERE said = ?', [said]);
    if (row === undefined) throw new RangeError('a scanner without a row');
    return row.id;
  }

  /** Those of the files that this scan has judged already. */
  async done(scanId: number, ids: readonly FileId[]): Promise<Set<FileId>> {
    const rows = await this.database.query<{ diskFileId: number | null; packageFileId: string | null }[]>(
      `SELECT disk_file_id AS "diskFileId", package_file_id AS "packageFileId" FROM file_scan
       WHERE scan_id = ? AND (disk_file_id IN (SELECT value FROM json_each(?)) OR package_file_id IN (SELECT value FROM json_each(?)))`,
      [scanId, JSON.stringify(ids), JSON.stringify(ids)],
    );
    return new Set(rows.map((row) => row.diskFileId ?? row.packageFileId ?? ''));
  }

  /** In place of what earlier scans said of these files. */
  async add(scanId: number, scannerId: number | null, files: readonly ScannedFile[]): Promise<void> {
    const rows = files.map(({ id, verdict, at }) => [
      typeof id === 'number' ? id : null,
      typeof id === 'string' ? id : null,
      verdict.outcome,
      verdict.outcome === 'infected' ? verdict.found : null,
      verdict.outcome === 'not-scanned' ? verdict.because : null,
      utcText(at),
      verdict.outcome === 'not-scanned' ? null : scannerId,
    ]);
    const ids = JSON.stringify(files.map(({ id }) => id));
    await this.database.transaction(async (manager) => {
      await manager.query('DELETE FROM file_scan WHERE disk_file_id IN (SELECT value FROM json_each(?))', [ids]);
      await manager.query('DELETE FROM file_scan WHERE package_file_id IN (SELECT value FROM json_each(?))', [ids]);
      const cells = rows[0]?.map((_, index) => `json_extract(value, '$[${index}]')`).join(', ') ?? '';
      await manager.query(
        `INSERT INTO file_scan(scan_id, disk_file_id, package_file_id, outcome, found, because, at, scanner_id)
         SELECT ?, ${cells} FROM json_each(?)`,
        [scanId, JSON.stringify(rows)],
      );
    });
  }

  /** What a scan has found so far. */
  async summary(scanId: number, gaps: readonly string[], current: ScannerVersion): Promise<ScanSummary> {
    const counts = await this.database.query<{ outcome: string; files: number; bytes: number }[]>(
      `SELECT s.outcome AS outcome, count(*) AS files, sum(coalesce(f.size, p.size, 0)) AS bytes FROM ${FILES} WHERE s.scan_id = ? GROUP BY s.outcome`,
      [scanId],
    );
    const infected = await this.database.query<(InfectedFile & { folder: string | null })[]>(
      `SELECT v.number AS volume, d.path AS folder, coalesce(f.name, p.path) AS path, f.stream AS stream, s.found AS found FROM ${FILES}
       WHERE s.scan_id = ? AND s.outcome = 'infected' ORDER BY v.number, d.path, f.name, f.id, p.path LIMIT ?`,
      [scanId, MOST_INFECTED],
    );
    const reasons = await this.database.query<{ because: string; files: number }[]>(
      `SELECT because AS because, count(*) AS files FROM file_scan WHERE scan_id = ? AND because IS NOT NULL
       GROUP BY because ORDER BY 2 DESC, 1 LIMIT ?`,
      [scanId, MOST_REASONS],
    );
    const used = await this.database.query<{ said: string }[]>(
      'SELECT said FROM scanner WHERE id IN (SELECT scanner_id FROM file_scan WHERE scan_id = ?) ORDER BY id',
      [scanId],
    );
    const scanners = used.length === 0 ? [current] : used.map(({ said }) => JSON.parse(said) as ScannerVersion);
    const of = (outcome: string): { files: number; bytes: number } =>
      counts.find((count) => count.outcome === outcome) ?? { files: 0, bytes: 0 };
    return {
      files: counts.reduce((sum, { files }) => sum + files, 0),
      bytes: of('clean').bytes + of('infected').bytes,
      clean: of('clean').files,
      infected: of('infected').files,
      notScanned: of('not-scanned').files,
      scanners: scanners.map(({ name, version, signatures = null, signaturesFrom = null }) => ({
        name,
        version,
        signatures,
        signaturesFrom,
      })),
      infectedFiles: infected.map(({ volume, folder, path, stream, found }) => {
        return { volume, path: folder === null || folder === '' ? path : `${folder}/${path}`, stream, found };
      }),
      reasons: reasons.map(({ because, files }) => ({ because, files })),
      gaps: [...gaps],
    };
  }

  /** The end of a scan, as its event tells it: of one that ran here, or that only the journal knows. */
  async end(
    {
      runId,
      packageId,
      startedAt,
      endedAt,
      summary,
    }: Omit<Scan, 'id' | 'endedAt' | 'summary'> & { endedAt: Date; summary: ScanSummary },
    manager: EntityManager,
  ): Promise<void> {
    const known = await manager.findOneBy(Scan, { runId });
    const id = known?.id ?? (await insertScan(manager, runId, packageId, startedAt));
    await manager.update(Scan, { id }, { endedAt, summary });
  }

  /** Newest scans that found more than is marked: the catalogue was made anew, or the files inside were listed anew. */
  async unmarked(packageId?: string): Promise<Scan[]> {
    const rows = await this.database.query<{ id: number }[]>(
      `SELECT s.id AS id FROM scan s WHERE s.ended_at IS NOT NULL AND (? IS NULL OR s.package_id = ?)
       AND s.id = (SELECT max(t.id) FROM scan t WHERE t.package_id = s.package_id AND t.ended_at IS NOT NULL)
       AND (SELECT count(*) FROM file_scan r WHERE r.scan_id = s.id AND r.outcome = 'infected') < json_extract(s.summary, '$.infected')`,
      [packageId ?? null, packageId ?? null],
    );
    const scans: Scan[] = [];
    for (const { id } of rows) {
      const scan = await this.database.manager.findOneBy(Scan, { id });
      if (scan !== null) scans.push(scan);
    }
    return scans;
  }
}

async function insertScan(manager: EntityManager, runId: string, packageId: string, startedAt: Date): Promise<number> {
  const [row] = await manager.query<{ id: number }[]>(
    'INSERT INTO scan(run_id, package_id, started_at) VALUES (?, ?, ?) RETURNING id',
    [runId, packageId, utcText(startedAt)],
  );
  if (row === undefined) throw new RangeError('a scan without a row');
  return row.id;
}
