/** The queue: a table, workers, handlers found by @OnJob. Needs DatabaseModule and ClockModule. */
import { type DynamicModule, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { JobEvents } from './job-events.ts';
import { JobHandlers } from './job-handlers.ts';
import { JobTable } from './job-table.ts';
import { JOBS_OPTIONS, type JobsOptions, JobWorker } from './job-worker.ts';
import { JobsController } from './jobs.controller.ts';
import { JobsService } from './jobs.service.ts';

@Module({})
export class JobsModule {
  static forRoot(options: JobsOptions): DynamicModule {
    return {
      module: JobsModule,
      global: true,
      imports: [DiscoveryModule],
      controllers: [JobsController],
      providers: [{ provide: JOBS_OPTIONS, useValue: options }, JobTable, JobEvents, JobHandlers, JobWorker, JobsService],
      exports: [JobsService],
    };
  }
}
