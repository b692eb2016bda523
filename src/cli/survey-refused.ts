/** A survey that could not be made, where others may be. */
import { Fault, FaultKind } from '#ingest/kernel';
import type { SurveyRefused } from './archive.ts';

/** @throws `error` when the system failed: it will fail the next one too. */
export function surveyRefused(id: string, error: unknown): SurveyRefused {
  if (error instanceof Fault && error.kind !== FaultKind.Unreadable) return { package: id, outcome: 'refused', error };
  throw error;
}
