/** The tus endpoint: every method below /uploads is the protocol's, not ours. */
import { All, Controller, MethodNotAllowedException, Req, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { UploadsService } from './uploads.service.ts';

@ApiExcludeController()
@Controller('uploads')
export class UploadsController {
  constructor(private readonly uploads: UploadsService) {}

  @All(['', ':id'])
  async handle(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    // The protocol has no GET, its server has: what was uploaded is read again in its package only.
    if (request.method === 'GET') throw new MethodNotAllowedException('uploads can be sent, resumed and removed, not read');
    reply.hijack();
    await this.uploads.handle(request.raw, reply.raw);
  }
}
