/** The API description: made by the program, committed, complete, and true of what the program answers. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DepositsService } from '#built/src/deposits/deposits.service';
import { readSettings } from '#built/src/config/settings';
import { openHome } from '#built/src/database/home';
import { describe as describeApi, serveDescription } from '#built/src/openapi';
import { createApp } from '#built/src/server';

const root = fileURLToPath(new URL('../../', import.meta.url));
let home = '';
let app: NestFastifyApplication;
let url = '';
let document: ReturnType<typeof describeApi>;
let id = '';

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'strongroom-openapi-'));
  const settings = readSettings({}, { home, logLevel: 'error' });
  await openHome(home);
  app = await createApp({ settings, access: 'write', person: undefined, roles: ['api'], localToken: 'token' });
  serveDescription(app);
  await app.listen(0, '127.0.0.1');
  url = await app.getUrl();
  document = describeApi(app);
  id = (await app.get(DepositsService).ingest({ path: join(root, 'examples/donated-disk/carrier'), again: false })).id;
});
afterAll(async () => {
  await app?.close();
  await rm(home, { recursive: true, force: true });
});

const operations = () =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([method]) => ['get', 'post', 'patch', 'delete', 'head', 'options', 'put'].includes(method))
      .map(([method, operation]) => ({ path, method, operation: operation as NonNullable<(typeof item)['get']> })),
  );

describe('the API description', () => {
  it('is the one in schemas/openapi.json', async () => {
    await expect(`${JSON.stringify(document, undefined, 2)}\n`).toMatchFileSnapshot('../../schemas/openapi.json');
  });

  it('names every route of the server, and no other', () => {
    const routes = routesOf(app.getHttpAdapter().getInstance().printRoutes({ commonPrefix: false }));
    const described = operations().map(({ path, method }) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`);
    expect(routes).toEqual(expect.arrayContaining(described));
    // Every method below /uploads goes to the tus server, which refuses those that are none of its own.
    const ours = routes.filter((route) => / \/api\/v1\/(?!uploads)/.test(route));
    expect(ours.filter((route) => !route.startsWith('HEAD ')).toSorted()).toEqual(
      described.filter((route) => !route.includes('/uploads')).toSorted(),
    );
  });

  it('has words, a name of its own, and a problem for every operation; nothing of the validator', () => {
    const ids = operations().map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { operation, method } of operations()) {
      expect(operation.operationId).toMatch(/^[a-z][A-Za-z]+$/);
      expect(operation.summary).toMatch(/\.$/);
      expect(operation.tags).toHaveLength(1);
      for (const response of Object.values(operation.responses))
        expect(response).toMatchObject({ description: expect.stringMatching(/\S/) });
      expect(Object.keys(operation.responses)).toContain(method === 'options' ? '204' : 'default');
    }
    expect(JSON.stringify(document)).not.toMatch(/zod|~standard|"\$schema"|"\$defs"|9007199254740991|__schema/i);
  });

  it('has no reference that leads nowhere', () => {
    const names = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name);
    expect(names).toContain('Problem');
    expect(Object.keys(document.components?.schemas ?? {})).toEqual(expect.arrayContaining([...new Set(names)]));
  });

  it('is served as JSON and YAML, with a page for people that takes nothing from elsewhere', async () => {
    expect(await (await fetch(`${url}/api/docs-json`)).json()).toEqual(JSON.parse(JSON.stringify(document)));
    expect(await (await fetch(`${url}/api/docs-yaml`)).text()).toContain('openapi: 3.1.0');
    const page = await (await fetch(`${url}/api/docs`)).text();
    const links = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link = '']) => link);
    expect(links.length).toBeGreaterThan(2);
    for (const link of links) {
      expect(new URL(link, `${url}/api/docs`).origin).toBe(url);
      expect((await fetch(new URL(link, `${url}/api/docs`))).status).toBe(200);
    }
  });
});

describe('what the server answers', () => {
  const unknown = '01a205f0-31e6-7680-91d6-369d698951c7';
  const judge = judgeOf();

  it.each([
    ['post', '/api/v1/accessions', '/api/v1/accessions', 201, { number: '7', received: '2026-11-20' }],
    ['post', '/api/v1/accessions', '/api/v1/accessions', 409, { number: '7' }],
    ['post', '/api/v1/accessions', '/api/v1/accessions', 422, { number: 7 }],
    ['post', '/api/v1/accessions', '/api/v1/accessions', 400, '{'],
    ['get', '/api/v1/accessions', '/api/v1/accessions?limit=1', 200],
    ['get', '/api/v1/accessions', '/api/v1/accessions?limit=0', 400],
    ['get', '/api/v1/accessions/{number}', '/api/v1/accessions/7', 200],
    ['get', '/api/v1/accessions/{number}', '/api/v1/accessions/8', 404],
    ['patch', '/api/v1/accessions/{number}', '/api/v1/accessions/7', 200, { donor: 'Ada' }],
    ['get', '/api/v1/packages', '/api/v1/packages', 200],
    ['get', '/api/v1/packages/{id}', '/api/v1/packages/ID', 200],
    ['get', '/api/v1/packages/{id}', `/api/v1/packages/${unknown}`, 404],
    ['get', '/api/v1/packages/{id}/files', '/api/v1/packages/ID/files?limit=3', 200],
    ['get', '/api/v1/packages/{id}/events', '/api/v1/packages/ID/events', 200],
    ['get', '/api/v1/packages/{id}/content', '/api/v1/packages/ID/content?path=none', 404],
    ['get', '/api/v1/search', '/api/v1/search?q=marrowby', 200],
    ['post', '/api/v1/deposits', '/api/v1/deposits', 404, { uploads: ['0'.repeat(32)] }],
    ['post', '/api/v1/deposits/local', '/api/v1/deposits/local', 403, { path: '/x' }],
    ['get', '/api/v1/fixity', '/api/v1/fixity', 200],
    ['post', '/api/v1/fixity/runs', '/api/v1/fixity/runs', 202, { all: true }],
    ['post', '/api/v1/exports', '/api/v1/exports', 202, { package: 'ID' }],
    ['get', '/api/v1/exports/{id}', `/api/v1/exports/${unknown}`, 404],
    ['get', '/api/v1/jobs', '/api/v1/jobs', 200],
    ['get', '/api/v1/jobs/{id}', `/api/v1/jobs/${unknown}`, 404],
    ['get', '/api/v1/health/live', '/api/v1/health/live', 200],
    ['get', '/api/v1/health/checkup', '/api/v1/health/checkup', 200],
    ['post', '/api/v1/uploads', '/api/v1/uploads', 412],
  ] as const)('%s %s: %s with %i is as described', async (method, path, asked, status, body?: unknown) => {
    const sent = typeof body === 'string' ? body : JSON.stringify(body)?.replace('"ID"', `"${id}"`);
    const answer = await fetch(url + asked.replace('ID', id), {
      method: method.toUpperCase(),
      ...(sent === undefined ? {} : { body: sent, headers: { 'content-type': 'application/json' } }),
    });
    expect(answer.status).toBe(status);
    const type = (answer.headers.get('content-type') ?? '').split(';')[0] ?? '';
    const responses = operations().find((each) => each.path === path && each.method === method)?.operation.responses ?? {};
    const described = String(status) in responses ? String(status) : 'default';
    const pointer = ['paths', path, method, 'responses', described, 'content', type, 'schema'];
    expect(judge(document, pointer, await answer.json())).toEqual([]);
  });
});

/** `METHOD /path` of each line of Fastify's drawing of its routes. */
function routesOf(drawing: string): string[] {
  const stack: string[] = [];
  return drawing.split('\n').flatMap((line) => {
    const match = /^((?:│? {3,4}|│ {3}| {4})*)[├└]── (\S+)(?: \((.*)\))?$/.exec(line);
    if (match === null) return [];
    const [, indent = '', part = '', methods = ''] = match;
    const depth = indent.length / 4;
    stack.length = depth;
    stack.push(part);
    const all = methods.split(', ').filter((method) => method !== '');
    return all.filter((method) => OURS.has(method)).map((method) => `${method} ${stack.join('')}`);
  });
}
const OURS = new Set(['GET', 'POST', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'PUT']);

/** JSON Schema 2020-12, which OpenAPI 3.1 uses, by the validator that Fastify brings along. */
function judgeOf() {
  const fastify = createRequire(createRequire(import.meta.url).resolve('fastify'));
  const compiler = createRequire(fastify.resolve('@fastify/ajv-compiler'));
  interface Validate {
    (value: unknown): boolean;
    errors?: { instancePath: string; message?: string }[] | null;
  }
  const { Ajv2020 } = compiler('ajv/dist/2020.js') as {
    Ajv2020: new (options: object) => { addSchema(schema: object, key: string): void; compile(schema: object): Validate };
  };
  return (whole: object, pointer: string[], value: unknown): string[] => {
    const ajv = new Ajv2020({ strict: false, logger: false, allErrors: true, validateSchema: false });
    (compiler('ajv-formats') as (ajv: object) => void)(ajv);
    ajv.addSchema(whole, 'api');
    const steps = pointer.map((step) => encodeURIComponent(step.replaceAll('~', '~0').replaceAll('/', '~1')));
    const validate = ajv.compile({ $ref: `api#/${steps.join('/')}` });
    return validate(value) ? [] : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  };
}
