/** Exports over HTTP: asked for as a job, kept for a while, streamed by range. The job's row is the export's record. */
import { createReadStream } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { type Clock, Fault, FaultKind, isSystemError } from '#ingest/kernel';
import { CLOCK } from '../common/clock.module.ts';
import { HOME_ACCESS, type HomeAccess } from '../config/home-access.ts';
import { SETTINGS, type Settings } from '../config/settings.ts';
import { ENGINE, type Engine } from '../engine/engine.ts';
import { type JobContext, OnJob } from '../jobs/job-definition.ts';
import { JobsService } from '../jobs/jobs.service.ts';
import { ExportingService } from './exporting.service.ts';
import {
  ExportResultView,
  type ExportView,
  type LocalExport,
  type MakeExport,
  makeExport,
  type StartExport,
} from './export.dto.ts';

/** In the name of a file that the engine is still writing. */
const UNFINISHED = '.partial-';
const HOUR_MS = 3_600_000;

@Injectable()
export class ExportsService implements OnModuleInit {
  private readonly logger = new Logger('exports');

  constructor(
    private readonly exporting: ExportingService,
    private readonly jobs: JobsService,
    @Inject(ENGINE) private readonly engine: Engine,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(HOME_ACCESS) private readonly access: HomeAccess,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** What a kill left half-written, and what has expired, goes: before the first job runs, whose file would be one of them. */
  async onModuleInit(): Promise<void> {
    if (this.access === 'write') await this.sweep(() => true);
  }

  /** @throws Fault as ExportingService.expect. */
  async start(asked: StartExport | LocalExport): Promise<ExportView> {
    await this.exporting.expect({ ...asked, packageId: asked.package });
    const id = await this.jobs.enqueue(makeExport, { to: null, ...asked });
    return this.get(id);
  }

  /** @throws Fault 'jobs/unknown', 'export/unknown'. */
  async get(id: string): Promise<ExportView> {
    const job = await this.jobs.get(id);
    const asked = await this.jobs.payload(id, makeExport);
    if (asked === undefined) throw new Fault(FaultKind.Missing, 'export/unknown', `${id} is no export`, { id });
    const { package: packageId, as, to } = asked;
    const result = ExportResultView.safeParse(job.result).data;
    const expires = job.finishedAt === null || to !== null ? undefined : this.expiry(new Date(job.finishedAt));
    const isOver = expires !== undefined && expires <= this.clock.now();
    return {
      id,
      package: packageId,
      as,
      state: job.state === 'done' && isOver ? 'expired' : job.state,
      bytes: result?.bytes ?? null,
      sha256: result?.sha256 ?? null,
      mediaSha256: result?.mediumSha256 ?? null,
      expiresAt: expires?.toISOString() ?? null,
    };
  }

  /** The finished file. @throws Fault 'export/not-ready', 'export/expired'. */
  async content(id: string): Promise<{
    name: string;
    size: number;
    sha256: string;
    read: (part: { offset: number; length: number }) => Promise<Readable>;
  }> {
    const view = await this.get(id);
    if (view.state === 'expired')
      throw new Fault(FaultKind.Missing, 'export/expired', `export ${id} was kept until ${view.expiresAt}; ask for it anew`, {
        id,
      });
    if (view.state !== 'done' || view.sha256 === null) {
      throw new Fault(FaultKind.Refused, 'export/not-ready', `export ${id} is ${view.state}`, { id, state: view.state });
    }
    const path = await this.pathOf(id, view.as);
    const { size } = await stat(path);
    const read = ({ offset, length }: { offset: number; length: number }): Promise<Readable> =>
      Promise.resolve(createReadStream(path, { start: offset, end: offset + length - 1, highWaterMark: 1 << 20 }));
    return { name: `${view.package}.${view.as}`, size, sha256: view.sha256, read };
  }

  @OnJob(makeExport)
  async make({ package: packageId, as, to, withHistory }: MakeExport, { jobId, signal, progress }: JobContext): Promise<unknown> {
    if (to === null) await this.sweep((name) => !name.includes(UNFINISHED));
    const target = to ?? (await this.pathOf(jobId, as));
    // An attempt that a crash cut off may have finished the file without saying so.
    if (to === null) await rm(target, { force: true });
    return this.exporting.export({
      packageId,
      as,
      to: target,
      withHistory,
      signal,
      onProgress: ({ stage, doneBytes, totalBytes }) => progress(stage, doneBytes, totalBytes),
    });
  }

  /** @param which of the files may go. Those that other jobs are writing may not. */
  private async sweep(which: (name: string) => boolean): Promise<void> {
    const folder = await this.engine.workFolder('exports');
    for (const name of (await readdir(folder)).filter(which)) {
      const path = join(folder, name);
      const isUnfinished = name.includes(UNFINISHED);
      if (!isUnfinished && !(await this.isExpired(path))) continue;
      await rm(path, { recursive: true, force: true });
      this.logger.log(`removed ${isUnfinished ? 'unfinished' : 'expired'} export ${name}`);
    }
  }

  private async isExpired(path: string): Promise<boolean> {
    try {
      return this.expiry((await stat(path)).mtime) <= this.clock.now();
    } catch (error) {
      // Another export, swept at the same time, has removed it.
      if (isSystemError(error) && error.code === 'ENOENT') return false;
      throw error;
    }
  }

  private async pathOf(id: string, as: string): Promise<string> {
    return join(await this.engine.workFolder('exports'), `${id}.${as}`);
  }

  private expiry(from: Date): Date {
    return new Date(from.getTime() + this.settings.exportKeepHours * HOUR_MS);
  }
}
