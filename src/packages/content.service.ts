/** Bytes of single files, for people: found, read, and written down as an event. */
import { finished, type Readable } from 'node:stream';
import { Inject, Injectable } from '@nestjs/common';
import { type Clock, Fault, FaultKind } from '#ingest/kernel';
import { packageKey } from '#ingest/package';
import type { StoredObject } from '#ingest/storage';
import { CLOCK } from '../common/clock.module.ts';
import { newId } from '../common/ids.ts';
import { AGENTS, type Agents } from '../config/agents.ts';
import { ENGINE, type Engine } from '../engine/engine.ts';
import { EventsService } from '../events/events.service.ts';
import { PackageLocks } from './package-locks.service.ts';
import { PackagesService } from './packages.service.ts';

export interface Content {
  readonly packageId: string;
  readonly name: string;
  readonly size: number;
  readonly sha256: string;
}

@Injectable()
export class ContentService {
  constructor(
    @Inject(ENGINE) private readonly engine: Engine,
    private readonly packages: PackagesService,
    private readonly locks: PackageLocks,
    private readonly events: EventsService,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(AGENTS) private readonly agents: Agents,
  ) {}

  /** @throws Fault 'package/unknown', 'package/no-such-file'. */
  async find(packageId: string, path: string): Promise<Content> {
    const file = await this.packages.file(packageId, path);
    return { packageId, name: file.path, size: file.size, sha256: file.sha256 };
  }

  /** The bytes, unverified (a range can't be); the reading is recorded before the first byte leaves. */
  async read(content: Content, part: { offset: number; length: number }): Promise<Readable> {
    const object = await this.openAsFound(content);
    const stream = object.stream(part);
    // Not its 'close': that comes only when the object is closed.
    finished(stream, () => void object[Symbol.asyncDispose]());
    const reading = this.record(content.packageId, content.name, part);
    await reading.catch((error: unknown) => {
      stream.destroy();
      throw error;
    });
    return stream;
  }

  /** Once open it stays what it is, whatever takes its place. @throws Fault 'package/just-changed' when that happened before. */
  private async openAsFound({ packageId, name, sha256 }: Content): Promise<StoredObject> {
    using _ = await this.locks.reading(packageId);
    if ((await this.packages.file(packageId, name)).sha256 === sha256)
      return await this.engine.storage.open(`${packageKey(packageId)}/${name}`);
    const message = `${name} of package ${packageId} was replaced by an update at this moment; ask for it again`;
    throw new Fault(FaultKind.Unreadable, 'package/just-changed', message, { id: packageId, path: name });
  }

  /** Writes down that somebody reads `part` of `what`. */
  async record(packageId: string, what: string, part: { offset: number; length: number }): Promise<void> {
    const event = {
      id: newId(),
      type: 'dissemination',
      at: this.clock.now(),
      outcome: 'success',
      detail: `${what}: ${part.length} bytes from byte ${part.offset} were read`,
      notes: [],
      agents: this.agents,
      packageId,
      facts: { kind: 'read', path: what, ...part },
    } as const;
    await this.events.record(event, () => Promise.resolve());
  }
}
