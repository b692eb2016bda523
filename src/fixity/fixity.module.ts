/** Fixity: schedule, runs, checks. */
import { Module } from '@nestjs/common';
import { PackagesModule } from '../packages/packages.module.ts';
import { DueCopies } from './due-copies.service.ts';
import { FixityController } from './fixity.controller.ts';
import { FixityJobs } from './fixity.jobs.service.ts';
import { FixitySchedule } from './fixity-schedule.service.ts';
import { FixityService } from './fixity.service.ts';

@Module({
  imports: [PackagesModule],
  controllers: [FixityController],
  providers: [DueCopies, FixityService, FixityJobs, FixitySchedule],
  exports: [FixityService, FixitySchedule, DueCopies],
})
export class FixityModule {}
