/** The tus endpoint: every method below /uploads is the protocol's, not ours. */
import { All, Controller, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { UploadsService } from './uploads.service.ts';

@ApiExcludeController()
@Controller('uploads')
export class UploadsController {
  constructor(private readonly uploads: UploadsService) {}

  @All(['', '*id'])
  async handle(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    reply.hijack();
    await this.uploads.handle(request.raw, reply.raw);
  }
}
