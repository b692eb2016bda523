/** Records what happened: first in the journal, then as a row. The journal is the truth, the rows are its index. */
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource, EntityManager } from 'typeorm';
import type { Json } from '#ingest/journal';
import type { ArchiveEvent } from '#ingest/package';
import { insertAll } from '../database/in-batches.ts';
import { ENGINE, type Engine } from '../engine/engine.ts';
import { Event } from './event.entity.ts';
import { journalValue } from './journal-value.ts';

/** Changes the rows that an event speaks of; runs in the event's own transaction. Must give the same rows when replayed. */
export type Apply = (event: ArchiveEvent, manager: EntityManager) => Promise<void>;

@Injectable()
export class EventsService {
  private turn: Promise<unknown> = Promise.resolve();

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    @Inject(ENGINE) private readonly engine: Engine,
  ) {}

  /**
   * Appends to the journal, then writes the event's row and what `apply` changes, in one transaction.
   * One at a time, so that rows appear in the journal's order: a crash in between leaves rows behind the journal, never ahead.
   */
  async record(event: ArchiveEvent, apply: Apply): Promise<void> {
    const mine = this.turn.then(async () => {
      const index = await this.engine.journal.append([journalValue(event) as Record<string, Json>]);
      await this.applyAt(index, event, apply);
    });
    this.turn = mine.catch(() => undefined);
    await mine;
  }

  /** Writes the rows of an event that is in the journal already. */
  async applyAt(index: number, event: ArchiveEvent, apply: Apply): Promise<void> {
    await this.database.transaction(async (manager) => {
      await apply(event, manager);
      await manager.insert(Event, rowOf(event, { sealed: false, journalIndex: index }));
    });
  }

  /** Entries of the journal that have rows: the index at which a replay goes on. */
  async appliedEntries(): Promise<number> {
    const last = await this.database.manager.maximum(Event, 'journalIndex');
    return last === null ? 0 : Number(last) + 1;
  }

  /** Rows of the events that a package was sealed with. */
  async addSealed(packageId: string, events: AsyncIterable<ArchiveEvent>, manager: EntityManager): Promise<void> {
    await insertAll(manager, Event, events, (event) => rowOf({ ...event, packageId }, { sealed: true, journalIndex: null }));
  }

  /** What happened to a package or an accession, oldest first. */
  async of(subject: { packageId: string } | { accessionNumber: string }): Promise<Event[]> {
    return this.database.manager.find(Event, { where: subject, order: { at: 'ASC', id: 'ASC' } });
  }
}

function rowOf(event: ArchiveEvent, origin: { sealed: boolean; journalIndex: number | null }): Event {
  return {
    id: event.id,
    packageId: event.packageId ?? null,
    accessionNumber: event.accession ?? null,
    type: event.type,
    at: event.at,
    outcome: event.outcome,
    detail: event.detail,
    note: event.notes,
    agents: event.agents,
    ...origin,
  };
}
