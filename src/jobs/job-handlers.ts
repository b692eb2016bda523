/** Finds the one method for every kind of job; the application does not start when one has none, or two. */
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { definedJobs, handledBy, type JobDefinition, type JobHandler } from './job-definition.ts';

interface Handler {
  definition: JobDefinition;
  handle: JobHandler<unknown>;
  /** `Class.method`, for messages. */
  name: string;
}

@Injectable()
export class JobHandlers implements OnModuleInit {
  readonly #discovery: DiscoveryService;
  readonly #scanner: MetadataScanner;
  readonly #handlers = new Map<string, Handler>();

  constructor(@Inject(DiscoveryService) discovery: DiscoveryService, @Inject(MetadataScanner) scanner: MetadataScanner) {
    this.#discovery = discovery;
    this.#scanner = scanner;
  }

  onModuleInit(): void {
    for (const handler of this.#find()) {
      const { kind } = handler.definition;
      const other = this.#handlers.get(kind);
      if (other !== undefined) throw new TypeError(`the job kind "${kind}" has two handlers: ${other.name} and ${handler.name}`);
      this.#handlers.set(kind, handler);
    }
    const without = definedJobs().filter(({ kind }) => !this.#handlers.has(kind));
    if (without.length > 0) {
      throw new TypeError(`no @OnJob method handles ${without.map(({ kind }) => `"${kind}"`).join(', ')}`);
    }
  }

  /** The handler of a kind; undefined for a kind that this version does not know. */
  of(kind: string): Handler | undefined {
    return this.#handlers.get(kind);
  }

  *#find(): Generator<Handler> {
    const instances = new Set(this.#discovery.getProviders().map((wrapper) => wrapper.instance as unknown));
    for (const instance of instances) {
      if (typeof instance !== 'object' || instance === null) continue;
      const prototype = Object.getPrototypeOf(instance) as Record<string, unknown> | null;
      for (const method of this.#scanner.getAllMethodNames(prototype)) {
        const member = prototype?.[method];
        const definition = typeof member === 'function' ? handledBy(member) : undefined;
        if (definition === undefined) continue;
        const handle = (member as JobHandler<unknown>).bind(instance);
        yield { definition, handle, name: `${instance.constructor.name}.${method}` };
      }
    }
  }
}
