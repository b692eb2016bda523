/** Search over HTTP. */
import { Controller, Get, Query } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Hits, SearchQuery } from './catalogue.dto.ts';
import { CatalogueService } from './catalogue.service.ts';

@ApiTags('search')
@Controller('search')
export class CatalogueController {
  constructor(private readonly catalogue: CatalogueService) {}

  @Get()
  @ApiOperation({
    operationId: 'search',
    summary: 'Finds packages and accessions by words, and files by digest; the best first.',
  })
  @ApiOkResponse({ standardSchema: Hits })
  async find(@Query({ schema: SearchQuery }) query: SearchQuery): Promise<Hits> {
    return this.catalogue.find(query);
  }
}
