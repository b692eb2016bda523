/** The archive opened by this process itself: the application without HTTP. */
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { Progress } from '#ingest/kernel';
import type { AccessionView, NewAccession } from '../accessions/accession.dto.ts';
import { AccessionsService } from '../accessions/accessions.service.ts';
import { AppModule, type AppOptions } from '../app.module.ts';
import { CatalogueService } from '../catalogue/catalogue.service.ts';
import type { Hit } from '../catalogue/catalogue.dto.ts';
import { newId } from '../common/ids.ts';
import { Log } from '../common/log.ts';
import type { Page, PageQuery } from '../common/paging.ts';
import type { IngestedPackage } from '../deposits/deposit.dto.ts';
import { DepositsService } from '../deposits/deposits.service.ts';
import { ExportingService } from '../exports/exporting.service.ts';
import type { DiskFileView, DiskView, FileFacets, FilesQuery } from '../files/files.dto.ts';
import { type Extracted, ExtractingService } from '../files/extracting.service.ts';
import { FilesService } from '../files/files.service.ts';
import { DueCopies } from '../fixity/due-copies.service.ts';
import { FixityService } from '../fixity/fixity.service.ts';
import { type Checkup, DoctorService } from '../health/doctor.service.ts';
import type { KnownSetView } from '../known/known-sets.dto.ts';
import { KnownSetsService } from '../known/known-sets.service.ts';
import type { EventView, PackageFileView, PackageSummary, PackageView } from '../packages/package.dto.ts';
import { PackagesService } from '../packages/packages.service.ts';
import { inWords } from '../scanning/scan-summary.ts';
import type { ScanView } from '../scanning/scanning.dto.ts';
import { ScanningService } from '../scanning/scanning.service.ts';
import type { SurveyedPackage } from '../surveys/survey.dto.ts';
import { surveyRefused } from './survey-refused.ts';
import { SurveyingService } from '../surveys/surveying.service.ts';
import type {
  Archive,
  AuditAsk,
  Audited,
  ExportAsk,
  Exported,
  ExtractAsk,
  FileAsk,
  FileInside,
  IngestAsk,
  KnownAsk,
  SurveyAsk,
  SurveyRefused,
} from './archive.ts';

export async function startContext(options: AppOptions): Promise<INestApplicationContext> {
  const { logLevel } = options.settings;
  const logger = new CommandLog(logLevel === 'info' ? 'warn' : logLevel);
  return NestFactory.createApplicationContext(AppModule.of(options), { logger, abortOnError: false });
}

/** What keeps the application from starting is thrown, and said once, by the command. */
class CommandLog extends Log {
  override error(message: unknown, ...more: unknown[]): void {
    if (more.at(-1) !== 'ExceptionHandler') super.error(message, ...more);
  }
}

/** @param release gives the home's lock back, after everything is closed. */
export class LocalArchive implements Archive {
  private readonly app: INestApplicationContext;
  private readonly release: () => Promise<void>;
  private readonly stop = new AbortController();

  constructor(app: INestApplicationContext, release: () => Promise<void>) {
    this.app = app;
    this.release = release;
  }

  /** And scanned, where a virus scanner is configured: the package is kept, whatever comes of that. */
  async ingest(ask: IngestAsk, onProgress: Progress): Promise<IngestedPackage> {
    const ingested = await this.app.get(DepositsService).ingest({ ...ask, onProgress, signal: this.stop.signal });
    return { ...ingested, notes: [...ingested.notes, ...(await this.scanNotes(ingested.id, onProgress))] };
  }

  packages(accession?: string): AsyncIterable<PackageSummary> {
    return every((page) => this.app.get(PackagesService).list(page, accession));
  }

  package(id: string): Promise<PackageView> {
    return this.app.get(PackagesService).get(id);
  }

  files(id: string): AsyncIterable<PackageFileView> {
    return every((page) => this.app.get(PackagesService).files(id, page));
  }

  history(id: string): Promise<EventView[]> {
    return this.app.get(PackagesService).history(id);
  }

  async search(query: string, limit: number, known?: FilesQuery['known']): Promise<Hit[]> {
    return (await this.app.get(CatalogueService).find({ q: query, limit, known })).hits;
  }

  async findFiles(query: FilesQuery, limit: number): Promise<DiskFileView[]> {
    return (await this.app.get(FilesService).find({ ...query, limit })).items;
  }

  countFiles(query: FilesQuery): Promise<FileFacets> {
    return this.app.get(FilesService).facets(query);
  }

  filesInside(id: string, volume?: number): AsyncIterable<readonly DiskFileView[]> {
    return everyPage((page) => this.app.get(FilesService).listing(id, { ...page, volume }));
  }

  disk(id: string): Promise<DiskView> {
    return this.app.get(FilesService).disk(id);
  }

  async fileInside(id: string, { volume, ...query }: FileAsk): Promise<FileInside> {
    const files = this.app.get(FilesService);
    const found = await files.file(id, volume ?? (await files.volumeWith(id, query)), query);
    const { size } = files.whole(found);
    return { size, sha256: found.sha256, scan: found.scan, bytes: await files.read(found, { offset: 0, length: size }) };
  }

  async *audit({ packages, all }: AuditAsk, onProgress: Progress): AsyncIterable<Audited> {
    const fixity = this.app.get(FixityService);
    const isDue = packages === undefined && !all;
    const copies = isDue ? await this.app.get(DueCopies).list() : await fixity.select({ packages });
    const runId = newId();
    for (const copy of copies) {
      const { outcome, findings, checkedBytes } = await fixity.audit(copy, {
        runId,
        signal: this.stop.signal,
        onBytes: (doneBytes, totalBytes) => onProgress({ stage: 'audit', doneBytes, totalBytes }),
      });
      const views = findings.map((finding) => ({ ...finding, ranges: finding.ranges.map((range) => ({ ...range })) }));
      yield { package: copy.packageId, location: copy.location, outcome, checkedBytes, findings: views };
    }
  }

  async *survey({ packages, again }: SurveyAsk, onProgress: Progress): AsyncIterable<SurveyedPackage | SurveyRefused> {
    const surveying = this.app.get(SurveyingService);
    const { signal } = this.stop;
    for (const id of await surveying.select(packages)) {
      signal.throwIfAborted();
      const surveyed = await surveying.survey(id, { again, signal, onProgress }).catch((error: unknown) => {
        signal.throwIfAborted();
        return surveyRefused(id, error);
      });
      const notes = surveyed.outcome === 'updated' ? await this.scanNotes(id, onProgress) : [];
      yield surveyed.outcome === 'updated' ? { ...surveyed, notes: [...surveyed.notes, ...notes] } : surveyed;
    }
  }

  /** What a virus scan says, where one is configured. */
  private async scanNotes(id: string, onProgress: Progress): Promise<string[]> {
    if (!this.app.get(ScanningService).isConfigured) return [];
    const said = await this.scan(id, onProgress).then(
      ({ summary }) => (summary === null ? 'not finished' : inWords(summary)),
      (error: unknown) => `not done: ${error instanceof Error ? error.message : String(error)}. "strongroom scan ${id}" does it`,
    );
    return [`virus scan: ${said}`];
  }

  scan(id: string, onProgress: Progress): Promise<ScanView> {
    return this.app.get(ScanningService).scan(id, { onProgress, signal: this.stop.signal });
  }

  scanOf(id: string): Promise<ScanView> {
    return this.app.get(ScanningService).view(id);
  }

  async export({ package: packageId, ...ask }: ExportAsk, onProgress: Progress): Promise<Exported> {
    return this.app.get(ExportingService).export({ packageId, ...ask, onProgress, signal: this.stop.signal });
  }

  extract({ package: packageId, ...ask }: ExtractAsk, onProgress: Progress): Promise<Extracted> {
    return this.app.get(ExtractingService).extract({ packageId, ...ask, onProgress, signal: this.stop.signal });
  }

  addAccession(accession: NewAccession): Promise<AccessionView> {
    return this.app.get(AccessionsService).add(accession);
  }

  accessions(): AsyncIterable<AccessionView> {
    return every((page) => this.app.get(AccessionsService).list(page));
  }

  addKnown(ask: KnownAsk, onProgress: Progress): Promise<KnownSetView> {
    return this.app.get(KnownSetsService).add({ ...ask, onProgress, signal: this.stop.signal });
  }

  knownSets(): Promise<KnownSetView[]> {
    return this.app.get(KnownSetsService).list();
  }

  removeKnown(name: string): Promise<KnownSetView> {
    return this.app.get(KnownSetsService).remove(name, this.stop.signal);
  }

  checkup(): Promise<Checkup> {
    return this.app.get(DoctorService).checkup();
  }

  /** Interrupted by the user: what runs stops soon, and leaves nothing behind. */
  interrupt(reason: Error): void {
    this.stop.abort(reason);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.app.close();
    await this.release();
  }
}

const PAGE = 200;

async function* every<T>(read: (page: PageQuery) => Promise<Page<T>>): AsyncIterable<T> {
  for await (const items of everyPage(read)) yield* items;
}

async function* everyPage<T>(read: (page: PageQuery) => Promise<Page<T>>): AsyncIterable<T[]> {
  let after: string | undefined;
  do {
    const page = await read(after === undefined ? { limit: PAGE } : { limit: PAGE, after });
    yield page.items;
    after = page.next;
  } while (after !== undefined);
}
