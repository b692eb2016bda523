/**
 * While the application listens on loopback, it answers only to the names of loopback. Otherwise a web site could make its own
 * name point to 127.0.0.1 (DNS rebinding) and have a visitor's browser read the archive as if it were the site itself.
 */
import type { FastifyInstance } from 'fastify';
import { Fault, FaultKind } from '#ingest/kernel';
import { problemOf } from './problem.filter.ts';

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]', '::1']);

export function answerToLoopbackOnly(server: FastifyInstance, listensOn: string): void {
  if (!LOOPBACK.has(listensOn)) return;
  server.addHook('onRequest', async (request, reply) => {
    if (LOOPBACK.has(request.hostname)) return;
    const message = `this archive answers on loopback only, and not as "${request.hostname}"; ask 127.0.0.1`;
    const problem = problemOf(new Fault(FaultKind.Refused, 'http/foreign-host', message));
    await reply
      .code(problem.status)
      .header('content-type', 'application/problem+json; charset=utf-8')
      .send(JSON.stringify(problem));
  });
}
