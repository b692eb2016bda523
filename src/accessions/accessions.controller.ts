/** Accessions over HTTP. */
import { Body, Controller, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { type Page, PageQuery, pageSchema } from '../common/paging.ts';
import { AccessionNumber } from '../common/accession-number.ts';
import { AccessionChange, AccessionView, NewAccession } from './accession.dto.ts';
import { AccessionsService } from './accessions.service.ts';

@ApiTags('accessions')
@Controller('accessions')
export class AccessionsController {
  constructor(private readonly accessions: AccessionsService) {}

  @Post()
  @ApiCreatedResponse({ standardSchema: AccessionView })
  async add(@Body({ schema: NewAccession }) accession: NewAccession): Promise<AccessionView> {
    return this.accessions.add(accession);
  }

  @Get()
  @ApiOkResponse({ standardSchema: pageSchema(AccessionView) })
  async list(@Query({ schema: PageQuery }) page: PageQuery): Promise<Page<AccessionView>> {
    return this.accessions.list(page);
  }

  @Get(':number')
  @ApiOkResponse({ standardSchema: AccessionView })
  async get(@Param('number', { schema: AccessionNumber }) number: string): Promise<AccessionView> {
    return this.accessions.get(number);
  }

  @Patch(':number')
  @ApiOkResponse({ standardSchema: AccessionView })
  async edit(
    @Param('number', { schema: AccessionNumber }) number: string,
    @Body({ schema: AccessionChange }) change: AccessionChange,
  ): Promise<AccessionView> {
    return this.accessions.edit(number, change);
  }
}
