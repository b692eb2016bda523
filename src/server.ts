/** The application over HTTP: API, workers and clock in one process, described by OpenAPI. */
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Fault, FaultKind, isSystemError, wordsOfSystemError } from '#ingest/kernel';
import { AppModule, type AppOptions } from './app.module.ts';
import { configureHttp } from './common/http.ts';
import { Log } from './common/log.ts';
import { answerToLoopbackOnly } from './common/loopback-host.ts';
import type { Settings } from './config/settings.ts';
import { serveDescription } from './openapi.ts';

/** Bodies are orders, never content: content comes by tus. */
const LARGEST_BODY = 1 << 20;

/** A hundred characters of any script, as an address spells them. */
const LONGEST_PARAMETER = 1200;

export interface Server {
  /** Where it answers, without a path. */
  readonly url: string;
  close(): Promise<void>;
}

/** @param token what the command line on this machine shows to be let in. The caller holds the home's lock, and closes. */
export async function startServer(settings: Settings, token: string): Promise<Server> {
  const app = await createApp({
    settings,
    access: 'write',
    person: undefined,
    roles: ['api', 'worker', 'scheduler'],
    localToken: token,
  });
  serveDescription(app);
  await listen(app, settings);
  const address = app.getHttpServer().address();
  const port = address !== null && typeof address === 'object' ? address.port : settings.port;
  const host = settings.host.includes(':') ? `[${settings.host}]` : settings.host;
  return { url: `http://${host}:${port}`, close: () => app.close() };
}

async function listen(app: NestFastifyApplication, { host, port }: Settings): Promise<void> {
  try {
    await app.listen(port, host);
  } catch (error) {
    await app.close();
    if (!isSystemError(error)) throw error;
    const message = `can't listen on ${host}, port ${port}: ${wordsOfSystemError(error)}; choose others with STRONGROOM_HOST and STRONGROOM_PORT (0: any free port)`;
    throw new Fault(FaultKind.Refused, 'server/not-listening', message, { host, port }, { cause: error });
  }
}

/** Takes orders and the pieces of uploads, and nothing else. */
export function httpAdapter({ host }: Pick<Settings, 'host'>): FastifyAdapter {
  const adapter = new FastifyAdapter({
    bodyLimit: LARGEST_BODY,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: LONGEST_PARAMETER },
  });
  answerToLoopbackOnly(adapter.getInstance(), host);
  adapter.getInstance().removeContentTypeParser('text/plain');
  // tus sends its pieces as this type; they are streamed to disk, not parsed.
  adapter.getInstance().addContentTypeParser('application/offset+octet-stream', (_request, _payload, done) => done(null));
  return adapter;
}

/** The application, configured, not listening. */
export async function createApp(options: AppOptions): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.of(options), httpAdapter(options.settings), {
    logger: new Log(options.settings.logLevel),
    abortOnError: false,
    // Fastify's own parser takes JSON. Nest would take forms as well, which any web site can make a browser send.
    bodyParser: false,
  });
  configureHttp(app);
  return app;
}
