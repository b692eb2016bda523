/** Our standard records: identifiers, agents and events, with the obligatory parts filled in. */
import type { LinkedAgent, LinkedObject, NonEmpty, PremisAgent, PremisEvent, PremisIdentifier } from './entities.ts';
import type { EventOutcome, EventType } from './vocabulary.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/**
 * An identifier of type UUID.
 * @throws TypeError when it is not a UUID in lower case.
 */
export function uuid(value: string): PremisIdentifier {
  if (!UUID.test(value)) throw new TypeError(`"${value}" is not a UUID in lower case`);
  return { type: 'UUID', value };
}

/** An identifier that means something only in this archive: an accession number, a name of an account. */
export function local(value: string): PremisIdentifier {
  return { type: 'local', value };
}

/** A program. The version is obligatory: "which version did this?" is the first question years later. */
export function softwareAgent(identifier: PremisIdentifier, name: string, version: string, note?: string): PremisAgent {
  return {
    kind: 'agent',
    identifiers: [identifier],
    name,
    type: 'software',
    version,
    ...(note === undefined ? {} : { notes: [note] as const }),
  };
}

export function personAgent(identifier: PremisIdentifier, name: string): PremisAgent {
  return { kind: 'agent', identifiers: [identifier], name, type: 'person' };
}

export function organizationAgent(identifier: PremisIdentifier, name: string): PremisAgent {
  return { kind: 'agent', identifiers: [identifier], name, type: 'organization' };
}

/**
 * An event with an id of ours.
 * @param facts.id UUID, made by the caller (a version 7 one, so that ids sort by time).
 * @throws TypeError when the id is no UUID.
 */
export function preservationEvent(facts: {
  readonly id: string;
  readonly type: EventType;
  readonly at: Date;
  readonly outcome: EventOutcome;
  readonly agents: NonEmpty<LinkedAgent>;
  readonly objects: NonEmpty<LinkedObject>;
  readonly detail?: string;
  readonly notes?: readonly string[];
}): PremisEvent {
  const { id, notes = [], ...rest } = facts;
  const [first, ...others] = notes;
  return { kind: 'event', identifier: uuid(id), ...rest, ...(first === undefined ? {} : { notes: [first, ...others] as const }) };
}
