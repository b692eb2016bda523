/** Exports over HTTP: 202, a job, then the content by range. */
import { Body, Controller, Get, HttpCode, HttpStatus, Param, Post, Res, type StreamableFile, UseGuards } from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiContent } from '../common/content.openapi.ts';
import { Id } from '../common/ids.ts';
import { LocalGuard } from '../common/local.guard.ts';
import { sendRange } from '../common/range.ts';
import { ExportView, LocalExport, StartExport } from './export.dto.ts';
import { ExportsService } from './exports.service.ts';

@ApiTags('exports')
@Controller('exports')
export class ExportsController {
  constructor(private readonly exports: ExportsService) {}

  @Post()
  @ApiOperation({ operationId: 'startExport', summary: 'Exports a package as one file: a job with the same id as the export.' })
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiAcceptedResponse({ standardSchema: ExportView })
  async start(@Body({ schema: StartExport }) asked: StartExport): Promise<ExportView> {
    return this.exports.start(asked);
  }

  @Post('local')
  @ApiOperation({
    operationId: 'startLocalExport',
    summary: "Exports to a path of the server's machine; only for its own command line.",
  })
  @UseGuards(LocalGuard)
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiAcceptedResponse({ standardSchema: ExportView })
  async startLocal(@Body({ schema: LocalExport }) asked: LocalExport): Promise<ExportView> {
    return this.exports.start(asked);
  }

  @Get(':id')
  @ApiOperation({ operationId: 'getExport', summary: 'Shows one export.' })
  @ApiOkResponse({ standardSchema: ExportView })
  async get(@Param('id', { schema: Id }) id: string): Promise<ExportView> {
    return this.exports.get(id);
  }

  @Get(':id/content')
  @ApiOperation({ operationId: 'getExportContent', summary: 'The exported file, whole or by range; its ETag is its SHA-256.' })
  @ApiContent()
  async content(
    @Param('id', { schema: Id }) id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StreamableFile | undefined> {
    const { read, ...file } = await this.exports.content(id);
    return sendRange(reply, file, read);
  }
}
