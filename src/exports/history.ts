/** The events since sealing as a PREMIS document, for an export with history. */
import type { EventAgent } from '#ingest/package';
import {
  local,
  type PremisAgent,
  type PremisEvent,
  type PremisGuard,
  preservationEvent,
  uuid,
  writePremis,
} from '#ingest/premis';
import type { EventsService, RecordedEvent } from '../events/events.service.ts';

/** Oldest first; the same events give the same bytes. At most some thousand events: they are held in memory. */
export async function* historyOf(packageId: string, events: EventsService, guard: PremisGuard): AsyncIterable<string> {
  const later = (await events.of(packageId)).filter((event) => !event.sealed);
  const chunks: string[] = [];
  await writePremis(
    (chunk) => {
      chunks.push(chunk);
    },
    {
      objects: [{ kind: 'representation', identifiers: [uuid(packageId)] }],
      events: later.map((event) => premisOf(packageId, event)),
      agents: agentsIn(later),
    },
    guard,
  );
  yield* chunks;
}

function premisOf(packageId: string, event: RecordedEvent): PremisEvent {
  const [first, ...others] = event.agents.map((agent) => ({ ...identifierOf(agent), role: agent.role }));
  if (first === undefined) throw new TypeError(`event ${event.id} has no agent`);
  return preservationEvent({
    id: event.id,
    type: event.type,
    at: event.at,
    outcome: event.outcome,
    ...(event.detail === '' ? {} : { detail: event.detail }),
    notes: event.notes,
    agents: [first, ...others],
    objects: [{ ...uuid(packageId), role: 'source' }],
  });
}

function agentsIn(events: readonly RecordedEvent[]): PremisAgent[] {
  const agents = new Map<string, PremisAgent>();
  for (const agent of events.flatMap((event) => event.agents)) {
    const identifier = identifierOf(agent);
    const version = agent.version === undefined ? {} : { version: agent.version };
    agents.set(identifier.value, { kind: 'agent', identifiers: [identifier], name: agent.name, type: agent.type, ...version });
  }
  return [...agents.values()];
}

function identifierOf({ name, version }: EventAgent): { type: string; value: string } {
  return local(version === undefined ? name : `${name} ${version}`);
}
