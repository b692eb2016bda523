/** One finding of one audit of one copy. Rows are only ever inserted: this table is the audit trail. */
import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { bytes, json, utc } from '../database/columns.ts';

@Entity('fixity_check')
@Index('IDX_fixity_check_copy', ['copyId', 'checkedAt'])
export class FixityCheck {
  @PrimaryColumn('varchar', { primaryKeyConstraintName: 'PK_fixity_check' }) id!: string;
  @ForeignKey('copy', { name: 'FK_fixity_check_copy' })
  @Column('varchar')
  copyId!: string;
  @Index('IDX_fixity_check_run')
  @Column('varchar')
  runId!: string;
  @Column(utc()) checkedAt!: Date;
  @Column('varchar') outcome!: string;
  /** Path inside the package; null when it is about the whole copy. */
  @Column('varchar', { nullable: true }) path!: string | null;
  /** Damaged ranges of the file, offset and length in bytes. */
  @Column(json()) ranges!: readonly { offset: number; length: number }[];
  @Column('text') detail!: string;
  /** How many bytes were read for it. */
  @Column(bytes()) bytes!: number;
}
