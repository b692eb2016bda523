/** Every link of every page leads somewhere: to a file or folder that is there, or to a heading of a page. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const pages = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\0')
  .filter((path) => path !== '' && existsSync(join(root, path)) && !path.startsWith('test/fixtures/'));

/** Targets of the links of a page, code left out. */
function linksIn(text: string): string[] {
  const prose = text.replaceAll(/^```[\s\S]*?^```/gm, '').replaceAll(/`[^`\n]*`/g, '');
  return [...prose.matchAll(/\]\(([^()\s]+)\)/g)].map(([, target]) => target!);
}

/** As GitHub names the headings of a page. */
function anchorsOf(text: string): Set<string> {
  const headings = text.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/^#+ +(.*)$/gm);
  return new Set(
    [...headings].map(([, words]) =>
      words!
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

describe('links', () => {
  it('are looked for in the pages that matter', () => {
    expect(pages).toEqual(expect.arrayContaining(['README.md', 'docs/package.md', 'CONTRIBUTING.md']));
  });

  it.each(pages)('of %s lead somewhere', (page) => {
    const text = readFileSync(join(root, page), 'utf8');
    const dead = linksIn(text).filter((link) => {
      if (/^[a-z]+:/i.test(link)) return false;
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? join(root, page) : join(root, dirname(page), decodeURIComponent(path));
      if (relative(root, target).startsWith('..') || !existsSync(target)) return true;
      return anchor !== undefined && !anchorsOf(readFileSync(target, 'utf8')).has(anchor);
    });
    expect(dead).toEqual([]);
  });
});
