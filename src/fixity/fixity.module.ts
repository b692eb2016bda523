/** Fixity: schedule, runs, checks. */
import { Module } from '@nestjs/common';
import { PackagesModule } from '../packages/packages.module.ts';
import { FixityController } from './fixity.controller.ts';
import { FixityJobs } from './fixity.jobs.service.ts';
import { FixitySchedule } from './fixity-schedule.service.ts';
import { FixityService } from './fixity.service.ts';

@Module({
  imports: [PackagesModule],
  controllers: [FixityController],
  providers: [FixityService, FixityJobs, FixitySchedule],
  exports: [FixityService, FixitySchedule],
})
export class FixityModule {}
