/** Records what happened: first in the journal, then as a row. The journal is the truth, the rows are its index. */
import { Inject, Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { type DataSource, type EntityManager, IsNull, Not } from 'typeorm';
import { type Json, readJournal } from '#ingest/journal';
import { Fault, FaultKind } from '#ingest/kernel';
import type { ArchiveEvent } from '#ingest/package';
import { insertAll } from '../database/in-batches.ts';
import { ENGINE, type Engine } from '../engine/engine.ts';
import { Event } from './event.entity.ts';
import { eventOf, journalValue } from './journal-value.ts';

/** Changes the rows that an event speaks of; runs in the event's own transaction. Must give the same rows when replayed. */
export type Apply = (event: ArchiveEvent, manager: EntityManager) => Promise<void>;

@Injectable()
export class EventsService implements OnModuleDestroy {
  private readonly logger = new Logger('events');
  private turn: Promise<unknown> = Promise.resolve();
  /** Events that are being recorded, or wait for it. */
  private waiting = 0;
  /** Set when the journal has an entry whose rows could not be written: nothing may be recorded before a restart catches up. */
  private behind: Fault | undefined;

  constructor(
    @InjectDataSource() private readonly database: DataSource,
    @Inject(ENGINE) private readonly engine: Engine,
  ) {}

  /**
   * Appends to the journal, then writes the event's row and what `apply` changes, in one transaction.
   * @throws Fault 'events/rows-behind' when the journal has the event and the rows could not be written: a restart catches up.
   * @param what the event, or what makes it when its turn has come: it sees every change before it, and may refuse by throwing.
   * One at a time, so that rows appear in the journal's order: a crash in between leaves rows behind the journal, never ahead.
   */
  async record(what: ArchiveEvent | (() => Promise<ArchiveEvent>), apply: Apply): Promise<void> {
    const mine = this.turn.then(async () => {
      if (this.behind !== undefined) throw this.behind;
      const event = typeof what === 'function' ? await what() : what;
      const index = await this.engine.journal.append([journalValue(event) as Record<string, Json>]);
      try {
        await this.applyAt(index, event, apply);
      } catch (error) {
        this.behind = rowsBehind(error);
        throw this.behind;
      }
    });
    this.waiting += 1;
    this.turn = mine.catch(() => undefined).then(async () => this.signWhenLast());
    await mine;
  }

  async onModuleDestroy(): Promise<void> {
    await this.turn;
  }

  /** The last of those that wait signs for all. What can't be signed now is signed with the next, or at the next start: nothing is lost by it. */
  private async signWhenLast(): Promise<void> {
    this.waiting -= 1;
    if (this.waiting > 0) return;
    try {
      await this.engine.journal.sign();
    } catch (error) {
      this.logger.error(`the journal could not be signed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** Writes the rows of an event that is in the journal already. */
  async applyAt(index: number, event: ArchiveEvent, apply: Apply): Promise<void> {
    await this.database.transaction(async (manager) => {
      await apply(event, manager);
      await manager.insert(Event, rowOf(event, { sealed: false, journalIndex: index }));
    });
  }

  /** Events of the journal that have no rows yet, in order. @throws Fault 'journal/altered', 'journal/gap', 'journal/not-an-event'. */
  async *unapplied(): AsyncIterable<{ index: number; event: ArchiveEvent }> {
    for await (const { index, value } of readJournal(this.engine.journalFolder, await this.appliedEntries())) {
      yield { index, event: eventOf(value, index) };
    }
  }

  /** Entries of the journal that have rows: the index at which a replay goes on. */
  async appliedEntries(): Promise<number> {
    const last = await this.database.manager.findOne(Event, {
      where: { journalIndex: Not(IsNull()) },
      order: { journalIndex: 'DESC' },
    });
    return last === null ? 0 : (last.journalIndex ?? -1) + 1;
  }

  /** @throws Fault 'events/journal-shorter' when rows tell of entries that the journal has lost: it goes on under no index twice. */
  async mustNotBeAhead(): Promise<void> {
    const [rows, entries] = [await this.appliedEntries(), this.engine.journal.size];
    if (rows <= entries) return;
    throw new Fault(
      FaultKind.Corrupt,
      'events/journal-shorter',
      `the journal at ${this.engine.journalFolder} has ${entries} entries, and the catalogue knows ${rows}: the journal was cut or lost. ` +
        'Restore the folder from another copy; if there is none, "strongroom rebuild" makes a catalogue of the packages and of what is left',
      { folder: this.engine.journalFolder, entries, rows },
    );
  }

  /** When the last event happened. */
  async lastAt(): Promise<Date | undefined> {
    const last = await this.database.manager.findOne(Event, { where: {}, order: { at: 'DESC' } });
    return last?.at;
  }

  /** Rows of the events that a package was sealed with. */
  async addSealed(packageId: string, events: Iterable<ArchiveEvent>, manager: EntityManager): Promise<void> {
    await insertAll(manager, Event, events, (event) => rowOf({ ...event, packageId }, { sealed: true, journalIndex: null }));
  }

  /** What happened to a package, oldest first. */
  async of(packageId: string): Promise<RecordedEvent[]> {
    const rows = await this.database.manager.find(Event, { where: { packageId }, order: { at: 'ASC', id: 'ASC' } });
    return rows.map((row) => ({
      id: row.id,
      type: row.type as ArchiveEvent['type'],
      at: row.at,
      outcome: row.outcome as ArchiveEvent['outcome'],
      detail: row.detail,
      notes: row.note,
      agents: row.agents,
      sealed: row.sealed,
    }));
  }
}

/** An event with where it is kept: in its package, or in the journal. */
export interface RecordedEvent extends ArchiveEvent {
  readonly sealed: boolean;
}

export const ROWS_BEHIND = 'events/rows-behind';

function rowsBehind(cause: unknown): Fault {
  const words = cause instanceof Error ? cause.message : String(cause);
  const message = `what happened is in the journal, but the catalogue could not be written: ${words}. Nothing is lost: mend that (is the disk full?) and start again`;
  return new Fault(FaultKind.Unreadable, ROWS_BEHIND, message, {}, { cause });
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
