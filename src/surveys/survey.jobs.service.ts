/** Surveys as jobs: those that a person asks for, and those that an ingest could not wait for. */
import { Inject, Injectable, Logger } from '@nestjs/common';
import { Fault } from '#ingest/kernel';
import { SETTINGS, type Settings } from '../config/settings.ts';
import { BACKGROUND, type JobContext, OnJob } from '../jobs/job-definition.ts';
import { JobsService } from '../jobs/jobs.service.ts';
import { ScanJobs } from '../scanning/scan.jobs.service.ts';
import { type StartSurveys, type SurveyedPackage, surveyJob, type SurveyPackage, type SurveysStarted } from './survey.dto.ts';
import { SurveyingService } from './surveying.service.ts';

@Injectable()
export class SurveyJobs {
  private readonly logger = new Logger('surveys');

  constructor(
    private readonly surveying: SurveyingService,
    private readonly scans: ScanJobs,
    private readonly jobs: JobsService,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /** Queues a survey of each. @throws Fault 'package/unknown'. */
  async start({ packages, again }: StartSurveys): Promise<SurveysStarted> {
    const surveys: SurveysStarted['surveys'] = [];
    for (const id of await this.surveying.select(packages))
      surveys.push({ package: id, job: await this.enqueue(id, again, false) });
    return { surveys };
  }

  /** After an ingest, which has succeeded whatever comes of this: "strongroom survey --all" finds what was not queued. */
  async queueQuietly(packageId: string): Promise<void> {
    try {
      await this.enqueue(packageId, false, true);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.logger.warn(`the survey of package ${packageId} could not be queued: ${reason}`);
    }
  }

  /** What is not in the table of jobs any more after a crash goes on as well. */
  async recover(): Promise<void> {
    for (const packageId of await this.surveying.recover()) await this.queueQuietly(packageId);
  }

  @OnJob(surveyJob)
  async run({ packageId, again, paced }: SurveyPackage, { signal, progress }: JobContext): Promise<SurveyedPackage> {
    const { surveyBytesPerSecond: budget } = this.settings;
    try {
      const surveyed = await this.surveying.survey(packageId, {
        again,
        bytesPerSecond: paced && budget > 0 ? budget : undefined,
        signal,
        onProgress: ({ stage, doneBytes, totalBytes }) => progress(stage, doneBytes, totalBytes),
      });
      if (surveyed.outcome === 'updated') await this.scans.startIfConfigured(packageId);
      return surveyed;
    } catch (error) {
      // Stopped for another reason it goes on; given up by a person it leaves nothing.
      if (signal.aborted && error === signal.reason && isCancelled(error)) await this.surveying.drop(packageId);
      throw error;
    }
  }

  private enqueue(packageId: string, again: boolean, paced: boolean): Promise<string> {
    const options = { dedupeKey: `survey.package:${packageId}`, ...(paced ? { priority: BACKGROUND } : {}) };
    return this.jobs.enqueue(surveyJob, { packageId, again, paced }, options);
  }
}

function isCancelled(error: unknown): boolean {
  return error instanceof Fault && error.facts['why'] === 'cancelled';
}
