/** The application over HTTP: API, workers and clock in one process, described by OpenAPI. */
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { AppModule, type AppOptions } from './app.module.ts';
import { configureHttp } from './common/http.ts';
import { Log } from './common/log.ts';
import { VERSION } from './config/agents.ts';
import type { Settings } from './config/settings.ts';

/** Bodies are orders, never content: content comes by tus. */
const LARGEST_BODY = 1 << 20;

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
  SwaggerModule.setup('api/docs', app, describe(app));
  await app.listen(settings.port, settings.host);
  const address = app.getHttpServer().address();
  const port = address !== null && typeof address === 'object' ? address.port : settings.port;
  const host = settings.host.includes(':') ? `[${settings.host}]` : settings.host;
  return { url: `http://${host}:${port}`, close: () => app.close() };
}

/** The application, configured, not listening. */
export async function createApp(options: AppOptions): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({ bodyLimit: LARGEST_BODY });
  // tus sends its pieces as this type; they are streamed to disk, not parsed.
  adapter.getInstance().addContentTypeParser('application/offset+octet-stream', (_request, _payload, done) => done(null));
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.of(options), adapter, {
    logger: new Log(options.settings.logLevel),
    abortOnError: false,
  });
  configureHttp(app);
  return app;
}

export function describe(app: NestFastifyApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Strongroom')
    .setDescription(
      'A digital-preservation archive for disk images. Uploads: tus 1.0 at /api/v1/uploads. Errors: RFC 9457 problem+json.',
    )
    .setVersion(VERSION)
    .build();
  return SwaggerModule.createDocument(app, config);
}
