/** An event as a line of the journal, and back, checked. */
import { z } from 'zod';
import { Fault, FaultKind } from '#ingest/kernel';
import type { ArchiveEvent } from '#ingest/package';
import { vocabularies } from '#ingest/premis';

const terms = <T extends string>(vocabulary: { readonly [label in T]: unknown }): z.ZodType<T> =>
  z.enum(Object.keys(vocabulary) as [T, ...T[]]);

const JournalValue = z.object({
  id: z.string(),
  type: terms(vocabularies.eventType),
  at: z.iso.datetime(),
  outcome: terms(vocabularies.eventOutcome),
  detail: z.string(),
  notes: z.array(z.string()),
  agents: z.array(
    z.object({
      name: z.string(),
      type: terms(vocabularies.agentType),
      version: z.string().optional(),
      role: terms(vocabularies.eventRelatedAgentRole),
    }),
  ),
  package: z.string().optional(),
  accession: z.string().optional(),
  facts: z.record(z.string(), z.unknown()).optional(),
});

export function journalValue(event: ArchiveEvent): Record<string, unknown> {
  const { at, packageId, ...rest } = event;
  return { ...rest, at: at.toISOString(), ...(packageId === undefined ? {} : { package: packageId }) };
}

/** @throws Fault 'journal/not-an-event' for a line that no version of Strongroom wrote. */
export function eventOf(value: Record<string, unknown>, index: number): ArchiveEvent {
  const read = JournalValue.safeParse(value);
  if (!read.success) {
    const first = read.error.issues[0];
    throw new Fault(
      FaultKind.Unsupported,
      'journal/not-an-event',
      `entry ${index} of the journal is no event that this version knows (${first?.path.join('.')}: ${first?.message}); was it written by a newer version?`,
      { index },
    );
  }
  const { package: packageId, at, agents, accession, facts, ...rest } = read.data;
  return {
    ...rest,
    at: new Date(at),
    agents: agents.map(({ version, ...agent }) => (version === undefined ? agent : { ...agent, version })),
    ...(packageId === undefined ? {} : { packageId }),
    ...(accession === undefined ? {} : { accession }),
    ...(facts === undefined ? {} : { facts }),
  };
}
