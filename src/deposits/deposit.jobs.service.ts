/** Ingests as jobs: of uploaded files, and of paths that this machine's own command line names. */
import { Injectable } from '@nestjs/common';
import { AccessionsService } from '../accessions/accessions.service.ts';
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
  ) {}

  /** @throws Fault 'accession/unknown', 'upload/…'. */
  async ofUploads({ uploads, ...how }: NewDeposit): Promise<string> {
    if (how.accession !== undefined) await this.accessions.expect(how.accession);
    await this.uploads.named(uploads);
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
    await this.scans.startAfterIngest(ingested.id);
    return ingested;
  }
}
