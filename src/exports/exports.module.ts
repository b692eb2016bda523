/** Exports: packages as files to take away. */
import { Module } from '@nestjs/common';
import { PackagesModule } from '../packages/packages.module.ts';
import { ExportingService } from './exporting.service.ts';
import { ExportsController } from './exports.controller.ts';
import { ExportsService } from './exports.service.ts';

@Module({
  imports: [PackagesModule],
  controllers: [ExportsController],
  providers: [ExportingService, ExportsService],
  exports: [ExportingService],
})
export class ExportsModule {}
