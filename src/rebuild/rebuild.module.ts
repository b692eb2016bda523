/** Rows from storage: after a crash, and after the loss of the database. */
import { Module } from '@nestjs/common';
import { FixityModule } from '../fixity/fixity.module.ts';
import { AccessionsModule } from '../accessions/accessions.module.ts';
import { FilesModule } from '../files/files.module.ts';
import { PackagesModule } from '../packages/packages.module.ts';
import { ScanningModule } from '../scanning/scanning.module.ts';
import { SurveysModule } from '../surveys/surveys.module.ts';
import { RebuildService } from './rebuild.service.ts';
import { RecoveryService } from './recovery.service.ts';
import { ReplayService } from './replay.service.ts';

@Module({
  imports: [AccessionsModule, PackagesModule, FilesModule, FixityModule, ScanningModule, SurveysModule],
  providers: [ReplayService, RecoveryService, RebuildService],
  exports: [RebuildService],
})
export class RebuildModule {}
