/** The table of codes is complete: the README explains each, a test names each, and the source raises no other. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CODES } from 'bagit-js';
import { expect, it } from 'vitest';

const home = join(import.meta.dirname, '..');

async function sources(folder: string): Promise<string> {
  const names = (await readdir(join(home, folder))).filter(
    (name) => name.endsWith('.ts') && name !== 'codes.ts' && name !== 'codes.test.ts',
  );
  return (await Promise.all(names.map((name) => readFile(join(home, folder, name), 'utf8')))).join('\n');
}

it('README lists every code with its meaning', async () => {
  const readme = (await readFile(join(home, 'README.md'), 'utf8')).replaceAll(/ {2,}/g, ' '); // tables are padded
  for (const [code, { as, meaning }] of Object.entries(CODES))
    expect(readme).toContain(`| \`${code}\` | ${as} | ${meaning.replaceAll('|', '\\|')} |`);
});

it('every code is raised by the source and awaited by a test', async () => {
  const [source, tests] = await Promise.all([sources('src'), sources('test')]);
  const quoted = (text: string, code: string): boolean => text.includes(`'${code}'`) || text.includes(`'${code} `);
  expect(Object.keys(CODES).filter((code) => !quoted(source, code))).toEqual([]);
  expect(Object.keys(CODES).filter((code) => !quoted(tests, code))).toEqual([]);
});

it('the source prints nothing and asks nothing of its surroundings', async () => {
  expect(await sources('src')).not.toMatch(/\b(?:console|process)\.|node:process|https?\.request|fetch\(/);
});
