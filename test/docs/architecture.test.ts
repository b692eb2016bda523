/** docs/architecture.md tells the import rules that are enforced. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface Rule {
  readonly name: string;
  readonly to: { readonly pathNot?: string };
}

const root = new URL('../../', import.meta.url);
const page = readFileSync(new URL('docs/architecture.md', root), 'utf8');
const layers = page.slice(page.indexOf('## Layers'), page.indexOf('`pipeline` may use'));
const { default: config } = (await import(new URL('.dependency-cruiser.mjs', root).href)) as { default: { forbidden: Rule[] } };

describe('docs/architecture.md', () => {
  it('has the table of areas that the import rules have', () => {
    const told = [...layers.matchAll(/^\| ([a-z][a-z-]*) \| ([a-z, -]+) \|$/gm)].map(([, area, others]) => [
      area,
      others === 'nothing of ours' ? [] : others!.split(', '),
    ]);
    const enforced = config.forbidden
      .filter(({ name }) => name.endsWith('-stays-low'))
      .map(({ to }) => /\((.*)\)/.exec(to.pathNot ?? '')?.[1]?.split('|') ?? [])
      .map(([area, ...others]) => [area, others]);
    expect(enforced.length).toBeGreaterThan(5);
    expect(told).toEqual(enforced);
  });

  it('draws no arrow that the rules forbid', () => {
    const table = new Map(
      [...layers.matchAll(/^\| ([a-z][a-z-]*) \| ([a-z, -]+) \|$/gm)].map(([, area, others]) => [area!, others!]),
    );
    const arrows = [...layers.matchAll(/^ {2}([a-z &]+?)(?:\[.*\])? --> ([a-z &]+)$/gm)].flatMap(([, from, to]) =>
      to!.split(' & ').flatMap((user) => from!.split(' & ').map((used) => [used.replace(/^bagit$/, 'bagit-js'), user] as const)),
    );
    expect(arrows.length).toBeGreaterThan(8);
    expect(arrows.filter(([used, user]) => table.has(user) && !table.get(user)!.split(', ').includes(used))).toEqual([]);
  });
});
