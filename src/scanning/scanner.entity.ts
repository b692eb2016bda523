/** A virus scanner with its engine and signatures, as it called itself when it was asked; each stands once. */
import { Column, Entity, PrimaryColumn, Unique } from 'typeorm';
import type { ScannerVersion } from '#ingest/scanning';
import { json } from '../database/columns.ts';

@Entity('scanner')
@Unique('UQ_scanner_said', ['said'])
export class ScannerRow {
  @PrimaryColumn('integer', { primaryKeyConstraintName: 'PK_scanner' }) id!: number;
  @Column(json()) said!: ScannerVersion;
}
