/** A name of files, folded for search: lower case, without diacritics. Every name stands once, however many disks have it. */
import { Column, Entity, PrimaryColumn, Unique } from 'typeorm';

@Entity('file_name')
@Unique('UQ_file_name_folded', ['folded'])
export class FileName {
  @PrimaryColumn('integer', { primaryKeyConstraintName: 'PK_file_name' }) id!: number;
  @Column('varchar') folded!: string;
}
