/** Deposits over HTTP: 202 and a job. */
import { Body, Controller, HttpCode, HttpStatus, Post, UseGuards } from '@nestjs/common';
import { ApiAcceptedResponse, ApiTags } from '@nestjs/swagger';
import { LocalGuard } from '../common/local.guard.ts';
import { DepositAccepted, LocalDeposit, NewDeposit } from './deposit.dto.ts';
import { DepositJobs } from './deposit.jobs.service.ts';

@ApiTags('deposits')
@Controller('deposits')
export class DepositsController {
  constructor(private readonly deposits: DepositJobs) {}

  /** Ingests uploaded files as one carrier. */
  @Post()
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiAcceptedResponse({ standardSchema: DepositAccepted })
  async deposit(@Body({ schema: NewDeposit }) deposit: NewDeposit): Promise<DepositAccepted> {
    return { job: await this.deposits.ofUploads(deposit) };
  }

  /** Ingests a path of the server's machine; only for its own command line. */
  @Post('local')
  @UseGuards(LocalGuard)
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiAcceptedResponse({ standardSchema: DepositAccepted })
  async depositLocal(@Body({ schema: LocalDeposit }) deposit: LocalDeposit): Promise<DepositAccepted> {
    return { job: await this.deposits.ofPath(deposit) };
  }
}
