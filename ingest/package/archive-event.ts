/** An event as the journal keeps it: PREMIS terms, its agents written out, so that each line stands for itself. */
import type { AgentRole, AgentType, EventOutcome, EventType } from '../premis/index.ts';

export interface EventAgent {
  readonly name: string;
  readonly type: AgentType;
  readonly version?: string;
  readonly role: AgentRole;
}

/** Facts are for programs: what the catalogue needs to be rebuilt. Notes are for people. */
export interface ArchiveEvent {
  /** UUIDv7. */
  readonly id: string;
  readonly type: EventType;
  readonly at: Date;
  readonly outcome: EventOutcome;
  readonly detail: string;
  readonly notes: readonly string[];
  readonly agents: readonly EventAgent[];
  readonly packageId?: string;
  readonly accession?: string;
  readonly facts?: Readonly<Record<string, unknown>>;
}
