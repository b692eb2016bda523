/** A folder of a volume: its path stands once for all that is in it. */
import { Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';

@Entity('disk_folder')
@Unique('UQ_disk_folder_path', ['volumeId', 'path'])
export class DiskFolder {
  @PrimaryColumn('integer', { primaryKeyConstraintName: 'PK_disk_folder' }) id!: number;
  @ForeignKey('disk_volume', { name: 'FK_disk_folder_volume' })
  @Column('integer')
  volumeId!: number;
  /** '' for the root. */
  @Index('IDX_disk_folder_path') @Column('varchar') path!: string;
}
