/** A package as something to take away: verified while it is written, and the taking away is an event. */
import { Inject, Injectable } from '@nestjs/common';
import { type Clock, Fault, FaultKind, type Progress } from '#ingest/kernel';
import { exportPackage, exporters, type ExportResult } from '#ingest/export';
import { CLOCK } from '../common/clock.module.ts';
import { newId } from '../common/ids.ts';
import { AGENTS, type Agents } from '../config/agents.ts';
import { ENGINE, type Engine } from '../engine/engine.ts';
import { EventsService } from '../events/events.service.ts';
import { PackagesService } from '../packages/packages.service.ts';
import { historyOf } from './history.ts';

export interface ExportRequest {
  readonly packageId: string;
  /** Id of an exporter: bag, tar, zip … */
  readonly as: string;
  /** Where it goes: a path that does not exist, in a folder that does. */
  readonly to: string;
  readonly withHistory: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: Progress | undefined;
}

@Injectable()
export class ExportingService {
  constructor(
    @Inject(ENGINE) private readonly engine: Engine,
    private readonly packages: PackagesService,
    private readonly events: EventsService,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(AGENTS) private readonly agents: Agents,
  ) {}

  /** @throws Fault 'package/unknown', 'export/unknown-kind', 'export/…' as the engine tells; nothing is left at the target then. */
  async export({ packageId, as, to, withHistory, signal, onProgress }: ExportRequest): Promise<ExportResult> {
    const exporter = exporters.get(as);
    if (exporter === undefined) {
      const known = [...exporters.keys()];
      throw new Fault(FaultKind.Refused, 'export/unknown-kind', `there is no export as "${as}"; choose ${known.join(', ')}`, {
        as,
        known,
      });
    }
    const opened = await this.packages.open(packageId);
    const history = withHistory ? { history: () => historyOf(packageId, this.events, this.engine.guard) } : {};
    const result = await exportPackage(exporter, opened, to, {
      ...history,
      ...(signal === undefined ? {} : { signal }),
      ...(onProgress === undefined ? {} : { onProgress }),
    });
    await this.events.record(
      {
        id: newId(),
        type: 'exporting',
        at: this.clock.now(),
        outcome: 'success',
        detail: `exported as ${as}${withHistory ? ' with its later history' : ''}; every byte was verified`,
        notes: result.sha256 === undefined ? [] : [`SHA-256 of the ${as} ${result.sha256}`],
        agents: this.agents,
        packageId,
        facts: {
          kind: 'export',
          as,
          bytes: result.bytes,
          files: result.files,
          ...(result.sha256 === undefined ? {} : { sha256: result.sha256 }),
        },
      },
      () => Promise.resolve(),
    );
    return result;
  }
}
