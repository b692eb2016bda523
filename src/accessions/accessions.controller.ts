/** Accessions over HTTP. */
import { Body, Controller, Get, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { type Page, PageQuery, pageSchema } from '../common/paging.ts';
import { AccessionNumber } from '../common/accession-number.ts';
import { AccessionChange, AccessionView, NewAccession } from './accession.dto.ts';
import { AccessionsService } from './accessions.service.ts';

@ApiTags('accessions')
@Controller('accessions')
export class AccessionsController {
  constructor(private readonly accessions: AccessionsService) {}

  @Post()
  @ApiOperation({ operationId: 'addAccession', summary: 'Records an accession: material received together from one source.' })
  @ApiCreatedResponse({ standardSchema: AccessionView })
  async add(@Body({ schema: NewAccession }) accession: NewAccession): Promise<AccessionView> {
    return this.accessions.add(accession);
  }

  @Get()
  @ApiOperation({ operationId: 'listAccessions', summary: 'Lists the accessions in order of number.' })
  @ApiOkResponse({ standardSchema: pageSchema(AccessionView) })
  async list(@Query({ schema: PageQuery }) page: PageQuery): Promise<Page<AccessionView>> {
    return this.accessions.list(page);
  }

  @Get(':number')
  @ApiOperation({ operationId: 'getAccession', summary: 'Shows one accession.' })
  @ApiOkResponse({ standardSchema: AccessionView })
  async get(@Param('number', { schema: AccessionNumber }) number: string): Promise<AccessionView> {
    return this.accessions.get(number);
  }

  @Patch(':number')
  @ApiOperation({
    operationId: 'changeAccession',
    summary: 'Changes an accession; fields left out stay as they are, null empties one.',
  })
  @ApiOkResponse({ standardSchema: AccessionView })
  async edit(
    @Param('number', { schema: AccessionNumber }) number: string,
    @Body({ schema: AccessionChange }) change: AccessionChange,
  ): Promise<AccessionView> {
    return this.accessions.edit(number, change);
  }
}
