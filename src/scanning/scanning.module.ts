/** Virus scans. */
import { Module } from '@nestjs/common';
import { FilesModule } from '../files/files.module.ts';
import { PackagesModule } from '../packages/packages.module.ts';
import { ScanRows } from './scan-rows.ts';
import { ScanJobs } from './scan.jobs.service.ts';
import { ScanningController } from './scanning.controller.ts';
import { ScanningService } from './scanning.service.ts';

@Module({
  imports: [PackagesModule, FilesModule],
  controllers: [ScanningController],
  providers: [ScanRows, ScanJobs, ScanningService],
  exports: [ScanningService, ScanJobs],
})
export class ScanningModule {}
