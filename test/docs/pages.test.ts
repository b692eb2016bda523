/** Pages that are made from the program are what the program makes now, and codes of Faults mean one thing. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface FaultPlace {
  readonly code: string;
  readonly kinds: readonly string[];
  readonly file: string;
}

const root = new URL('../../', import.meta.url);
const load = (path: string): Promise<unknown> => import(new URL(path, root).href);
const { PAGES } = (await load('bin/pages.js')) as { PAGES: Record<string, () => Promise<string> | string> };
const { faultPlaces } = (await load('bin/pages/faults.js')) as { faultPlaces: () => FaultPlace[] };

describe('pages made from the program', () => {
  it.each(Object.keys(PAGES))('%s is up to date; if not: npm run pages', async (path) => {
    expect(readFileSync(new URL(path, root), 'utf8')).toBe(await PAGES[path]!());
  });
});

describe('codes of Faults', () => {
  const byCode = new Map<string, FaultPlace[]>();
  for (const place of faultPlaces()) byCode.set(place.code, [...(byCode.get(place.code) ?? []), place]);

  it('are found in the source', () => {
    expect([...byCode.keys()]).toEqual(
      expect.arrayContaining(['storage/missing', 'acquisition/mapfile-number', 'events/rows-behind', 'digest/blocks-missing']),
    );
    expect(byCode.size).toBeGreaterThan(140);
  });

  it('are spelled area/what', () => {
    expect([...byCode.keys()].filter((code) => !/^[a-z0-9-]+\/[a-z0-9-]*…?$/.test(code))).toEqual([]);
  });

  it('mean one thing: one kind, in one room', () => {
    // A target that can't be written to is the system's failure after an I/O error, and the asker's otherwise.
    const decidedByCause = ['export/target-not-writable'];
    const several = [...byCode].filter(([, places]) => {
      const kinds = new Set(places.flatMap(({ kinds: each }) => each));
      const rooms = new Set(places.map(({ file }) => file.split('/').slice(0, 2).join('/')));
      return kinds.size !== 1 || rooms.size !== 1;
    });
    expect(several.map(([code]) => code)).toEqual(decidedByCause);
  });
});
