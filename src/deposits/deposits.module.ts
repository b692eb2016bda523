/** Deposits: a disk image is handed over and becomes a package. */
import { Module } from '@nestjs/common';
import { AccessionsModule } from '../accessions/accessions.module.ts';
import { FilesModule } from '../files/files.module.ts';
import { PackagesModule } from '../packages/packages.module.ts';
import { ScanningModule } from '../scanning/scanning.module.ts';
import { SurveysModule } from '../surveys/surveys.module.ts';
import { DepositJobs } from './deposit.jobs.service.ts';
import { DepositsController } from './deposits.controller.ts';
import { DepositsService } from './deposits.service.ts';
import { UploadExpiry } from './upload-expiry.service.ts';
import { UploadsController } from './uploads.controller.ts';
import { UploadsService } from './uploads.service.ts';

@Module({
  imports: [AccessionsModule, FilesModule, PackagesModule, ScanningModule, SurveysModule],
  controllers: [DepositsController, UploadsController],
  providers: [DepositsService, DepositJobs, UploadsService, UploadExpiry],
  exports: [DepositsService],
})
export class DepositsModule {}
