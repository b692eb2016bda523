/** A volume of a disk, with one file system or none. */
import { Column, Entity, ForeignKey, PrimaryColumn, Unique } from 'typeorm';
import { bytes, json, yesNo } from '../database/columns.ts';

@Entity('disk_volume')
@Unique('UQ_disk_volume_number', ['packageId', 'number'])
export class DiskVolume {
  @PrimaryColumn('integer', { primaryKeyConstraintName: 'PK_disk_volume' }) id!: number;
  @ForeignKey('package', { name: 'FK_disk_volume_package' })
  @Column('varchar')
  packageId!: string;
  /** From 0, in the order of the survey. */
  @Column('integer') number!: number;
  @Column('varchar') scheme!: string;
  /** As its table counts: `2`, `2.5`. */
  @Column('varchar') slot!: string;
  /** On the medium. */
  @Column(bytes()) offset!: number;
  @Column(bytes()) length!: number;
  @Column('varchar') type!: string;
  @Column('varchar', { nullable: true }) title!: string | null;
  /** The file system's, else the table's. */
  @Column('varchar') label!: string;
  @Column('varchar', { nullable: true }) serial!: string | null;
  /** Id of the format. */
  @Column('varchar', { nullable: true }) fileSystem!: string | null;
  /** `FAT12`, `NTFS 3.1`. */
  @Column('varchar', { nullable: true }) fileSystemTitle!: string | null;
  @Column(yesNo()) isListed!: boolean;
  @Column(yesNo()) isEncrypted!: boolean;
  @Column(json()) remarks!: { readonly code: string; readonly message: string }[];
  @Column(json()) facts!: Record<string, string | number>;
}
