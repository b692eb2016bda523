/** The HTTP API as an OpenAPI 3.1 document: what the controllers say, and what all of them have in common. */
import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { problemSchema } from './common/problem.openapi.ts';
import { VERSION } from './config/agents.ts';
import { uploadPaths } from './deposits/uploads.openapi.ts';

const DESCRIPTION = `A digital-preservation archive for disk images.

Long work is a job: the answer is 202 with an id, \`/api/v1/jobs/{id}\` tells how far it is, \`/api/v1/jobs/{id}/events\` tells it
while it happens. Lists come in pages: \`next\` of one page is \`after\` for the following one. Errors are problems (RFC 9457)
whose \`code\` never changes its meaning. JSON answers to GET carry an ETag.`;

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;
type Responses = Operation['responses'];

/** The page for people at /api/docs, the document at /api/docs-json and /api/docs-yaml. Everything comes from this server. */
export function serveDescription(app: INestApplication): void {
  SwaggerModule.setup('api/docs', app, describe(app), {
    customSiteTitle: 'Strongroom: HTTP API',
    swaggerOptions: { validatorUrl: null, tryItOutEnabled: true },
  });
}

export function describe(app: INestApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Strongroom')
    .setDescription(DESCRIPTION)
    .setVersion(VERSION)
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .build();
  const document = SwaggerModule.createDocument(app, config);
  for (const [path, item] of Object.entries(document.paths)) {
    for (const method of ['get', 'post', 'patch', 'delete'] as const) {
      const operation = item[method];
      if (operation !== undefined) operation.responses = { ...common(path, method, operation), ...named(operation.responses) };
    }
  }
  document.paths = { ...document.paths, ...uploadPaths };
  document.components = { ...document.components, schemas: { ...document.components?.schemas, Problem: problemSchema } };
  return plain(document) as OpenAPIObject;
}

/** What follows from the kind of operation. */
function common(path: string, method: string, { parameters = [], requestBody, responses }: Operation): Responses {
  const isJson = JSON.stringify(responses['200'] ?? '').includes('application/json');
  return {
    ...(method === 'get' && isJson ? { 304: { description: 'The answer is the one that If-None-Match names.' } } : {}),
    ...(parameters.length > 0 || requestBody !== undefined ? { 400: problem('The address, or the JSON, is malformed.') } : {}),
    ...(path.endsWith('/local') ? { 403: problem("Only this machine's own command line may ask for it.") } : {}),
    ...(path.includes('{') ? { 404: problem('There is none.') } : {}),
    ...(requestBody === undefined ? {} : { 409: problem('Refused: the archive is in a state that does not allow it.') }),
    ...(requestBody === undefined ? {} : { 413: problem('The body has more than 1 MiB.') }),
    ...(requestBody === undefined ? {} : { 415: problem('The body is not JSON.') }),
    ...(requestBody === undefined ? {} : { 422: problem('Fields of the body are wrong: `errors` names them.') }),
    default: problem('Whatever else went wrong.'),
  };
}

function problem(description: string) {
  return { description, content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } };
}

const WORDS: Readonly<Record<string, string>> = { 200: 'Found.', 201: 'Recorded.', 202: 'Accepted; the job tells the rest.' };

function named(responses: Responses): Responses {
  return Object.fromEntries(
    Object.entries(responses).map(([status, response]) => [
      status,
      response !== undefined && 'description' in response && response.description === ''
        ? { ...response, description: WORDS[status] ?? status }
        : response,
    ]),
  );
}

/** Without what only repeats: patterns beside a format, and the bounds of JavaScript's own numbers. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(
    ([key, each]) =>
      !(key === 'pattern' && 'format' in value) &&
      !(key === 'minimum' && each === Number.MIN_SAFE_INTEGER) &&
      !(key === 'maximum' && each === Number.MAX_SAFE_INTEGER),
  );
  return Object.fromEntries(entries.map(([key, each]) => [key, plain(each)]));
}
