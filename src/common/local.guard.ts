/** Lets in only those who can read the home: this machine's own command line. */
import { timingSafeEqual } from 'node:crypto';
import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Fault, FaultKind } from '#ingest/kernel';
import { LOCAL_TOKEN, TOKEN_HEADER } from '../config/local-token.ts';

@Injectable()
export class LocalGuard implements CanActivate {
  constructor(@Inject(LOCAL_TOKEN) private readonly token: string) {}

  canActivate(context: ExecutionContext): boolean {
    const given = Buffer.from(String(context.switchToHttp().getRequest<FastifyRequest>().headers[TOKEN_HEADER] ?? ''));
    const token = Buffer.from(this.token);
    if (token.length > 0 && given.length === token.length && timingSafeEqual(given, token)) return true;
    const message = 'paths of this machine are only taken from its own command line; upload the files instead';
    throw new Fault(FaultKind.Refused, 'http/only-local', message);
  }
}
