/** A package, or the disk inside it, as something to take away: verified while it is written, and the taking away is an event. */
import { Inject, Injectable } from '@nestjs/common';
import { type Clock, Fault, FaultKind, type Progress } from '#ingest/kernel';
import {
  type Exporter,
  exportMedium,
  exportPackage,
  exporters,
  type ExportResult,
  type MediaWriter,
  mediaWriters,
  type MediumExportResult,
} from '#ingest/export';
import { type AcquisitionDocument, openMedium } from '#ingest/package';
import { CLOCK } from '../common/clock.module.ts';
import { newId } from '../common/ids.ts';
import { AGENTS, type Agents } from '../config/agents.ts';
import { ENGINE, type Engine } from '../engine/engine.ts';
import { EventsService } from '../events/events.service.ts';
import { PackageLocks } from '../packages/package-locks.service.ts';
import { PackagesService } from '../packages/packages.service.ts';
import { historyOf } from './history.ts';

export interface ExportRequest {
  readonly packageId: string;
  /** Id of an exporter of the package (bag, tar, zip …) or of a writer of the disk inside (raw, qcow2, e01 …). */
  readonly as: string;
  /** Where it goes: a path that does not exist, in a folder that does. */
  readonly to: string;
  readonly withHistory: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: Progress | undefined;
}

@Injectable()
export class ExportingService {
  constructor(
    @Inject(ENGINE) private readonly engine: Engine,
    private readonly packages: PackagesService,
    private readonly locks: PackageLocks,
    private readonly events: EventsService,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(AGENTS) private readonly agents: Agents,
  ) {}

  /**
   * What can be known without reading a byte.
   * @throws Fault 'package/unknown', 'export/unknown-kind', 'export/history-of-disk', 'export/medium-not-read'.
   */
  async expect({ packageId, as, withHistory }: Pick<ExportRequest, 'packageId' | 'as' | 'withHistory'>): Promise<void> {
    const row = await this.packages.expect(packageId);
    if (exporters.has(as)) return;
    if (!mediaWriters.has(as)) {
      const known = [...exporters.keys(), ...mediaWriters.keys()];
      const message = `there is no export as "${as}"; choose ${known.join(', ')}`;
      throw new Fault(FaultKind.Refused, 'export/unknown-kind', message, { as, known });
    }
    if (withHistory) {
      const message = `as ${as} the disk alone is exported, which has no place for a history; export it without, or the package as ${[...exporters.keys()].join(', ')}`;
      throw new Fault(FaultKind.Refused, 'export/history-of-disk', message, { as });
    }
    if (row.mediumSha256 !== null) return;
    const message = `the disk inside package ${packageId} (${row.formatTitle}) was not read at its ingest, so it can't be exported as ${as}; export the package as ${[...exporters.keys()].join(', ')}`;
    throw new Fault(FaultKind.Unsupported, 'export/medium-not-read', message, { id: packageId, as });
  }

  /** @throws Fault as expect() does, 'export/…' as the engine tells; nothing is left at the target then. */
  async export(request: ExportRequest): Promise<ExportResult | MediumExportResult> {
    await this.expect(request);
    const exporter = exporters.get(request.as);
    if (exporter !== undefined) return this.exportWhole(exporter, request);
    const writer = mediaWriters.get(request.as);
    if (writer === undefined) throw new TypeError(`neither exporter nor writer: ${request.as}`);
    return this.exportDisk(writer, request);
  }

  private async exportWhole(exporter: Exporter, request: ExportRequest): Promise<ExportResult> {
    const { packageId, as, to, withHistory, signal, onProgress } = request;
    using _ = await this.locks.reading(packageId);
    const opened = await this.packages.open(packageId);
    const history = withHistory ? { history: () => historyOf(packageId, this.events, this.engine.guard) } : {};
    const result = await exportPackage(exporter, opened, to, { ...history, signal, onProgress });
    const detail = `exported as ${as}${withHistory ? ' with its later history' : ''}; every byte was verified`;
    await this.record(request, result, detail, []);
    return result;
  }

  private async exportDisk(writer: MediaWriter, request: ExportRequest): Promise<MediumExportResult> {
    const { packageId, as, to, signal, onProgress } = request;
    const { sealedAt } = await this.packages.open(packageId);
    const { acquisition } = await this.packages.expect(packageId);
    const document = acquisition as unknown as AcquisitionDocument;
    await using image = await openMedium(this.engine.storage, packageId, document);
    const { media } = image;
    // The document says what the container was asked at the ingest; opened, it may tell more.
    const told = document.facts.map(({ name, value }) => [name, value] as const);
    const facts = Object.fromEntries(
      [...Object.entries(media.facts), ...told].flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
    );
    const { size = media.size, sha256 = '' } = document.medium ?? {};
    const stored = { id: packageId, sealedAt, media, size, sha256, facts };
    const result = await exportMedium(writer, stored, to, { signal, onProgress });
    const detail = `the disk inside was exported as ${as}, converted from ${document.image.format.id}; what was read and what was written were verified`;
    await this.record(request, result, detail, [`SHA-256 of the disk ${result.mediumSha256}`, ...result.notes], {
      derivedFrom: packageId,
      sourceFormat: document.image.format.id,
      mediumSha256: result.mediumSha256,
    });
    return result;
  }

  private async record(
    { packageId, as }: ExportRequest,
    { bytes, files, sha256 }: ExportResult,
    detail: string,
    notes: readonly string[],
    derivation: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    await this.events.record(
      {
        id: newId(),
        type: 'exporting',
        at: this.clock.now(),
        outcome: 'success',
        detail,
        notes: [...(sha256 === undefined ? [] : [`SHA-256 of the ${as} ${sha256}`]), ...notes],
        agents: this.agents,
        packageId,
        facts: { kind: 'export', as, bytes, files, ...(sha256 === undefined ? {} : { sha256 }), ...derivation },
      },
      () => Promise.resolve(),
    );
  }
}
