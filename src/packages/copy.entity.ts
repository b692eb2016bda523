/** One copy of a package at one location, and what its last audit found. */
import { Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';
import { utc } from '../database/columns.ts';

export const CopyStatus = {
  Ok: 'ok',
  Altered: 'altered',
  Missing: 'missing',
  Extra: 'extra',
  /** The storage failed to answer: says nothing about the bytes. */
  Unreadable: 'unreadable',
  Unchecked: 'unchecked',
} as const;
export type CopyStatus = (typeof CopyStatus)[keyof typeof CopyStatus];

@Entity('copy')
@Unique('UQ_copy_location', ['packageId', 'location'])
export class Copy {
  @PrimaryColumn('varchar', { primaryKeyConstraintName: 'PK_copy' }) id!: string;
  @ForeignKey('package', { name: 'FK_copy_package' })
  @Column('varchar')
  packageId!: string;
  @Column('varchar') location!: string;
  @Column('varchar') status!: CopyStatus;
  @Column(utc()) storedAt!: Date;
  @Index('IDX_copy_last_checked_at')
  @Column(utc({ nullable: true }))
  lastCheckedAt!: Date | null;
  @Column(utc({ nullable: true })) lastOkAt!: Date | null;
}
