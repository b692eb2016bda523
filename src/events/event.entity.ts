/** A PREMIS event. Rows are only ever inserted; a trigger refuses everything else. */
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { EventAgent } from '#ingest/package';
import { bytes, json, utc, yesNo } from '../database/columns.ts';

@Entity('event')
@Index('IDX_event_package', ['packageId', 'at'])
@Index('IDX_event_accession', ['accessionNumber', 'at'])
@Index('IDX_event_at', ['at'])
@Index('IDX_event_journal_index', ['journalIndex'], { unique: true })
export class Event {
  @PrimaryColumn('varchar', { primaryKeyConstraintName: 'PK_event' }) id!: string;
  /** No foreign key: a refused deposit has events and no package. */
  @Column('varchar', { nullable: true }) packageId!: string | null;
  @Column('varchar', { nullable: true }) accessionNumber!: string | null;
  /** Label in the Library of Congress vocabulary of event types. */
  @Column('varchar') type!: string;
  @Column(utc()) at!: Date;
  @Column('varchar') outcome!: string;
  @Column('text') detail!: string;
  @Column(json()) note!: readonly string[];
  @Column(json()) agents!: readonly EventAgent[];
  /** True when it came from the package's premis.xml; false when it lies in the journal. */
  @Column(yesNo()) sealed!: boolean;
  /** Leaf of the journal; null for sealed events. */
  @Column(bytes({ nullable: true })) journalIndex!: number | null;
}
