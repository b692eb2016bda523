/** What we hold: rows that are read from the packages themselves, and the views of them. */
import { Inject, Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { type DataSource, type EntityManager, In, Not } from 'typeorm';
import { type Clock, Fault, FaultKind } from '#ingest/kernel';
import { type ArchiveEvent, openPackage, type OpenedPackage } from '#ingest/package';
import { AccessionsService } from '../accessions/accessions.service.ts';
import { CLOCK } from '../common/clock.module.ts';
import { newId } from '../common/ids.ts';
import { type Page, type PageQuery, pageOf } from '../common/paging.ts';
import { AGENTS, type Agents } from '../config/agents.ts';
import { ENGINE, type Engine } from '../engine/engine.ts';
import { EventsService, ROWS_BEHIND } from '../events/events.service.ts';
import { Copy, CopyStatus } from './copy.entity.ts';
import type { EventView, PackageFileView, PackageSummary, PackageView } from './package.dto.ts';
import { Package } from './package.entity.ts';
import { PackageFile } from './package-file.entity.ts';
import { PackageLocks } from './package-locks.service.ts';
import { PackageRows } from './package-rows.service.ts';
import { copyView, eventView, fileView, summaryOf } from './package-views.ts';
import type { UpdateFacts } from './package-update.port.ts';

@Injectable()
export class PackagesService {
  constructor(
    @InjectDataSource() private readonly database: DataSource,
    @Inject(ENGINE) private readonly engine: Engine,
    private readonly rows: PackageRows,
    private readonly events: EventsService,
    private readonly accessions: AccessionsService,
    private readonly locks: PackageLocks,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(AGENTS) private readonly agents: Agents,
  ) {}

  /**
   * Enters a package that lies whole in storage: journal first, then rows.
   * @returns the Fault when the journal has it and only the rows are behind. @throws while the journal knows nothing.
   */
  async recordStored(id: string): Promise<Fault | undefined> {
    const { tagManifestSha256 } = await openPackage(this.engine.storage, id);
    const event: ArchiveEvent = {
      id: newId(),
      type: 'ingestion end',
      at: this.clock.now(),
      outcome: 'success',
      detail: `stored at location ${this.engine.location}, verified`,
      notes: [`tag manifest SHA-256 ${tagManifestSha256}`],
      agents: this.agents,
      packageId: id,
      facts: { kind: 'stored', location: this.engine.location, tagManifestSha256 },
    };
    try {
      await this.events.record(event, (each, manager) => this.applyStored(each, manager));
      return undefined;
    } catch (error) {
      if (error instanceof Fault && error.code === ROWS_BEHIND) return error;
      throw error;
    }
  }

  /** Rows of a package that the journal calls stored; also when the journal is replayed. */
  async applyStored(event: ArchiveEvent, manager: EntityManager): Promise<void> {
    await this.rows.insert(event, manager);
  }

  /** Rows of a package whose metadata was updated; also when the journal is replayed. */
  async applyUpdate(id: string, facts: UpdateFacts, manager: EntityManager): Promise<void> {
    await this.rows.update(id, facts, manager);
  }

  async isRecorded(id: string): Promise<boolean> {
    return this.database.manager.existsBy(Package, { id });
  }

  /** What could not be read of packages that were entered by this process. */
  problems(): PackageRows['problems'] {
    return this.rows.problems;
  }

  /** A package whose image has this digest, by medium or by file. */
  async holding(sha256: string): Promise<{ id: string; title: string } | undefined> {
    const byMedium = await this.database.manager.findOne(Package, {
      where: { mediumSha256: sha256 },
      order: { createdAt: 'ASC' },
    });
    if (byMedium !== null) return { id: byMedium.id, title: byMedium.title };
    const byFile = await this.database.manager.findOneBy(PackageFile, { sha256, role: 'image' });
    if (byFile === null) return undefined;
    return this.expect(byFile.packageId);
  }

  /** Files with this digest (lower-case hex), of whichever algorithm we know it by. */
  async filesWith(
    digest: string,
    limit: number,
  ): Promise<{ packageId: string; title: string; accession: string | null; path: string }[]> {
    const query = this.database.manager
      .createQueryBuilder(PackageFile, 'f')
      .innerJoin(Package, 'p', 'p.id = f.packageId')
      .select(['f.packageId AS "packageId"', 'f.path AS path', 'p.title AS title', 'p.accessionNumber AS accession'])
      .where('f.sha256 = :digest', { digest });
    return query.orderBy('f.packageId', 'DESC').addOrderBy('f.path').limit(limit).getRawMany();
  }

  /** Packages whose image holds the disk with this SHA-256, whatever is around it; the oldest first. */
  async withMedium(sha256: string, limit: number): Promise<{ id: string; title: string; accession: string | null }[]> {
    const rows = await this.database.manager.find(Package, {
      where: { mediumSha256: sha256 },
      order: { id: 'ASC' },
      take: limit,
    });
    return rows.map(({ id, title, accessionNumber }) => ({ id, title, accession: accessionNumber }));
  }

  /** Newest first: ids are in order of time. @throws Fault 'accession/unknown'. */
  async list(page: PageQuery, accession?: string): Promise<Page<PackageSummary>> {
    const query = this.database.manager.createQueryBuilder(Package, 'p');
    if (accession !== undefined) await this.accessions.expect(accession);
    if (accession !== undefined) query.where('p.accessionNumber = :accession', { accession });
    const { items, ...next } = await pageOf(query, { by: ['id'], direction: 'DESC', keyOf: (row) => [row.id] }, page);
    const copies = await this.database.manager.findBy(Copy, { packageId: In(items.map(({ id }) => id)) });
    const summaries = items.map((row) =>
      summaryOf(
        row,
        copies.filter((copy) => copy.packageId === row.id),
      ),
    );
    return { items: summaries, ...next };
  }

  /** @throws Fault 'package/unknown'. */
  async get(id: string): Promise<PackageView> {
    const row = await this.expect(id);
    const copies = await this.database.manager.findBy(Copy, { packageId: id });
    const accession = row.accessionNumber === null ? null : await this.accessions.get(row.accessionNumber);
    return {
      ...summaryOf(row, copies),
      tagManifestSha256: row.tagManifestSha256,
      acquisition: row.acquisition,
      accessionRecord:
        accession === null
          ? null
          : {
              number: accession.number,
              title: accession.title,
              donor: accession.donor,
              received: accession.received,
              restrictions: accession.restrictions,
            },
      sameMedium: await this.sameMedium(row),
      copies: copies.map(copyView),
    };
  }

  private async sameMedium({ id, mediumSha256 }: Package): Promise<{ id: string; title: string }[]> {
    if (mediumSha256 === null) return [];
    const others = await this.database.manager.find(Package, {
      where: { mediumSha256, id: Not(id) },
      order: { id: 'ASC' },
      take: 100,
    });
    return others.map((other) => ({ id: other.id, title: other.title }));
  }

  /** Files in byte order of the path. @throws Fault 'package/unknown'. */
  async files(id: string, page: PageQuery): Promise<Page<PackageFileView>> {
    await this.expect(id);
    const query = this.database.manager.createQueryBuilder(PackageFile, 'f').where('f.packageId = :id', { id });
    const { items, ...next } = await pageOf(query, { by: ['path'], direction: 'ASC', keyOf: (row) => [row.path] }, page);
    return { items: items.map(fileView), ...next };
  }

  /** Everything that happened to it, oldest first. @throws Fault 'package/unknown'. */
  async history(id: string): Promise<EventView[]> {
    await this.expect(id);
    return (await this.events.of(id)).map(eventView);
  }

  /** The inventory as it was sealed, in byte order of the path. */
  async *inventory(id: string): AsyncIterable<PackageFile> {
    for (let after: string | undefined; ; ) {
      const query = this.database.manager.createQueryBuilder(PackageFile, 'f').where('f.packageId = :id', { id });
      if (after !== undefined) query.andWhere('f.path > :after', { after });
      const page = await query.orderBy('f.path').limit(1000).getMany();
      yield* page;
      after = page.at(-1)?.path;
      if (page.length < 1000) return;
    }
  }

  /** The first path of the inventory below a folder; undefined when nothing is there. @param folder ends with '/'. */
  async firstBelow(id: string, folder: string): Promise<string | undefined> {
    const query = this.database.manager.createQueryBuilder(PackageFile, 'f').where('f.packageId = :id', { id });
    query.andWhere('f.path > :folder', { folder }).orderBy('f.path').limit(1);
    const path = (await query.getOne())?.path;
    return path?.startsWith(folder) === true ? path : undefined;
  }

  /** The package in storage. @throws Fault 'package/unknown', 'package/…' when its manifests can't be read. */
  async open(id: string): Promise<OpenedPackage> {
    using _ = await this.locks.reading(id);
    const row = await this.expect(id);
    return await openPackage(this.engine.storage, row.id, row.tagManifestSha256);
  }

  /** @throws Fault 'package/unknown'. */
  async expect(id: string): Promise<Package> {
    const row = await this.database.manager.findOneBy(Package, { id });
    if (row !== null) return row;
    throw new Fault(
      FaultKind.Missing,
      'package/unknown',
      `there is no package ${id}; "strongroom list" shows those that are there`,
      { id },
    );
  }

  /** A file's row and the storage key of its bytes. @throws Fault 'package/unknown', 'package/no-such-file'. */
  async file(id: string, path: string): Promise<PackageFile> {
    await this.expect(id);
    const file = await this.database.manager.findOneBy(PackageFile, { packageId: id, path });
    if (file !== null) return file;
    throw new Fault(FaultKind.Missing, 'package/no-such-file', `package ${id} has no file ${path}`, { id, path });
  }

  /** The id of a file's row; undefined when there is none. */
  async fileId(packageId: string, path: string): Promise<string | undefined> {
    return (await this.database.manager.findOneBy(PackageFile, { packageId, path }))?.id;
  }

  /** Marks what an audit of a copy said. */
  async markCopy(copyId: string, status: CopyStatus, at: Date, manager: EntityManager): Promise<void> {
    await manager.update(
      Copy,
      { id: copyId },
      { status, lastCheckedAt: at, ...(status === CopyStatus.Ok ? { lastOkAt: at } : {}) },
    );
  }
}
