/** Accessions: material received together from one source. Each change is an event that carries the whole record. */
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource, EntityManager } from 'typeorm';
import { z } from 'zod';
import { type Clock, Fault, FaultKind } from '#ingest/kernel';
import type { ArchiveEvent } from '#ingest/package';
import { CLOCK } from '../common/clock.module.ts';
import { newId } from '../common/ids.ts';
import { type Page, type PageQuery, pageOf } from '../common/paging.ts';
import { AGENTS, type Agents } from '../config/agents.ts';
import { SearchPort } from '../catalogue/search.port.ts';
import { EventsService } from '../events/events.service.ts';
import type { AccessionChange, AccessionView, NewAccession } from './accession.dto.ts';
import { Accession } from './accession.entity.ts';

/** The record as an event carries it. */
const AccessionRecord = z.object({
  number: z.string(),
  title: z.string(),
  donor: z.string().nullable(),
  receivedOn: z.string().nullable(),
  restrictions: z.string().nullable(),
  notes: z.string().nullable(),
});
type AccessionRecord = z.infer<typeof AccessionRecord>;

@Injectable()
export class AccessionsService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    private readonly events: EventsService,
    private readonly search: SearchPort,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(AGENTS) private readonly agents: Agents,
  ) {}

  /** @throws Fault 'accession/exists'. */
  async add(asked: NewAccession): Promise<AccessionView> {
    await this.change('accession', 'accession recorded', async () => {
      if ((await this.row(asked.number)) !== null) {
        throw new Fault(FaultKind.Refused, 'accession/exists', `accession ${asked.number} exists already`, {
          number: asked.number,
        });
      }
      return {
        number: asked.number,
        title: asked.title ?? asked.number,
        donor: asked.donor ?? null,
        receivedOn: asked.received ?? null,
        restrictions: asked.restrictions ?? null,
        notes: asked.notes ?? null,
      };
    });
    return this.get(asked.number);
  }

  /** @throws Fault 'accession/unknown'. */
  async edit(number: string, { received, ...asked }: AccessionChange): Promise<AccessionView> {
    const given = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
    await this.change('metadata modification', 'accession changed', async () => {
      const { title, donor, receivedOn, restrictions, notes } = await this.expect(number);
      const receivedNow = received === undefined ? receivedOn : received;
      return { number, title, donor, receivedOn: receivedNow, restrictions, notes, ...given };
    });
    return this.get(number);
  }

  /** @throws Fault 'accession/unknown'. */
  async get(number: string): Promise<AccessionView> {
    return this.view(await this.expect(number));
  }

  /** In order of number. */
  async list(page: PageQuery): Promise<Page<AccessionView>> {
    const query = this.database.manager.createQueryBuilder(Accession, 'a');
    const { items, ...next } = await pageOf(query, { by: ['number'], direction: 'ASC', keyOf: (row) => [row.number] }, page);
    return { items: await Promise.all(items.map((row) => this.view(row))), ...next };
  }

  /** @throws Fault 'accession/unknown'. */
  async expect(number: string): Promise<Accession> {
    const row = await this.row(number);
    if (row !== null) return row;
    throw new Fault(
      FaultKind.Missing,
      'accession/unknown',
      `there is no accession ${number}; see which there are: strongroom accession list, or add it first: strongroom accession add ${number}`,
      { number },
    );
  }

  /** A package may outlive the journal that told of its accession: then its number is all that is left. */
  async ensure(number: string, at: Date, manager: EntityManager): Promise<void> {
    if (await manager.existsBy(Accession, { number })) return;
    const nothing = { donor: null, receivedOn: null, restrictions: null, notes: null };
    await manager.insert(Accession, { number, title: number, ...nothing, createdAt: at, updatedAt: at });
  }

  /** Rows of an event that carries an accession's record; also when the journal is replayed. */
  async apply(event: ArchiveEvent, manager: EntityManager): Promise<void> {
    const record = AccessionRecord.parse(event.facts?.['accession']);
    const earlier = await manager.findOneBy(Accession, { number: record.number });
    await manager.upsert(Accession, { ...record, createdAt: earlier?.createdAt ?? event.at, updatedAt: event.at }, ['number']);
    await this.search.add(manager, {
      kind: 'accession',
      packageId: undefined,
      accession: record.number,
      name: record.number,
      title: record.title,
      body: [record.donor, record.restrictions, record.notes].filter((text) => text !== null).join('\n'),
      digests: '',
    });
  }

  /** @param next makes the record that holds from now on; nothing else changes an accession meanwhile. */
  private async change(type: ArchiveEvent['type'], detail: string, next: () => Promise<AccessionRecord>): Promise<void> {
    const event = (accession: AccessionRecord): ArchiveEvent => ({
      id: newId(),
      type,
      at: this.clock.now(),
      outcome: 'success',
      detail,
      notes: [],
      agents: this.agents,
      accession: accession.number,
      facts: { kind: 'accession', accession },
    });
    await this.events.record(
      async () => event(await next()),
      (each, manager) => this.apply(each, manager),
    );
  }

  private async row(number: string): Promise<Accession | null> {
    return this.database.manager.findOneBy(Accession, { number });
  }

  private async view(row: Accession): Promise<AccessionView> {
    const [{ packages }] = await this.database.query<[{ packages: number }]>(
      'SELECT COUNT(*) AS packages FROM package WHERE accession_number = ?',
      [row.number],
    );
    return {
      number: row.number,
      title: row.title,
      donor: row.donor,
      received: row.receivedOn,
      restrictions: row.restrictions,
      notes: row.notes,
      packages,
      createdAt: row.createdAt.toISOString(),
      updatedAt: row.updatedAt.toISOString(),
    };
  }
}
