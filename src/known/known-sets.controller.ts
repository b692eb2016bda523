/** Sets of known files over HTTP. */
import { Body, Controller, Delete, Get, HttpCode, HttpStatus, Param, Post, UseGuards } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { LocalGuard } from '../common/local.guard.ts';
import { KnownSetJob, KnownSetName, KnownSets, LocalKnownSet } from './known-sets.dto.ts';
import { KnownSetJobs } from './known-sets.jobs.service.ts';

@ApiTags('known-sets')
@Controller('known-sets')
export class KnownSetsController {
  constructor(private readonly sets: KnownSetJobs) {}

  @Get()
  @ApiOperation({ operationId: 'listKnownSets', summary: 'The sets of digests of known system files, in order of their names.' })
  @ApiOkResponse({ standardSchema: KnownSets })
  async list(): Promise<KnownSets> {
    return { items: await this.sets.list() };
  }

  @Post('local')
  @ApiOperation({
    operationId: 'addLocalKnownSet',
    summary: "Adds a set from a path of the server's machine; only for its own command line. The job answers with the set.",
  })
  @UseGuards(LocalGuard)
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiAcceptedResponse({ standardSchema: KnownSetJob })
  async addLocal(@Body({ schema: LocalKnownSet }) asked: LocalKnownSet): Promise<KnownSetJob> {
    return { job: await this.sets.add(asked) };
  }

  @Delete(':name')
  @ApiOperation({
    operationId: 'removeKnownSet',
    summary: 'Removes a set: a job. What only it knows is found by searches again.',
  })
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiAcceptedResponse({ standardSchema: KnownSetJob })
  async remove(@Param('name', { schema: KnownSetName }) name: string): Promise<KnownSetJob> {
    return { job: await this.sets.remove(name) };
  }
}
