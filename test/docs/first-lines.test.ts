/** Every source file begins with a comment that says what it is, so that the map (`npm run map`) can't grow stale. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

const sources = ['ingest', 'src', 'test', 'bench']
  .filter((room) => existsSync(`${root}${room}`))
  .flatMap((room) => readdirSync(`${root}${room}`, { recursive: true, encoding: 'utf8' }).map((path) => `${room}/${path}`))
  .filter((path) => path.endsWith('.ts') && !/\/(dist|node_modules|fixtures)\//.test(path));

/** A comment of one or more lines at the very beginning, with words in it. */
const SAYS_WHAT_IT_IS = /^(?:#!.*\n)?(?:\/\/ ?\S{2}|\/\*\*?(?:\s|\*(?!\/))*[^\s*/])/;

describe('the map', () => {
  it('knows of every source file what it is', () => {
    expect(sources).toContain('ingest/kernel/index.ts');
    expect(sources.filter((path) => !SAYS_WHAT_IT_IS.test(readFileSync(`${root}${path}`, 'utf8')))).toEqual([]);
  });

  it('prints each file with its first line', () => {
    const map = execFileSync(process.execPath, [`${root}bin/map.js`, 'ingest/kernel', 'docs'], { encoding: 'utf8', cwd: '/' });
    expect(map).toMatch(/^ {4}clock\.ts +Time as an argument/m);
    expect(map).toMatch(/^ {4}0001-the-folder-is-the-list\.md +0001 The folder is the list$/m);
  });

  it('refuses a folder that is not there', () => {
    expect(() => execFileSync(process.execPath, [`${root}bin/map.js`, 'nowhere'], { stdio: 'pipe' })).toThrow('nowhere');
  });
});
