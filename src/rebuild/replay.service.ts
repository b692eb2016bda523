/** The journal's entries as rows: those that a crash left without, and all of them when the catalogue is rebuilt. */
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { ArchiveEvent } from '#ingest/package';
import { AccessionsService } from '../accessions/accessions.service.ts';
import { type Apply, EventsService } from '../events/events.service.ts';
import { FixityService } from '../fixity/fixity.service.ts';
import { PackagesService } from '../packages/packages.service.ts';
import { UPDATE } from '../packages/package-update.port.ts';
import { ScanningService } from '../scanning/scanning.service.ts';
import { SurveyingService } from '../surveys/surveying.service.ts';

const Kind = z.object({ kind: z.string() }).optional();

@Injectable()
export class ReplayService {
  constructor(
    private readonly events: EventsService,
    private readonly accessions: AccessionsService,
    private readonly packages: PackagesService,
    private readonly fixity: FixityService,
    private readonly scanning: ScanningService,
    private readonly surveying: SurveyingService,
  ) {}

  /**
   * Writes the rows of every entry that has none yet.
   * @param onEntry called after each, with its index.
   * @returns how many entries were applied.
   * @throws Fault 'events/journal-shorter'; 'journal/altered', 'journal/gap', 'package/…' at the first entry that can't be.
   */
  async catchUp(onEntry?: (index: number) => void): Promise<number> {
    await this.events.mustNotBeAhead();
    let applied = 0;
    for await (const { index, event } of this.events.unapplied()) {
      await this.events.applyAt(index, event, this.applyOf(event));
      applied += 1;
      onEntry?.(index);
    }
    return applied;
  }

  private applyOf(event: ArchiveEvent): Apply {
    switch (Kind.parse(event.facts)?.kind ?? 'told') {
      case 'accession':
        return (each, manager) => this.accessions.apply(each, manager);
      case 'stored':
        return (each, manager) => this.packages.applyStored(each, manager);
      case 'audit':
        return (each, manager) => this.fixity.apply(each, manager);
      case UPDATE:
        return (each, manager) => this.surveying.apply(each, manager);
      case 'scan':
        return (each, manager) => this.scanning.apply(each, manager);
      default:
        return () => Promise.resolve(); // told of in the event's own row, and nowhere else
    }
  }
}
