/** Packages over HTTP: what we hold, and its bytes by range. */
import { Controller, Get, Headers, HttpStatus, Param, Query, Res, StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { sendRange } from '../common/range.ts';
import { Id } from '../common/ids.ts';
import { type Page, PageQuery, pageSchema } from '../common/paging.ts';
import { ContentService } from './content.service.ts';
import { EventView, PackageFileView, PackageSummary, PackageView } from './package.dto.ts';
import { PackagesService } from './packages.service.ts';

const PackageQuery = PageQuery.extend({ accession: z.string().max(100).optional().describe('Only those of this accession.') });
const ContentQuery = z.object({ path: z.string().min(1).max(10_000).describe('Path in the package, as in its list of files.') });
const Events = z.object({ items: z.array(EventView) });

@ApiTags('packages')
@Controller('packages')
export class PackagesController {
  constructor(
    private readonly packages: PackagesService,
    private readonly content: ContentService,
  ) {}

  @Get()
  @ApiOkResponse({ standardSchema: pageSchema(PackageSummary) })
  async list(@Query({ schema: PackageQuery }) query: z.infer<typeof PackageQuery>): Promise<Page<PackageSummary>> {
    return this.packages.list(query, query.accession);
  }

  @Get(':id')
  @ApiOkResponse({ standardSchema: PackageView })
  async get(@Param('id', { schema: Id }) id: string): Promise<PackageView> {
    return this.packages.get(id);
  }

  @Get(':id/files')
  @ApiOkResponse({ standardSchema: pageSchema(PackageFileView) })
  async files(
    @Param('id', { schema: Id }) id: string,
    @Query({ schema: PageQuery }) page: PageQuery,
  ): Promise<Page<PackageFileView>> {
    return this.packages.files(id, page);
  }

  @Get(':id/events')
  @ApiOkResponse({ standardSchema: Events })
  async history(@Param('id', { schema: Id }) id: string): Promise<z.infer<typeof Events>> {
    return { items: await this.packages.history(id) };
  }

  /** A file's bytes; the ETag is its SHA-256. Every answer is an event. */
  @Get(':id/content')
  @ApiProduces('application/octet-stream')
  @ApiOkResponse({ description: 'The bytes, or the range that was asked for (206).' })
  async bytes(
    @Param('id', { schema: Id }) id: string,
    @Query({ schema: ContentQuery }) query: z.infer<typeof ContentQuery>,
    @Headers('range') range: string | undefined,
    @Headers('if-none-match') known: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StreamableFile | undefined> {
    const file = await this.content.find(id, query.path);
    const tag = `"${file.sha256}"`;
    void reply.header('etag', tag).header('accept-ranges', 'bytes').header('cache-control', 'private, no-cache');
    if (known?.includes(tag) === true) {
      void reply.code(HttpStatus.NOT_MODIFIED);
      return undefined;
    }
    return sendRange(reply, { size: file.size, name: file.name }, range, (part) => this.content.read(file, part));
  }
}
