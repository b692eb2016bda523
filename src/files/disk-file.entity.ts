/** One file (folder, link …) inside a disk, or one of its further streams. What the disk says of it lies in the package's DFXML. */
import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { bytes, json, yesNo } from '../database/columns.ts';

@Entity('disk_file')
@Index('IDX_disk_file_name', ['nameId', 'isKnown', 'id'])
@Index('IDX_disk_file_folder', ['folderId', 'name', 'id', 'isKnown'])
@Index('IDX_disk_file_extension', ['extension', 'isKnown', 'id'])
@Index('IDX_disk_file_puid', ['puid', 'isKnown', 'id'])
@Index('IDX_disk_file_modified', ['isKnown', 'modified'])
@Index('IDX_disk_file_size', ['isKnown', 'size'])
export class DiskFile {
  @PrimaryColumn('integer', { primaryKeyConstraintName: 'PK_disk_file' }) id!: number;
  @ForeignKey('disk_volume', { name: 'FK_disk_file_volume' })
  @Column('integer')
  volumeId!: number;
  @ForeignKey('disk_folder', { name: 'FK_disk_file_folder' })
  @Column('integer')
  folderId!: number;
  @ForeignKey('file_name', { name: 'FK_disk_file_name' })
  @Column('integer')
  nameId!: number;
  @Column('varchar') name!: string;
  /** Lower case, without the dot; '' without one. */
  @Column('varchar') extension!: string;
  @Column('varchar') kind!: string;
  /** `resource`, `alternate:name`; null for the file itself. */
  @Column('varchar', { nullable: true }) stream!: string | null;
  /** As the file system counts: inode, MFT record, CNID. */
  @Column(bytes()) entry!: number;
  @Column(bytes()) size!: number;
  @Column('varchar', { nullable: true }) sha256!: string | null;
  @Column('varchar', { nullable: true }) md5!: string | null;
  @Column('varchar', { nullable: true }) sha1!: string | null;
  /** The first 48 bits of each digest: a key small enough for ten million rows. */
  @Index('IDX_disk_file_sha256_key') @Column(bytes({ nullable: true })) sha256Key!: number | null;
  @Index('IDX_disk_file_md5_key') @Column(bytes({ nullable: true })) md5Key!: number | null;
  @Index('IDX_disk_file_sha1_key') @Column(bytes({ nullable: true })) sha1Key!: number | null;
  @Column('varchar', { nullable: true }) puid!: string | null;
  @Column('varchar', { nullable: true }) format!: string | null;
  @Column('varchar', { nullable: true }) mime!: string | null;
  /** As recorded: with a zone, or without one. */
  @Column('varchar', { nullable: true }) modified!: string | null;
  @Column(yesNo()) isDeleted!: boolean;
  @Column(yesNo()) hasUnread!: boolean;
  /** One of its digests is in a set of known files; src/known/ keeps this so. */
  @Column(yesNo({ default: false })) isKnown!: boolean;
  /** Byte runs, each `[fileOffset, length, imageOffset]`, −1 for zeros; null where the file system must be asked. */
  @Column('text', { nullable: true }) runs!: string | null;
  /** What a page shows beside: other times, attributes, remarks … */
  @Column(json({ nullable: true })) details!: Record<string, unknown> | null;
}
