/** The files inside the disks, over HTTP: found anywhere, listed folder by folder, read by range. */
import { Body, Controller, Get, HttpCode, HttpStatus, Param, Post, Query, Res, StreamableFile } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { ApiContent } from '../common/content.openapi.ts';
import { Id } from '../common/ids.ts';
import type { Page } from '../common/paging.ts';
import { sendRange } from '../common/range.ts';
import {
  DiskFiles,
  DiskFileView,
  DiskView,
  ExtractSelection,
  FileFacets,
  FileQuery,
  FilesFilter,
  FilesPage,
  type FilesQuery,
  FolderQuery,
  ListingQuery,
} from './files.dto.ts';
import { ExtractingService } from './extracting.service.ts';
import { FilesService } from './files.service.ts';

const VolumeNumber = z.coerce.number().int().min(0).max(1_000_000).describe('Which volume of the disk, from 0.');

@ApiTags('files')
@Controller()
export class FilesController {
  constructor(
    private readonly files: FilesService,
    private readonly extracting: ExtractingService,
  ) {}

  @Get('files')
  @ApiOperation({ operationId: 'findFiles', summary: 'Finds files inside all disks: by name, path, format, size, date, digest.' })
  @ApiOkResponse({ standardSchema: DiskFiles })
  async find(@Query({ schema: FilesPage }) query: FilesPage): Promise<DiskFiles> {
    return this.files.find(query);
  }

  @Get('files/facets')
  @ApiOperation({
    operationId: 'countFiles',
    summary: 'Counts what a search for files finds, by extension, format, disk and accession.',
  })
  @ApiOkResponse({ standardSchema: FileFacets })
  async facets(@Query({ schema: FilesFilter }) query: FilesQuery): Promise<FileFacets> {
    return this.files.facets(query);
  }

  @Get('packages/:id/disk')
  @ApiOperation({ operationId: 'getDisk', summary: 'The volumes of the disk inside a package, and how many files they hold.' })
  @ApiOkResponse({ standardSchema: DiskView })
  async disk(@Param('id', { schema: Id }) id: string): Promise<DiskView> {
    return this.files.disk(id);
  }

  @Get('packages/:id/disk/files')
  @ApiOperation({
    operationId: 'listDiskFiles',
    summary: 'All files inside a disk, volume by volume and folder by folder, with their further streams.',
  })
  @ApiOkResponse({ standardSchema: DiskFiles })
  async listing(
    @Param('id', { schema: Id }) id: string,
    @Query({ schema: ListingQuery }) query: ListingQuery,
  ): Promise<Page<DiskFileView>> {
    return this.files.listing(id, query);
  }

  @Get('packages/:id/disk/files.csv')
  @ApiOperation({
    operationId: 'listDiskFilesAsCsv',
    summary: "The same as CSV (RFC 4180, UTF-8). A text that a spreadsheet would take for a formula has a ' before it.",
  })
  @ApiResponse({
    status: 200,
    description: 'A heading, and a line for each file.',
    content: { 'text/csv': { schema: { type: 'string' } } },
  })
  async csv(
    @Param('id', { schema: Id }) id: string,
    @Query({ schema: ListingQuery.pick({ volume: true }) }) { volume }: Pick<ListingQuery, 'volume'>,
  ): Promise<StreamableFile> {
    const type = 'text/csv; charset=utf-8; header=present';
    return new StreamableFile(await this.files.csv(id, volume), { type, disposition: `attachment; filename="${id}-files.csv"` });
  }

  @Post('packages/:id/extract')
  @ApiOperation({
    operationId: 'extractFiles',
    summary:
      'Files from inside a disk as a zip file: a BagIt bag with the files in data/, under names that every platform takes, and files.csv that tells what each was. Every byte is verified on its way; a zip that breaks off must not be trusted. It is an event.',
  })
  @ApiResponse({
    status: 200,
    description: 'The zip file, of a size that is not known before.',
    content: { 'application/zip': { schema: { type: 'string', format: 'binary' } } },
  })
  @HttpCode(HttpStatus.OK)
  async extract(
    @Param('id', { schema: Id }) id: string,
    @Body({ schema: ExtractSelection }) { paths, volume, withDeleted }: ExtractSelection,
  ): Promise<StreamableFile> {
    const zip = await this.extracting.zip({ packageId: id, paths, volume, withDeleted });
    return new StreamableFile(zip, { type: 'application/zip', disposition: `attachment; filename="${id}-files.zip"` });
  }

  @Get('packages/:id/disk/:volume/folder')
  @ApiOperation({ operationId: 'listFolder', summary: 'What a folder inside a disk holds, in order of the names.' })
  @ApiOkResponse({ standardSchema: DiskFiles })
  async folder(
    @Param('id', { schema: Id }) id: string,
    @Param('volume', { schema: VolumeNumber }) volume: number,
    @Query({ schema: FolderQuery }) query: FolderQuery,
  ): Promise<Page<DiskFileView>> {
    return this.files.folder(id, volume, query);
  }

  @Get('packages/:id/disk/:volume/file')
  @ApiOperation({ operationId: 'getFile', summary: 'What is known of one file inside a disk.' })
  @ApiOkResponse({ standardSchema: DiskFileView })
  async file(
    @Param('id', { schema: Id }) id: string,
    @Param('volume', { schema: VolumeNumber }) volume: number,
    @Query({ schema: FileQuery }) query: FileQuery,
  ): Promise<DiskFileView> {
    return this.files.view(await this.files.file(id, volume, query));
  }

  @Get('packages/:id/disk/file')
  @ApiOperation({ operationId: 'getFileAnywhere', summary: 'The same, in the only volume of the disk that has the path.' })
  @ApiOkResponse({ standardSchema: DiskFileView })
  async fileAnywhere(
    @Param('id', { schema: Id }) id: string,
    @Query({ schema: FileQuery }) query: FileQuery,
  ): Promise<DiskFileView> {
    return this.files.view(await this.files.file(id, await this.files.volumeWith(id, query), query));
  }

  @Get('packages/:id/disk/:volume/content')
  @ApiOperation({
    operationId: 'getFileContent',
    summary:
      'The bytes of a file inside a disk, whole or by range. A browser saves it and never runs it. Every reading is an event. The header Strongroom-Infected names what a virus scan found in it.',
  })
  @ApiContent()
  async content(
    @Param('id', { schema: Id }) id: string,
    @Param('volume', { schema: VolumeNumber }) volume: number,
    @Query({ schema: FileQuery }) query: FileQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StreamableFile | undefined> {
    const file = await this.files.file(id, volume, query);
    const whole = this.files.whole(file);
    // A stranger's file must never run in the origin of the archive.
    void reply.header('x-content-type-options', 'nosniff').header('content-security-policy', "sandbox; default-src 'none'");
    if (file.scan?.outcome === 'infected') void reply.header('strongroom-infected', inHeader(file.scan.found ?? 'yes'));
    return sendRange(reply, whole, (part) => this.files.read(file, part));
  }
}

/** What another program says, as a header takes it. */
function inHeader(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 200);
}
