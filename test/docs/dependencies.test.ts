/** docs/dependencies.md has a line for every dependency, and no line for anything else. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);
const page = readFileSync(new URL('docs/dependencies.md', root), 'utf8');

/** Chapters of the page, by heading: the packages named in their tables' first column. */
const chapters = new Map(
  page.split(/^## /m).map((chapter) => {
    const named = [...chapter.matchAll(/^\| `([^`]+)` \|/gm)].map((row) => row[1]!);
    return [chapter.split('\n', 1)[0]!, named];
  }),
);

function dependenciesOf(file: string, kind: 'dependencies' | 'devDependencies'): string[] {
  const manifest = JSON.parse(readFileSync(new URL(file, root), 'utf8')) as Partial<Record<typeof kind, Record<string, string>>>;
  return Object.keys(manifest[kind] ?? {});
}

describe('docs/dependencies.md', () => {
  it.each([
    ['What runs', 'package.json', 'dependencies'],
    ['What builds and judges', 'package.json', 'devDependencies'],
    ['What `bagit-js` runs on', 'ingest/bagit-js/package.json', 'dependencies'],
    ['What `bagit-js` is tested with', 'ingest/bagit-js/package.json', 'devDependencies'],
  ] as const)('"%s" names what %s has as %s, each once', (chapter, file, kind) => {
    expect(chapters.get(chapter)?.toSorted()).toEqual(dependenciesOf(file, kind).toSorted());
  });

  it('fills every column of every line', () => {
    const rows = page.split('\n').filter((line) => line.startsWith('| `'));
    const unfinished = rows.filter((row) => {
      const [, why, , replacer] = row.split('|').slice(1, -1);
      return row.split('|').length !== 6 || why?.trim() === '' || replacer?.trim() === '';
    });
    expect(unfinished).toEqual([]);
  });
});
