/** The survey of a stored package, and its list put into the package: journal first, then files, then rows. */
import { Inject, Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { identificationBy } from '#ingest/identification';
import { type Clock, Fault, FaultKind, type Progress } from '#ingest/kernel';
import { type AcquisitionDocument, type ArchiveEvent, finishUpdate, type PackageUpdate, stageUpdate } from '#ingest/package';
import { recoverSurveys, type StoredSurvey, surveyStage, surveyStored, updateFolder } from '#ingest/pipeline';
import { CLOCK } from '../common/clock.module.ts';
import { newId } from '../common/ids.ts';
import { AGENTS, type Agents } from '../config/agents.ts';
import { ENGINE, type Engine } from '../engine/engine.ts';
import { EventsService } from '../events/events.service.ts';
import { FilesService } from '../files/files.service.ts';
import { FixityService } from '../fixity/fixity.service.ts';
import { SETTINGS, type Settings } from '../config/settings.ts';
import { PackageLocks } from '../packages/package-locks.service.ts';
import { PackagesService } from '../packages/packages.service.ts';
import { UPDATE, UpdateFacts } from '../packages/package-update.port.ts';
import { ScanningService } from '../scanning/scanning.service.ts';
import type { SurveyedPackage } from './survey.dto.ts';

export interface SurveyOptions {
  /** Also when the files were read before. */
  readonly again: boolean;
  /** The most that is read in a second; undefined for as fast as it goes. */
  readonly bytesPerSecond?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: Progress | undefined;
}

/** Notes that the event tells. */
const MOST_NOTES = 50;

@Injectable()
export class SurveyingService {
  private readonly logger = new Logger('surveys');
  /** One survey of a package at a time: who asks for a second one gets the first one's answer. */
  private readonly running = new Map<string, Promise<SurveyedPackage>>();

  constructor(
    @Inject(ENGINE) private readonly engine: Engine,
    private readonly packages: PackagesService,
    private readonly files: FilesService,
    private readonly fixity: FixityService,
    private readonly scanning: ScanningService,
    private readonly locks: PackageLocks,
    private readonly events: EventsService,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(AGENTS) private readonly agents: Agents,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /** The named packages, or all whose files inside were not read yet. @throws Fault 'package/unknown'. */
  async select(packages: readonly string[] | undefined): Promise<readonly string[]> {
    for (const id of packages ?? []) await this.packages.expect(id);
    return packages ?? (await this.files.withoutDigests());
  }

  /**
   * Lists and reads all files inside, from where an earlier survey was stopped, and puts the list into the package.
   * What was made so far stays for the next call when this throws.
   * @throws Fault 'package/unknown', 'package/medium-not-read', 'package/tag-manifest-altered', 'survey/…'; `signal.reason`.
   */
  async survey(packageId: string, options: SurveyOptions): Promise<SurveyedPackage> {
    const other = this.running.get(packageId);
    if (other !== undefined) return other;
    const mine = this.surveyNow(packageId, options).finally(() => this.running.delete(packageId));
    this.running.set(packageId, mine);
    return mine;
  }

  /** Gives up what was made so far. */
  async drop(packageId: string): Promise<void> {
    await this.engine.storage.dropStage(surveyStage(packageId));
  }

  /** What a crash left; after the journal was replayed. @returns ids of packages whose survey can go on. */
  async recover(): Promise<string[]> {
    return recoverSurveys(this.engine.storage);
  }

  /** Puts the update in place, when that was not done yet, and writes its rows; also when the journal is replayed. */
  async apply(event: ArchiveEvent, manager: EntityManager): Promise<void> {
    const facts = UpdateFacts.parse(event.facts);
    const id = event.packageId ?? '';
    await this.putInPlace(id, facts);
    await this.packages.applyUpdate(id, facts, manager);
    await this.files.forget(id, manager);
    await this.fixity.beginAnew(id, manager);
  }

  private async surveyNow(packageId: string, options: SurveyOptions): Promise<SurveyedPackage> {
    const row = await this.packages.expect(packageId);
    if (!options.again && (await this.files.hasDigests(packageId))) {
      await this.drop(packageId);
      return this.answer(packageId, 'present', row.tagManifestSha256, []);
    }
    const surveyed = await surveyStored({
      storage: this.engine.storage,
      packageId,
      document: row.acquisition as unknown as AcquisitionDocument,
      program: this.agents[0],
      identification: await identificationBy(this.settings.pronom),
      clock: this.clock,
      bytesPerSecond: options.bytesPerSecond,
      signal: options.signal,
      onProgress: options.onProgress,
    });
    using _ = await this.locks.changing(packageId, options.signal);
    const update = await this.record(packageId, surveyed);
    await this.drop(packageId);
    await this.files.enterQuietly(packageId);
    await this.scanning.restore(packageId);
    return await this.answer(packageId, 'updated', update.tagManifestSha256, surveyed.notes);
  }

  private async record(packageId: string, surveyed: StoredSurvey): Promise<PackageUpdate> {
    const { storage, location } = this.engine;
    const { folder, file, totals, fileSystems, notes } = surveyed;
    const { tagManifestSha256: anchor } = await this.packages.expect(packageId);
    const update = await stageUpdate(storage, packageId, anchor, folder, [file]);
    const systems = fileSystems.length === 0 ? 'no file system that is known' : fileSystems.join(', ');
    const event: ArchiveEvent = {
      id: newId(),
      type: 'metadata modification',
      at: this.clock.now(),
      outcome: totals.withUnread + totals.withFaults + totals.damages > 0 ? 'warning' : 'success',
      detail: `${systems}: ${totals.files} files in ${totals.directories} folders, ${totals.deleted} deleted entries, listed with digests and formats in ${file.path}; the payload was not touched`,
      notes: [
        `SHA-256 of ${file.path}: ${file.sha256}`,
        `SHA-256 of the tag manifest: ${update.tagManifestSha256}; before: ${update.replacedSha256}`,
        ...notes.slice(0, MOST_NOTES),
      ],
      agents: this.agents,
      packageId,
      facts: { kind: UPDATE, location, ...update },
    };
    await this.events.record(event, (each, manager) => this.apply(each, manager));
    return update;
  }

  /** Nothing is staged for what was put in place long ago. */
  private async putInPlace(id: string, update: PackageUpdate): Promise<void> {
    const { storage } = this.engine;
    const stage = surveyStage(id);
    if (!(await storage.staged()).includes(stage)) return;
    const folder = updateFolder(await storage.stageAgain(stage));
    const isInPlace = await finishUpdate(storage, id, folder, update).catch((error: unknown) => {
      if (error instanceof Fault && error.kind === FaultKind.Missing) return false;
      throw error;
    });
    if (isInPlace) return;
    this.logger.error(`files of an update of package ${id} are lost from staging; audit the package: strongroom audit ${id}`);
  }

  private async answer(
    packageId: string,
    outcome: SurveyedPackage['outcome'],
    tagManifestSha256: string,
    notes: readonly string[],
  ): Promise<SurveyedPackage> {
    const { volumes, files, bytes } = await this.files.disk(packageId);
    return { package: packageId, outcome, volumes: volumes.length, files, bytes, tagManifestSha256, notes };
  }
}
