/** One file of a package, as its manifests spell it. */
import { Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';
import { bytes, json } from '../database/columns.ts';

export const FileRole = { Image: 'image', Submission: 'submission', Metadata: 'metadata', Tag: 'tag' } as const;
export type FileRole = (typeof FileRole)[keyof typeof FileRole];

@Entity('package_file')
@Unique('UQ_package_file_path', ['packageId', 'path'])
export class PackageFile {
  @PrimaryColumn('varchar', { primaryKeyConstraintName: 'PK_package_file' }) id!: string;
  @ForeignKey('package', { name: 'FK_package_file_package' })
  @Column('varchar')
  packageId!: string;
  /** Path inside the package, `/`-separated, as its BagIt manifest spells it. */
  @Column('varchar') path!: string;
  @Column('varchar') role!: FileRole;
  /** Place in the package; for segments of an image, their order. */
  @Column('integer') sequence!: number;
  @Column(bytes()) size!: number;
  @Index('IDX_package_file_sha256')
  @Column('varchar')
  sha256!: string;
  /** Further digests by algorithm, lower-case hex. */
  @Column(json()) digests!: Record<string, string>;
  /** Path of its block digests inside the package; null when the file is too small to have them. */
  @Column('varchar', { nullable: true }) blocksPath!: string | null;
  @Column('varchar', { nullable: true }) formatTitle!: string | null;
  @Column('varchar', { nullable: true }) puid!: string | null;
}
