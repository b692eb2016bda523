/** What holds of a home between any two commands, whatever happened to those before. */
import { existsSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { validateBag } from 'bagit-js';
import { expect } from 'vitest';
import { readJournal } from '#ingest/journal';
import { answerOf, strongroom } from './strongroom.ts';

const LOCATION = 'locations/main';

export function packagesFolder(home: string): string {
  return join(home, LOCATION, 'packages');
}

export function journalFolder(home: string): string {
  return join(home, LOCATION, 'journal');
}

export function staged(home: string): string[] {
  return namesIn(join(home, LOCATION, 'staging'));
}

export function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder).toSorted() : [];
}

export async function listed(home: string): Promise<string[]> {
  const { packages } = answerOf<{ packages: { id: string }[] }>(await strongroom(home, 'list'));
  return packages.map(({ id }) => id).toSorted();
}

/** What the catalogue shows is what lies there; all that was acknowledged is among it; nothing half-made is left. */
export async function nothingIsHalf(home: string, acknowledged: Iterable<string>): Promise<string[]> {
  const ids = await listed(home);
  expect(namesIn(packagesFolder(home)), 'what lies in packages/ is what the catalogue shows').toEqual(ids);
  expect(staged(home), 'staging is empty after the next command').toEqual([]);
  expect(ids).toEqual(expect.arrayContaining([...acknowledged]));
  return ids;
}

const validated = new Set<string>();

/** Every package whole, by our audit and by RFC 8493; journal and installation in order; not a byte that belongs to nothing. */
export async function allIsWhole(
  home: string,
  acknowledged: Iterable<string>,
  exceptChecks: readonly string[] = [],
): Promise<void> {
  const ids = await nothingIsHalf(home, acknowledged);
  const audit = answerOf<{ checked: number; ok: number; damaged: unknown[] }>(await strongroom(home, 'audit', '--all'));
  expect(audit).toEqual({ checked: ids.length, ok: ids.length, damaged: [], unreadable: [] });
  for (const id of ids.filter((each) => !validated.has(each))) {
    const report = await validateBag(join(packagesFolder(home), id));
    expect({ valid: report.valid, errors: report.errors }).toEqual({ valid: true, errors: [] });
    validated.add(id);
  }
  let stored = 0;
  for await (const { value } of readJournal(journalFolder(home))) if (value['type'] === 'ingestion end') stored += 1;
  expect(stored, 'the journal tells of each package once').toBe(ids.length);
  const { stdout } = await strongroom(home, 'doctor');
  const { checks } = JSON.parse(stdout) as { checks: { name: string; ok: boolean; detail: string }[] };
  expect(checks.filter(({ name, ok }) => !ok && !exceptChecks.includes(name))).toEqual([]);
  expect(strays(home)).toEqual([]);
}

const KNOWN = [
  /^(?:home\.json|lock\.sqlite|catalogue\.sqlite(?:-wal|-shm)?)$/,
  /^keys\/journal\.json$/,
  /^locations\/main\/journal\/(?:\d{12}\.log|checkpoint|keys\.txt)$/,
  /^locations\/main\/journal\/tile\/\d+\/(?:x\d{3}\/)*\d{3}(?:\.p\/\d+)?$/,
  // What lies in a package is the audit's business.
  /^locations\/main\/packages\//,
];

/** Files of the home that are none of a home at rest. */
function strays(home: string): string[] {
  return readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(home, join(entry.parentPath, entry.name)))
    .filter((path) => !KNOWN.some((known) => known.test(path)));
}
