/** JSON Schema 2020-12 by Ajv, the validator that Fastify brings along: a second opinion, not a dependency of ours. */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

interface Judge {
  (document: unknown): boolean;
  errors?: readonly { instancePath: string; message?: string }[] | null;
}

interface Ajv {
  addSchema(schema: object, key: string): void;
  getSchema(key: string): Judge | undefined;
  validateSchema(schema: object): unknown;
  errorsText(): string;
}

const fastify = createRequire(createRequire(import.meta.url).resolve('fastify'));
const compiler = createRequire(fastify.resolve('@fastify/ajv-compiler'));
const { Ajv2020 } = compiler('ajv/dist/2020.js') as { Ajv2020: new (options: object) => Ajv };
const addFormats = compiler('ajv-formats') as (ajv: Ajv) => void;

const folder = new URL('../../schemas/', import.meta.url);
const BASE = 'https://schemas.invalid/'; // the schemas have no $id: wherever they lie is their base

/** Names of all our JSON Schemas, relative to schemas/. */
export const names: readonly string[] = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .map((name) => name.replaceAll('\\', '/'))
  .filter((name) => name.endsWith('.schema.json'))
  .toSorted();

export function schema(name: string): object {
  return JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as object;
}

/** Strict: an unknown keyword, or a type that can't be, is an error and not ignored. */
const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, strictRequired: false, allErrors: true });
addFormats(ajv);
for (const name of names) ajv.addSchema(schema(name), `${BASE}${name}`);

/** Undefined when the schema is a valid one of the draft 2020-12. */
export function faultOfSchema(name: string): string | undefined {
  return ajv.validateSchema(schema(name)) === true ? undefined : ajv.errorsText();
}

/** What is wrong with the document; empty when it is as the schema says. */
export function complaints(name: string, document: unknown): string[] {
  const judge = ajv.getSchema(`${BASE}${name}`);
  if (judge === undefined) throw new TypeError(`there is no schema ${name}`);
  return judge(document) ? [] : (judge.errors ?? []).map((error) => `${error.instancePath} ${error.message ?? ''}`);
}
