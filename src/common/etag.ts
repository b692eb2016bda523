/** A strong ETag on every JSON answer to a GET, and 304 to those who have it already. Streams are left alone. */
import { createHash } from 'node:crypto';
import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor, StreamableFile } from '@nestjs/common';
import { SSE_METADATA } from '@nestjs/common/internal';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { map, type Observable } from 'rxjs';

@Injectable()
export class EtagInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http') return next.handle();
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const reply = context.switchToHttp().getResponse<FastifyReply>();
    const isEventStream = Reflect.hasMetadata(SSE_METADATA, context.getHandler());
    if (!['GET', 'HEAD'].includes(request.method) || isEventStream) return next.handle();
    return next.handle().pipe(map((body: unknown) => answer(body, request, reply)));
  }
}

function answer(body: unknown, request: FastifyRequest, reply: FastifyReply): unknown {
  const isJson = typeof body === 'object' && body !== null && !(body instanceof StreamableFile) && !('pipe' in body);
  if (!isJson || reply.sent || reply.statusCode !== 200 || reply.hasHeader('etag')) return body;
  const etag = `"${createHash('sha256').update(JSON.stringify(body)).digest('base64url')}"`;
  void reply.header('etag', etag).header('cache-control', 'no-cache');
  if (!hasTag(request.headers['if-none-match'], etag)) return body;
  void reply.code(304);
  return undefined;
}

/** RFC 9110 §13.1.2: a list of tags compared weakly, or `*`. */
export function hasTag(header: string | undefined, etag: string): boolean {
  const tags = header?.split(',').map((tag) => tag.trim().replace(/^W\//, '')) ?? [];
  return tags.includes('*') || tags.includes(etag);
}
