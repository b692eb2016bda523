/** Takes a disk image in: the engine's ingest with this archive around it, then the package's record. */
import { Inject, Injectable } from '@nestjs/common';
import { type Clock, Fault, FaultKind, type Progress } from '#ingest/kernel';
import { ingest } from '#ingest/pipeline';
import { AccessionsService } from '../accessions/accessions.service.ts';
import { CLOCK } from '../common/clock.module.ts';
import { newId } from '../common/ids.ts';
import { Title } from '../common/title.ts';
import { AGENTS, type Agents } from '../config/agents.ts';
import { SETTINGS, type Settings } from '../config/settings.ts';
import { ENGINE, type Engine } from '../engine/engine.ts';
import { FilesService } from '../files/files.service.ts';
import { PackagesService } from '../packages/packages.service.ts';
import { SurveyJobs } from '../surveys/survey.jobs.service.ts';
import type { IngestedPackage } from './deposit.dto.ts';

export interface IngestOrder {
  /** Absolute path on this machine. */
  readonly path: string;
  readonly accession?: string | undefined;
  readonly title?: string | undefined;
  readonly again: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: Progress | undefined;
}

@Injectable()
export class DepositsService {
  constructor(
    @Inject(ENGINE) private readonly engine: Engine,
    private readonly accessions: AccessionsService,
    private readonly packages: PackagesService,
    private readonly files: FilesService,
    private readonly surveys: SurveyJobs,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(AGENTS) private readonly agents: Agents,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /** Stores one package and records it, or changes nothing. @throws Fault with the reason. */
  async ingest(order: IngestOrder): Promise<IngestedPackage> {
    mustBeTitle(order.title);
    const accession = order.accession === undefined ? undefined : await this.accessions.expect(order.accession);
    const report = await ingest(
      {
        path: order.path,
        title: order.title,
        again: order.again,
        accession:
          accession === undefined
            ? undefined
            : {
                number: accession.number,
                title: accession.title,
                donor: accession.donor ?? undefined,
                restrictions: accession.restrictions ?? undefined,
              },
      },
      {
        storage: this.engine.storage,
        clock: this.clock,
        newId,
        guard: this.engine.guard,
        agents: this.agents,
        holds: (sha256) => this.packages.holding(sha256),
        stored: (id) => this.packages.recordStored(id),
        surveyBudgetMs: this.settings.surveySecondsAtIngest * 1000,
        pronom: this.settings.pronom,
        signal: order.signal,
        onProgress: order.onProgress,
      },
    );
    await this.files.enterQuietly(report.id);
    if (report.isSurveyDue) await this.surveys.queueQuietly(report.id);
    return {
      id: report.id,
      outcome: 'stored',
      title: report.title,
      bytes: report.payloadBytes,
      files: report.payloadFiles,
      mediaSize: report.medium?.size ?? null,
      mediaSha256: report.medium?.sha256 ?? null,
      tagManifestSha256: report.tagManifestSha256,
      volumes: report.survey?.volumes ?? null,
      filesInside: report.survey?.files ?? null,
      notes: [...report.notes],
    };
  }
}

/** The HTTP API has judged it already; the command line has not. */
function mustBeTitle(title: string | undefined): void {
  const wrong = Title.optional().safeParse(title).error?.issues[0]?.message;
  if (wrong === undefined) return;
  throw new Fault(FaultKind.Refused, 'deposit/title', `the title ${wrong}; choose another`, {
    title: title?.slice(0, 200) ?? '',
  });
}
