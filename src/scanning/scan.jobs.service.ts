/** Virus scans as jobs: one for each package. */
import { Injectable } from '@nestjs/common';
import { BACKGROUND, type JobContext, OnJob } from '../jobs/job-definition.ts';
import { JobsService } from '../jobs/jobs.service.ts';
import { PackagesService } from '../packages/packages.service.ts';
import { type ScanPackage, scanPackage, type ScanView } from './scanning.dto.ts';
import { ScanningService } from './scanning.service.ts';

@Injectable()
export class ScanJobs {
  constructor(
    private readonly scanning: ScanningService,
    private readonly packages: PackagesService,
    private readonly jobs: JobsService,
  ) {}

  /** Queues a scan, unless one waits or runs already. @throws Fault 'scanning/off', 'package/unknown'. */
  async start(packageId: string): Promise<string> {
    this.scanning.mustBeConfigured();
    await this.packages.expect(packageId);
    return this.jobs.enqueue(scanPackage, { package: packageId }, { dedupeKey: `scanning.package:${packageId}` });
  }

  /** The same where a scanner is configured: after an ingest, and after a survey of files that no scan has seen. */
  async startIfConfigured(packageId: string): Promise<void> {
    if (!this.scanning.isConfigured) return;
    const options = { dedupeKey: `scanning.package:${packageId}`, priority: BACKGROUND };
    await this.jobs.enqueue(scanPackage, { package: packageId }, options);
  }

  /** Goes on where it was after a crash. */
  @OnJob(scanPackage)
  async run({ package: packageId }: ScanPackage, { signal, progress }: JobContext): Promise<ScanView> {
    return this.scanning.scan(packageId, {
      signal,
      onProgress: ({ stage, doneBytes, totalBytes }) => progress(stage, doneBytes, totalBytes),
    });
  }
}
