/** What the last scan said of one file: of the disk inside a package, or of the package itself. */
import { Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';
import { utc } from '../database/columns.ts';

@Entity('file_scan')
@Unique('UQ_file_scan_disk_file', ['diskFileId'])
@Unique('UQ_file_scan_package_file', ['packageFileId'])
@Index('IDX_file_scan_outcome', ['outcome', 'diskFileId'])
export class FileScan {
  @PrimaryColumn('integer', { primaryKeyConstraintName: 'PK_file_scan' }) id!: number;
  @ForeignKey('scan', { name: 'FK_file_scan_scan' })
  @Index('IDX_file_scan_scan')
  @Column('integer')
  scanId!: number;
  /** Null for a file that was not given to it. */
  @ForeignKey('scanner', { name: 'FK_file_scan_scanner' })
  @Column('integer', { nullable: true })
  scannerId!: number | null;
  /** Goes with its file, when the files of a package are entered anew. */
  @ForeignKey('disk_file', { name: 'FK_file_scan_disk_file', onDelete: 'CASCADE' })
  @Column('integer', { nullable: true })
  diskFileId!: number | null;
  @ForeignKey('package_file', { name: 'FK_file_scan_package_file', onDelete: 'CASCADE' })
  @Column('varchar', { nullable: true })
  packageFileId!: string | null;
  /** `clean`, `infected`, `not-scanned`. */
  @Column('varchar') outcome!: string;
  /** The scanner's name for what it found. */
  @Column('varchar', { nullable: true }) found!: string | null;
  /** Why it was not scanned. */
  @Column('text', { nullable: true }) because!: string | null;
  @Column(utc()) at!: Date;
}
