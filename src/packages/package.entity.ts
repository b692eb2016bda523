/** One sealed package. What it says of itself lies in the bag; this row only finds it again. */
import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { bytes, json, utc } from '../database/columns.ts';

@Entity('package')
export class Package {
  @PrimaryColumn('varchar', { primaryKeyConstraintName: 'PK_package' }) id!: string;
  @ForeignKey('accession', { name: 'FK_package_accession' })
  @Index('IDX_package_accession')
  @Column('varchar', { nullable: true })
  accessionNumber!: string | null;
  @Column('varchar') title!: string;
  /** Name of the image as received (its first segment, if it has several). */
  @Column('varchar') imageName!: string;
  @Column('varchar') formatId!: string;
  @Column('varchar') formatTitle!: string;
  @Column('varchar', { nullable: true }) puid!: string | null;
  /** Size of the disk inside the image, in bytes; null for a container that this version does not open. */
  @Column(bytes({ nullable: true })) mediumSize!: number | null;
  @Index('IDX_package_medium_sha256')
  @Column('varchar', { nullable: true })
  mediumSha256!: string | null;
  /** Payload of the bag (its Payload-Oxum), in bytes. */
  @Column(bytes()) bytes!: number;
  @Column('integer') fileCount!: number;
  @Column(utc()) sealedAt!: Date;
  /** SHA-256 of tagmanifest-sha256.txt: stands for every byte of the package. */
  @Column('varchar') tagManifestSha256!: string;
  /** Bounded facts about the imaging (label, mapfile totals …); the whole is in metadata/acquisition.json. */
  @Column(json()) acquisition!: Record<string, unknown>;
  @Index('IDX_package_created_at')
  @Column(utc())
  createdAt!: Date;
}
