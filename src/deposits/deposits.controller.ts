/** Deposits over HTTP: 202 and a job. */
import { Body, Controller, HttpCode, HttpStatus, Post, UseGuards } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { LocalGuard } from '../common/local.guard.ts';
import { DepositAccepted, LocalDeposit, NewDeposit } from './deposit.dto.ts';
import { DepositJobs } from './deposit.jobs.service.ts';

@ApiTags('deposits')
@Controller('deposits')
export class DepositsController {
  constructor(private readonly deposits: DepositJobs) {}

  @Post()
  @ApiOperation({
    operationId: 'depositUploads',
    summary: 'Ingests finished uploads as one carrier: an image with what came with it. The job answers with the package.',
  })
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiAcceptedResponse({ standardSchema: DepositAccepted })
  async deposit(@Body({ schema: NewDeposit }) deposit: NewDeposit): Promise<DepositAccepted> {
    return { job: await this.deposits.ofUploads(deposit) };
  }

  @Post('local')
  @ApiOperation({
    operationId: 'depositLocalPath',
    summary: "Ingests a path of the server's machine; only for its own command line.",
  })
  @UseGuards(LocalGuard)
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiAcceptedResponse({ standardSchema: DepositAccepted })
  async depositLocal(@Body({ schema: LocalDeposit }) deposit: LocalDeposit): Promise<DepositAccepted> {
    return { job: await this.deposits.ofPath(deposit) };
  }
}
