/** What start-up does with the traces of a crash: rows behind the journal are caught up, half-made packages cleared away. */
import { Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { recoverStaging } from '#ingest/pipeline';
import { HOME_ACCESS, type HomeAccess } from '../config/home-access.ts';
import { ENGINE, type Engine } from '../engine/engine.ts';
import { FilesService } from '../files/files.service.ts';
import { PackagesService } from '../packages/packages.service.ts';
import { ScanningService } from '../scanning/scanning.service.ts';
import { SurveyJobs } from '../surveys/survey.jobs.service.ts';
import { ReplayService } from './replay.service.ts';

@Injectable()
export class RecoveryService implements OnApplicationBootstrap {
  private readonly logger = new Logger('recovery');

  constructor(
    @Inject(HOME_ACCESS) private readonly access: HomeAccess,
    @Inject(ENGINE) private readonly engine: Engine,
    private readonly replay: ReplayService,
    private readonly packages: PackagesService,
    private readonly files: FilesService,
    private readonly scanning: ScanningService,
    private readonly surveys: SurveyJobs,
  ) {}

  /** Only under the home's lock: then nothing that lies in staging belongs to anybody. */
  async onApplicationBootstrap(): Promise<void> {
    if (this.access !== 'write') return;
    const caughtUp = await this.replay.catchUp();
    if (caughtUp > 0) this.logger.warn(`${caughtUp} journal entries had no rows yet: an earlier process was stopped`);
    const { dropped, stored } = await recoverStaging(this.engine.storage);
    if (dropped.length > 0) this.logger.warn(`removed ${dropped.length} unfinished ingests; ingest their sources again`);
    for (const id of stored) {
      if (!(await this.packages.isRecorded(id))) await this.packages.recordStored(id);
      await this.engine.storage.dropStage(id);
      this.logger.warn(`package ${id} was stored when an earlier process was stopped; it is recorded now`);
    }
    await this.surveys.recover();
    await this.files.enterPending();
    await this.scanning.restore();
  }
}
