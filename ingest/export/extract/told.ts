/** What the list of extracted files says of times and doubts. */
import type { ExtractedFile } from './extraction.ts';

const ZONED = /(?:Z|[+-]\d\d:\d\d)$/;

/** A recorded time as a moment; one without a zone is taken as UTC. Undefined for none, or none that can be. */
export function dateOf(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const date = new Date(ZONED.test(text) ? text : `${text}Z`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

export function remarksOf(file: ExtractedFile, notes: readonly string[]): string[] {
  const { modified, doubt, facts = {}, attributes = [], remarks = [], hasUnread } = file;
  const told = Object.entries(facts).map(([name, value]) => `${name} ${value}`);
  return [
    ...notes,
    ...(modified !== undefined && !ZONED.test(modified) ? ['time without a zone, taken as UTC'] : []),
    ...(hasUnread ? ['has sectors that were never read from the carrier: what stands there is not the file'] : []),
    ...(doubt === undefined ? [] : [doubt]),
    ...remarks,
    ...attributes,
    ...told,
  ];
}
