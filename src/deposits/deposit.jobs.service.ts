/** Ingests as jobs: of uploaded files, and of paths that this machine's own command line names. */
import { Inject, Injectable } from '@nestjs/common';
import type { Clock } from '#ingest/kernel';
import { AccessionsService } from '../accessions/accessions.service.ts';
import { CLOCK } from '../common/clock.module.ts';
import { type JobContext, OnJob } from '../jobs/job-definition.ts';
import { JobsService } from '../jobs/jobs.service.ts';
import { ScanJobs } from '../scanning/scan.jobs.service.ts';
import { type Ingest, type IngestedPackage, ingestJob, type LocalDeposit, type NewDeposit } from './deposit.dto.ts';
import { DepositsService } from './deposits.service.ts';
import { UploadsService } from './uploads.service.ts';

@Injectable()
export class DepositJobs {
  constructor(
    private readonly deposits: DepositsService,
    private readonly uploads: UploadsService,
    private readonly accessions: AccessionsService,
    private readonly jobs: JobsService,
    private readonly scans: ScanJobs,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @throws Fault 'accession/unknown', 'upload/…'. */
  async ofUploads({ uploads, ...how }: NewDeposit): Promise<string> {
    if (how.accession !== undefined) await this.accessions.expect(how.accession);
    await this.uploads.named(uploads);
    await this.uploads.renew(uploads, this.clock.now());
    return this.jobs.enqueue(ingestJob, { path: null, uploads, ...how });
  }

  /** @throws Fault 'accession/unknown'. */
  async ofPath({ path, ...how }: LocalDeposit): Promise<string> {
    if (how.accession !== undefined) await this.accessions.expect(how.accession);
    return this.jobs.enqueue(ingestJob, { path, uploads: [], ...how });
  }

  /** Begun anew after a crash: an unfinished package is gone by then, and one that was stored is recognised. */
  @OnJob(ingestJob)
  async run({ path, uploads, ...how }: Ingest, { signal, progress }: JobContext): Promise<IngestedPackage> {
    const ingest = (from: string): Promise<IngestedPackage> =>
      this.deposits.ingest({
        path: from,
        ...how,
        signal,
        onProgress: ({ stage, doneBytes, totalBytes }) => progress(stage, doneBytes, totalBytes),
      });
    const ingested = await (path === null ? this.uploads.together(uploads, ingest) : ingest(path));
    await this.scans.startIfConfigured(ingested.id);
    return ingested;
  }
}
