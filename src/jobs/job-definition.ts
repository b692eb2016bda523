/** What a job is: its kind, the schema of its payload, and the method that does it. */
import 'reflect-metadata';
import type { z } from 'zod';

/** `P` is the payload as the handler gets it, `I` as it is asked for (defaults left out). */
export interface JobDefinition<P = unknown, I = unknown> {
  /** `area.what`; stored in rows, so never changed. */
  readonly kind: string;
  readonly schema: z.ZodType<P, I>;
  /** How often it is begun at most, when the system fails or the process dies. */
  readonly maxAttempts: number;
}

export interface JobContext {
  readonly jobId: string;
  /** Aborted when the job is cancelled, the process stops, or another worker has taken over: stop soon, throw anything. */
  readonly signal: AbortSignal;
  /** May be called as often as one likes. */
  readonly progress: (stage: string, doneBytes: number, totalBytes: number) => void;
  readonly log: (message: string, facts?: Readonly<Record<string, unknown>>) => void;
}

/** Its answer (JSON, or nothing) becomes the result of the job. */
export type JobHandler<P> = (payload: P, context: JobContext) => Promise<unknown>;

/** Priority of what nobody waits for. Such jobs leave one worker to those that somebody waits for, where there are two. */
export const BACKGROUND = 10;

const HANDLES = 'strongroom:job';
const DEFAULT_ATTEMPTS = 5;
const defined = new Map<string, JobDefinition>();

/**
 * Defines a kind of job. The schema also guards the HTTP body that asks for it.
 * @throws TypeError when the kind is defined already.
 */
export function defineJob<P, I>(
  kind: string,
  schema: z.ZodType<P, I>,
  { maxAttempts = DEFAULT_ATTEMPTS } = {},
): JobDefinition<P, I> {
  if (defined.has(kind)) throw new TypeError(`the job kind "${kind}" is defined twice`);
  const definition = { kind, schema, maxAttempts };
  defined.set(kind, definition);
  return definition;
}

/**
 * Marks the method of a provider that does this kind of job. A Fault ends the job at once, except kind 'unreadable';
 * that, and a failing system, is tried again later: so a handler must be able to begin anew, or go on where it was.
 */
export function OnJob<P, I>(definition: JobDefinition<P, I>) {
  return <H extends JobHandler<P>>(_: object, __: string, method: TypedPropertyDescriptor<H>): void => {
    Reflect.defineMetadata(HANDLES, definition, method.value as object);
  };
}

/** The kind of job that a method does, if any. */
export function handledBy(method: object): JobDefinition | undefined {
  return Reflect.getMetadata(HANDLES, method) as JobDefinition | undefined;
}

/** Every kind of job that any imported module has defined. */
export function definedJobs(): readonly JobDefinition[] {
  return [...defined.values()];
}
