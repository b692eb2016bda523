/** Turns a stored package into rows: the same ones at ingest and at rebuild, because both read the package itself. */
import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager, ObjectLiteral } from 'typeorm';
import { z } from 'zod';
import { type ArchiveEvent, openPackage, readRecord, type PackageRecord } from '#ingest/package';
import { Accession } from '../accessions/accession.entity.ts';
import { newId } from '../common/ids.ts';
import { ENGINE, type Engine } from '../engine/engine.ts';
import { Event } from '../events/event.entity.ts';
import { rowOf } from '../events/events.service.ts';
import { SearchPort } from '../catalogue/search.port.ts';
import { Copy, CopyStatus } from './copy.entity.ts';
import { Package } from './package.entity.ts';
import { PackageFile } from './package-file.entity.ts';

const StoredFacts = z.object({ location: z.string(), tagManifestSha256: z.string() });

/** Rows in one INSERT: SQLite takes at most 32,766 parameters. */
const BATCH_ROWS = 500;

@Injectable()
export class PackageRows {
  constructor(
    @Inject(ENGINE) private readonly engine: Engine,
    private readonly search: SearchPort,
  ) {}

  /** @throws Fault 'package/…' when the package can't be read. */
  async insert(event: ArchiveEvent, manager: EntityManager): Promise<void> {
    const { location, tagManifestSha256 } = StoredFacts.parse(event.facts);
    const id = event.packageId ?? '';
    const record = await readRecord(this.engine.storage, await openPackage(this.engine.storage, id, tagManifestSha256));
    await this.expectAccession(record, event, manager);
    await manager.insert(Package, {
      id,
      accessionNumber: record.accession ?? null,
      title: record.title,
      imageName: record.image.name,
      formatId: record.image.format.id,
      formatTitle: record.image.format.title,
      puid: record.image.format.puid ?? null,
      mediumSize: record.medium?.size ?? null,
      mediumSha256: record.medium?.sha256 ?? null,
      bytes: record.payloadBytes,
      fileCount: record.payloadFiles,
      sealedAt: record.sealedAt,
      tagManifestSha256,
      description: record.description ?? null,
      acquisition: record.acquisition as Record<string, never>,
      createdAt: event.at,
    });
    await inBatches(manager, PackageFile, record.files(), (file) => ({
      id: newId(),
      packageId: id,
      path: file.path,
      role: file.role,
      sequence: file.sequence,
      size: file.size,
      sha256: file.sha256,
      digests: file.digests,
      blocksPath: file.blocksPath ?? null,
      formatTitle: file.format?.name ?? null,
      puid: file.format?.puid ?? null,
    }));
    await inBatches(manager, Event, record.events(), (each) => rowOf({ ...each, packageId: id }, { sealed: true, journalIndex: null }));
    await manager.insert(Copy, {
      id: newId(),
      packageId: id,
      location,
      status: CopyStatus.Unchecked,
      storedAt: event.at,
      lastCheckedAt: null,
      lastOkAt: null,
    });
    await this.search.add(manager, {
      kind: 'package',
      packageId: id,
      accession: record.accession,
      name: record.names.join(' '),
      title: record.title,
      body: record.text,
      digests: record.digests.join(' '),
    });
  }

  /** A package may outlive the journal that told of its accession: then its number is all that is left. */
  private async expectAccession(record: PackageRecord, event: ArchiveEvent, manager: EntityManager): Promise<void> {
    const number = record.accession;
    if (number === undefined || (await manager.existsBy(Accession, { number }))) return;
    const nothing = { donor: null, receivedOn: null, restrictions: null, notes: null };
    await manager.insert(Accession, { number, title: number, ...nothing, createdAt: event.at, updatedAt: event.at });
  }
}

async function inBatches<T, Row extends ObjectLiteral>(
  manager: EntityManager,
  entity: new () => Row,
  items: AsyncIterable<T>,
  row: (item: T) => Row,
): Promise<void> {
  let batch: Row[] = [];
  const flush = async (): Promise<void> => {
    if (batch.length > 0) await manager.createQueryBuilder().insert().into(entity).values(batch).updateEntity(false).execute();
    batch = [];
  };
  for await (const item of items) {
    batch.push(row(item));
    if (batch.length === BATCH_ROWS) await flush();
  }
  await flush();
}
