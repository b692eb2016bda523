/** Packages over HTTP: what we hold, and its bytes by range. */
import { Controller, Get, Param, Query, Res, StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { ApiContent } from '../common/content.openapi.ts';
import { sendRange } from '../common/range.ts';
import { Id } from '../common/ids.ts';
import { type Page, PageQuery, pageSchema } from '../common/paging.ts';
import { ContentService } from './content.service.ts';
import { EventView, PackageFileView, PackageSummary, PackageView } from './package.dto.ts';
import { MediumService } from './medium.service.ts';
import { PackagesService } from './packages.service.ts';

const PackageQuery = PageQuery.extend({ accession: z.string().max(100).optional().describe('Only those of this accession.') });
const ContentQuery = z.object({ path: z.string().min(1).max(10_000).describe('Path in the package, as in its list of files.') });
const ImageNumber = z.coerce.number().int().min(1).max(1_000_000).describe('Which image of the package, from 1.');
const Events = z.object({ items: z.array(EventView) });

@ApiTags('packages')
@Controller('packages')
export class PackagesController {
  constructor(
    private readonly packages: PackagesService,
    private readonly content: ContentService,
    private readonly medium: MediumService,
  ) {}

  @Get()
  @ApiOperation({ operationId: 'listPackages', summary: 'Lists the packages, the newest first.' })
  @ApiOkResponse({ standardSchema: pageSchema(PackageSummary) })
  async list(@Query({ schema: PackageQuery }) query: z.infer<typeof PackageQuery>): Promise<Page<PackageSummary>> {
    return this.packages.list(query, query.accession);
  }

  @Get(':id')
  @ApiOperation({ operationId: 'getPackage', summary: 'Shows one package.' })
  @ApiOkResponse({ standardSchema: PackageView })
  async get(@Param('id', { schema: Id }) id: string): Promise<PackageView> {
    return this.packages.get(id);
  }

  @Get(':id/files')
  @ApiOperation({ operationId: 'listPackageFiles', summary: 'Lists the files of a package in order of path.' })
  @ApiOkResponse({ standardSchema: pageSchema(PackageFileView) })
  async files(
    @Param('id', { schema: Id }) id: string,
    @Query({ schema: PageQuery }) page: PageQuery,
  ): Promise<Page<PackageFileView>> {
    return this.packages.files(id, page);
  }

  @Get(':id/events')
  @ApiOperation({ operationId: 'listPackageEvents', summary: 'Lists everything that happened to a package, the oldest first.' })
  @ApiOkResponse({ standardSchema: Events })
  async history(@Param('id', { schema: Id }) id: string): Promise<z.infer<typeof Events>> {
    return { items: await this.packages.history(id) };
  }

  @Get(':id/content')
  @ApiOperation({
    operationId: 'getPackageContent',
    summary: "A file's bytes, whole or by range; its ETag is its SHA-256. Every reading is an event.",
  })
  @ApiContent()
  async bytes(
    @Param('id', { schema: Id }) id: string,
    @Query({ schema: ContentQuery }) query: z.infer<typeof ContentQuery>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StreamableFile | undefined> {
    const file = await this.content.find(id, query.path);
    return sendRange(reply, file, (part) => this.content.read(file, part));
  }

  @Get(':id/images/:number/media')
  @ApiOperation({
    operationId: 'getMedium',
    summary: 'The disk inside an image, whole or by range; its ETag is its SHA-256. Every reading is an event.',
  })
  @ApiContent()
  async media(
    @Param('id', { schema: Id }) id: string,
    @Param('number', { schema: ImageNumber }) number: number,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StreamableFile | undefined> {
    const whole = await this.medium.find(id, number);
    return sendRange(reply, whole, (part) => this.medium.read(id, part));
  }
}
