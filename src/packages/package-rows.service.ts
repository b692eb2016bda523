/** Turns a stored package into rows: the same ones at ingest and at rebuild, because both read the package itself. */
import { Inject, Injectable } from '@nestjs/common';
import { type EntityManager, LessThan, MoreThan } from 'typeorm';
import { z } from 'zod';
import { Fault, FaultKind } from '#ingest/kernel';
import { type ArchiveEvent, openPackage, readRecord, TAG_MANIFEST_PATH } from '#ingest/package';
import { AccessionsService } from '../accessions/accessions.service.ts';
import { newId } from '../common/ids.ts';
import { insertAll } from '../database/in-batches.ts';
import { ENGINE, type Engine } from '../engine/engine.ts';
import { EventsService } from '../events/events.service.ts';
import { SearchPort } from '../catalogue/search.port.ts';
import { Copy, CopyStatus } from './copy.entity.ts';
import { Package } from './package.entity.ts';
import { FileRole, PackageFile } from './package-file.entity.ts';
import type { UpdateFacts } from './package-update.port.ts';

const StoredFacts = z.object({ location: z.string(), tagManifestSha256: z.string() });

@Injectable()
export class PackageRows {
  constructor(
    @Inject(ENGINE) private readonly engine: Engine,
    private readonly search: SearchPort,
    private readonly events: EventsService,
    private readonly accessions: AccessionsService,
  ) {}

  /** What could not be read of packages that were entered all the same. */
  problems: { package: string; code: string; message: string }[] = [];

  /** @throws Fault of kind 'unreadable' when the location fails. A package that is gone is entered too, for the audit to miss it. */
  async insert(event: ArchiveEvent, manager: EntityManager): Promise<void> {
    const { location, tagManifestSha256 } = StoredFacts.parse(event.facts);
    const id = event.packageId ?? '';
    const record = await readRecord(this.engine.storage, id, tagManifestSha256, event.at);
    if (record.accession !== undefined) await this.accessions.ensure(record.accession, event.at, manager);
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
      acquisition: record.acquisition as Record<string, never>,
      createdAt: event.at,
    });
    await insertAll(manager, PackageFile, record.files(), (file) => ({
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
    // The inventory is read while its rows are written: only now all is known.
    this.problems.push(...record.problems.map(({ code, message }) => ({ package: id, code, message })));
    await this.events.addSealed(id, record.events(), manager);
    await manager.insert(Copy, {
      id: event.id, // the same whenever the journal is replayed
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

  /** Rows of an update of metadata: by what its event says, whether the package is there or not. */
  async update(id: string, { tagManifestSha256, files }: UpdateFacts, manager: EntityManager): Promise<void> {
    await manager.update(Package, { id }, { tagManifestSha256 });
    for (const { path, size, sha256 } of files) {
      const { affected } = await manager.update(PackageFile, { packageId: id, path }, { size, sha256 });
      if (affected !== 0) continue;
      // Its place is that which a reading of the whole package gives it; images, whose places are their own order, lie before.
      const before = { packageId: id, path: LessThan(path) };
      const sequence = await manager.countBy(PackageFile, before);
      await manager.increment(PackageFile, { packageId: id, path: MoreThan(path) }, 'sequence', 1);
      await manager.insert(PackageFile, {
        id: newId(),
        packageId: id,
        path,
        role: path === TAG_MANIFEST_PATH ? FileRole.Tag : FileRole.Metadata,
        sequence,
        size,
        sha256,
        digests: {},
        blocksPath: null,
        formatTitle: null,
        puid: null,
      });
    }
    await this.lookAgain(id, tagManifestSha256);
  }

  /** A rebuild reads the package as it is now, by an anchor that an update has replaced since: only the last one counts. */
  private async lookAgain(id: string, anchor: string): Promise<void> {
    const others = this.problems.filter((problem) => problem.package !== id || problem.code !== 'package/tag-manifest-altered');
    if (others.length === this.problems.length) return;
    this.problems = others;
    await openPackage(this.engine.storage, id, anchor).catch((error: unknown) => {
      if (!(error instanceof Fault) || error.kind === FaultKind.Unreadable) throw error;
      this.problems.push({ package: id, code: error.code, message: error.message });
    });
  }
}
