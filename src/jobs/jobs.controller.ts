/** Jobs over HTTP: list, look, listen, cancel. */
import { Controller, Delete, Get, HttpCode, HttpStatus, Inject, Param, Query, Sse } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Observable } from 'rxjs';
import { Id } from '../common/ids.ts';
import type { Page } from '../common/paging.ts';
import { JobListQuery, JobPage, JobView } from './jobs.dto.ts';
import { type JobNews, JobsService } from './jobs.service.ts';

@ApiTags('jobs')
@Controller('jobs')
export class JobsController {
  constructor(@Inject(JobsService) private readonly jobs: JobsService) {}

  @Get()
  @ApiOperation({ operationId: 'listJobs', summary: 'Lists jobs, the newest first.' })
  @ApiOkResponse({ standardSchema: JobPage })
  list(@Query({ schema: JobListQuery }) query: JobListQuery): Promise<Page<JobView>> {
    return this.jobs.list(query);
  }

  @Get(':id')
  @ApiOperation({ operationId: 'getJob', summary: 'Shows one job.' })
  @ApiOkResponse({ standardSchema: JobView })
  get(@Param('id', { schema: Id }) id: string): Promise<JobView> {
    return this.jobs.get(id);
  }

  @Sse(':id/events')
  @ApiOperation({
    operationId: 'watchJob',
    summary: 'Server-sent events: progress, and in the end done, failed or cancelled with the job.',
  })
  @ApiOkResponse({
    description: 'Events `progress` with state and progress, then one of `done`, `failed`, `cancelled` with the job.',
    content: { 'text/event-stream': { schema: { type: 'string' } } },
  })
  events(@Param('id', { schema: Id }) id: string): Promise<Observable<JobNews>> {
    return this.jobs.watch(id);
  }

  @Delete(':id')
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiOperation({ operationId: 'cancelJob', summary: 'Asks a job to stop; it does so soon.' })
  @ApiAcceptedResponse({ standardSchema: JobView })
  cancel(@Param('id', { schema: Id }) id: string): Promise<JobView> {
    return this.jobs.cancel(id);
  }
}
