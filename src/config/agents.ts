/** Who acts: the program with its version, and the person at it. */
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { createRequire } from 'node:module';
import type { EventAgent } from '#ingest/package';

/** For Nest: `@Inject(AGENTS) agents: Agents`. */
export const AGENTS = Symbol('agents');

export type Agents = readonly [EventAgent, ...EventAgent[]];

export const VERSION = (
  JSON.parse(readFileSync(createRequire(import.meta.url).resolve('#manifest'), 'utf8')) as { version: string }
).version;

/** @param person who asked for it; undefined when the clock did. */
export function agentsOf(person: string | undefined): Agents {
  const program: EventAgent = { name: 'Strongroom', type: 'software', version: VERSION, role: 'executing program' };
  return person === undefined ? [program] : [program, { name: person, type: 'person', role: 'implementer' }];
}

/** The name under which this process's user is known to the machine. */
export function userOfThisProcess(): string {
  try {
    return userInfo().username;
  } catch {
    return 'unknown user'; // no entry in the user database, as in some containers
  }
}
