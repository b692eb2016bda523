/** Audits over HTTP. */
import { Body, Controller, Get, HttpCode, HttpStatus, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { AuditStarted, FixityStatus, StartAudit } from './fixity.dto.ts';
import { FixityJobs } from './fixity.jobs.service.ts';
import { FixitySchedule } from './fixity-schedule.service.ts';

@ApiTags('fixity')
@Controller('fixity')
export class FixityController {
  constructor(
    private readonly jobs: FixityJobs,
    private readonly schedule: FixitySchedule,
  ) {}

  @Get()
  @ApiOperation({ operationId: 'getFixityStatus', summary: 'What is checked, what waits, and when it will be done.' })
  @ApiOkResponse({ standardSchema: FixityStatus })
  async status(): Promise<FixityStatus> {
    return this.schedule.status();
  }

  @Post('runs')
  @ApiOperation({ operationId: 'startAudit', summary: 'Queues an audit of copies: a job for each.' })
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiAcceptedResponse({ standardSchema: AuditStarted })
  async start(@Body({ schema: StartAudit }) run: StartAudit): Promise<AuditStarted> {
    return this.jobs.start(run);
  }
}
