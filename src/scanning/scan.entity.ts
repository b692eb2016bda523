/** A virus scan of a package, under way or done. One that was stopped goes on where it was. */
import { Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';
import { json, utc } from '../database/columns.ts';
import type { ScanSummary } from './scan-summary.ts';

@Entity('scan')
@Unique('UQ_scan_run_id', ['runId'])
@Index('IDX_scan_package', ['packageId', 'id'])
export class Scan {
  @PrimaryColumn('integer', { primaryKeyConstraintName: 'PK_scan' }) id!: number;
  /** The same in the journal. */
  @Column('varchar') runId!: string;
  @ForeignKey('package', { name: 'FK_scan_package' })
  @Column('varchar')
  packageId!: string;
  @Column(utc()) startedAt!: Date;
  /** Null while it is not done. */
  @Column(utc({ nullable: true })) endedAt!: Date | null;
  @Column(json({ nullable: true })) summary!: ScanSummary | null;
}
