/** Exports over HTTP: 202, a job, then the content by range. */
import {
  Body,
  Controller,
  Get,
  Headers,
  HttpCode,
  HttpStatus,
  Param,
  Post,
  Res,
  type StreamableFile,
  UseGuards,
} from '@nestjs/common';
import { ApiAcceptedResponse, ApiOkResponse, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
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
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiAcceptedResponse({ standardSchema: ExportView })
  async start(@Body({ schema: StartExport }) asked: StartExport): Promise<ExportView> {
    return this.exports.start(asked);
  }

  /** Exports to a path of the server's machine; only for its own command line. */
  @Post('local')
  @UseGuards(LocalGuard)
  @HttpCode(HttpStatus.ACCEPTED)
  @ApiAcceptedResponse({ standardSchema: ExportView })
  async startLocal(@Body({ schema: LocalExport }) asked: LocalExport): Promise<ExportView> {
    return this.exports.start(asked);
  }

  @Get(':id')
  @ApiOkResponse({ standardSchema: ExportView })
  async get(@Param('id', { schema: Id }) id: string): Promise<ExportView> {
    return this.exports.get(id);
  }

  @Get(':id/content')
  @ApiProduces('application/octet-stream')
  @ApiOkResponse({ description: 'The file, or the range that was asked for (206). Its ETag is its SHA-256.' })
  async content(
    @Param('id', { schema: Id }) id: string,
    @Headers('range') range: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StreamableFile | undefined> {
    const { name, size, sha256, read } = await this.exports.content(id);
    void reply.header('etag', `"${sha256}"`).header('accept-ranges', 'bytes');
    return sendRange(reply, { name, size }, range, read);
  }
}
