/** Surveys of packages that are stored. */
import { Module } from '@nestjs/common';
import { FilesModule } from '../files/files.module.ts';
import { FixityModule } from '../fixity/fixity.module.ts';
import { PackagesModule } from '../packages/packages.module.ts';
import { ScanningModule } from '../scanning/scanning.module.ts';
import { SurveyJobs } from './survey.jobs.service.ts';
import { SurveyingService } from './surveying.service.ts';
import { SurveysController } from './surveys.controller.ts';

@Module({
  imports: [PackagesModule, FilesModule, FixityModule, ScanningModule],
  controllers: [SurveysController],
  providers: [SurveyingService, SurveyJobs],
  exports: [SurveyingService, SurveyJobs],
})
export class SurveysModule {}
