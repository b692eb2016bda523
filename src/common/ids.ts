/** Ids: UUIDv7, so that they sort by the time they were made. */
import { v7 } from 'uuid';
import { z } from 'zod';

export function newId(): string {
  return v7();
}

/** An id as it comes from outside. */
export const Id = z.uuid().describe('An id.');
