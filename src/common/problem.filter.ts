/** Every error as RFC 9457 problem+json: a Fault with its code and facts; the unexpected without its insides, but logged. */
import { STATUS_CODES } from 'node:http';
import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ZodError } from 'zod';
import { Fault, FaultKind } from '#ingest/kernel';
import { type WrongField, wrongFields, WrongFields } from './validation.ts';

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  /** `area/what`, unique, never reused. */
  code: string;
  facts?: Fault['facts'];
  errors?: readonly WrongField[];
  /** The request in our log. */
  instance?: string;
}

const STATUS: Readonly<Record<FaultKind, number>> = {
  [FaultKind.Corrupt]: 422,
  [FaultKind.Truncated]: 422,
  [FaultKind.Unsupported]: 415,
  [FaultKind.Missing]: 404,
  [FaultKind.Unreadable]: 503,
  [FaultKind.Refused]: 409,
};
/** Codes that HTTP has a better word for than for others of their kind. */
const STATUS_OF_CODE: Readonly<Record<string, number>> = {
  'http/only-local': 403,
  'http/foreign-host': 403,
  'paging/wrong-cursor': 400,
};
const RETRY_SECONDS = 10;

@Catch()
export class ProblemFilter implements ExceptionFilter {
  readonly #logger = new Logger('http');

  catch(error: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const problem = problemOf(error);
    if (problem.status >= 500) {
      problem.instance = `urn:strongroom:request:${request.id}`;
      const stack = error instanceof Error ? error.stack : undefined;
      this.#logger.error(`${request.method} ${request.url} (${request.id}): ${String(error)}`, stack);
    }
    if (reply.sent || reply.raw.headersSent) {
      reply.raw.destroy();
      return;
    }
    if (problem.status === 503) void reply.header('retry-after', String(RETRY_SECONDS));
    void reply.removeHeader('etag').code(problem.status).header('content-type', 'application/problem+json; charset=utf-8');
    void reply.send(JSON.stringify(problem));
  }
}

/** The problem that tells of `error` what outsiders may know. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ZodError) return problemOf(wrongFields(error.issues, { type: 'body' }));
  if (error instanceof Fault) {
    const { code, message, facts } = error;
    return {
      ...base(STATUS_OF_CODE[code] ?? STATUS[error.kind], code, message),
      ...(Object.keys(facts).length > 0 ? { facts } : {}),
    };
  }
  if (error instanceof WrongFields) {
    return { ...base(error.status, 'http/wrong-fields', error.message), errors: error.fields };
  }
  if (error instanceof HttpException) return base(error.getStatus(), undefined, error.message);
  const status = clientMistake(error);
  if (status !== undefined) return base(status, undefined, error instanceof Error ? error.message : '');
  return base(500, 'http/unexpected', 'something went wrong that should not; the log tells more about this request');
}

function base(status: number, code: string | undefined, detail: string): Problem {
  const title = STATUS_CODES[status] ?? 'Error';
  const ours = code ?? `http/${title.toLowerCase().replaceAll(/[^a-z]+/g, '-')}`;
  return { type: `urn:strongroom:problem:${ours}`, title, status, detail, code: ours };
}

/** Fastify's own refusals (malformed JSON, a body too large) carry their status. */
function clientMistake(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('statusCode' in error)) return undefined;
  const status = error.statusCode;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}
