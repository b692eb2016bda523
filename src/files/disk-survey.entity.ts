/** How far the list of files of a package is: what it counts, or why there is none. */
import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { bytes, yesNo } from '../database/columns.ts';

/** `unsurveyed`: the package has no list yet. `pending`: it has one that is still to be entered. */
export const SurveyState = { Unsurveyed: 'unsurveyed', Pending: 'pending', Indexed: 'indexed', Failed: 'failed' } as const;
export type SurveyState = (typeof SurveyState)[keyof typeof SurveyState];

@Entity('disk_survey')
export class DiskSurvey {
  @ForeignKey('package', { name: 'FK_disk_survey_package' })
  @PrimaryColumn('varchar', { primaryKeyConstraintName: 'PK_disk_survey' })
  packageId!: string;
  @Index('IDX_disk_survey_state') @Column('varchar') state!: SurveyState;
  /** Path of the DFXML in the package. */
  @Column('varchar', { nullable: true }) dfxmlPath!: string | null;
  /** The files were read: the list has their digests and formats. */
  @Column(yesNo({ default: false })) hasDigests!: boolean;
  /** Why it failed. */
  @Column('text', { nullable: true }) detail!: string | null;
  @Column('integer') volumes!: number;
  @Column(bytes()) files!: number;
  @Column(bytes()) directories!: number;
  @Column(bytes()) deleted!: number;
  /** Files with sectors that were never read from the carrier. */
  @Column(bytes()) unread!: number;
  /** Of the data of allocated files. */
  @Column(bytes()) bytes!: number;
}
