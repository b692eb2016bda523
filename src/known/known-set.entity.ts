/** A set of digests of known files, such as NIST's NSRL: whose they are, how many, and whether the set is in use. The digests lie in `known_digest`. */
import { Column, Entity, PrimaryColumn, Unique } from 'typeorm';
import { bytes, utc } from '../database/columns.ts';

/** `loading`: not entered to its end, never used. `marking`: used for files that come in, the others are still being marked. */
export const KnownSetState = { Loading: 'loading', Marking: 'marking', Ready: 'ready', Removing: 'removing' } as const;
export type KnownSetState = (typeof KnownSetState)[keyof typeof KnownSetState];

@Entity('known_set')
@Unique('UQ_known_set_name', ['name'])
export class KnownSet {
  @PrimaryColumn('integer', { primaryKeyConstraintName: 'PK_known_set' }) id!: number;
  @Column('varchar') name!: string;
  @Column('varchar') state!: KnownSetState;
  /** `nsrl-2`, `nsrl-3`, `list`. */
  @Column('varchar') format!: string;
  /** Path that it was read from. */
  @Column('varchar') source!: string;
  /** Digests of each algorithm; each once. */
  @Column(bytes()) sha256!: number;
  @Column(bytes()) sha1!: number;
  @Column(bytes()) md5!: number;
  @Column(utc()) addedAt!: Date;
}
