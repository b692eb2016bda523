/** One piece of long work. The row is the truth: written with the change it serves, kept when it is done. */
import { Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';
import { json, utc, yesNo } from '../database/columns.ts';

export const JobState = {
  Queued: 'queued',
  Active: 'active',
  Done: 'done',
  /** The answer is no, or every attempt failed; `error` says why. */
  Failed: 'failed',
  Cancelled: 'cancelled',
} as const;
export type JobState = (typeof JobState)[keyof typeof JobState];

/** Nothing more will happen to it. */
export function hasEnded(state: JobState): state is 'done' | 'failed' | 'cancelled' {
  return state !== JobState.Queued && state !== JobState.Active;
}

export interface JobProgress {
  stage: string;
  doneBytes: number;
  totalBytes: number;
  /** Bytes per second since the stage began. */
  rate: number;
}

/** What went wrong, in the words of a Fault. */
export interface JobError {
  kind: string;
  code: string;
  message: string;
  facts: Record<string, unknown>;
}

@Entity('job')
@Unique('UQ_job_dedupe_key', ['dedupeKey'])
@Index('IDX_job_due', ['state', 'priority', 'runAt'])
@Index('IDX_job_created_at', ['createdAt'])
export class Job {
  @PrimaryColumn('varchar', { primaryKeyConstraintName: 'PK_job' }) id!: string;
  @Column('varchar') kind!: string;
  @Column(json()) payload!: unknown;
  @Column('varchar') state!: JobState;
  /** The lower, the sooner. */
  @Column('integer') priority!: number;
  /** Not before this time. */
  @Column(utc()) runAt!: Date;
  @Column('integer') attempts!: number;
  @Column('integer') maxAttempts!: number;
  @Column('varchar', { nullable: true }) leaseOwner!: string | null;
  @Column(utc({ nullable: true })) leaseUntil!: Date | null;
  /** At most one unfinished job has it; given up when the job ends. */
  @Column('varchar', { nullable: true }) dedupeKey!: string | null;
  @Column(json({ nullable: true })) progress!: JobProgress | null;
  @Column(json({ nullable: true })) result!: unknown;
  @Column(json({ nullable: true })) error!: JobError | null;
  @Column(utc()) createdAt!: Date;
  @Column(utc({ nullable: true })) startedAt!: Date | null;
  @Column(utc({ nullable: true })) finishedAt!: Date | null;
  @Column(yesNo()) cancelRequested!: boolean;
}
