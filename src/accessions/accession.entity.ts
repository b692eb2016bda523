/** Material received together from one source, under the number that the archive gave it. */
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { utc } from '../database/columns.ts';

@Entity('accession')
export class Accession {
  @PrimaryColumn('varchar', { primaryKeyConstraintName: 'PK_accession' }) number!: string;
  @Column('varchar') title!: string;
  @Column('varchar', { nullable: true }) donor!: string | null;
  /** The day it was received, `2026-11-22`; archives often know no more. */
  @Column('varchar', { nullable: true }) receivedOn!: string | null;
  @Column('text', { nullable: true }) restrictions!: string | null;
  @Column('text', { nullable: true }) notes!: string | null;
  @Column(utc()) createdAt!: Date;
  @Column(utc()) updatedAt!: Date;
}
