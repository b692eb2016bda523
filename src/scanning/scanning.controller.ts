/** Virus scans over HTTP. */
import { Controller, Get, HttpCode, HttpStatus, Param, Post } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Id } from '../common/ids.ts';
import { ScanStarted, ScanView } from './scanning.dto.ts';
import { ScanJobs } from './scan.jobs.service.ts';
import { ScanningService } from './scanning.service.ts';

@ApiTags('scanning')
@Controller('packages/:id/scan')
export class ScanningController {
  constructor(
    private readonly jobs: ScanJobs,
    private readonly scanning: ScanningService,
  ) {}

  @Get()
  @ApiOperation({ operationId: 'getScan', summary: 'What the last virus scan of a package found.' })
  @ApiOkResponse({ standardSchema: ScanView })
  async get(@Param('id', { schema: Id }) id: string): Promise<ScanView> {
    return this.scanning.view(id);
  }

  @Post()
  @ApiOperation({
    operationId: 'startScan',
    summary: 'Queues a virus scan of every file of a package and of the disk in it. Nothing is changed by it.',
  })
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiAcceptedResponse({ standardSchema: ScanStarted })
  async start(@Param('id', { schema: Id }) id: string): Promise<ScanStarted> {
    return { job: await this.jobs.start(id) };
  }
}
