/** What the pages tell people to type exists: commands with their options, npm scripts, files of the map. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string): string => readFileSync(`${root}${path}`, 'utf8');
const PAGES = ['README.md', 'CONTRIBUTING.md', 'docs/operations.md', 'docs/package.md', 'docker/README.md', 'ingest/README.md'];

const program = spawnSync(process.execPath, ['bin/strongroom.js', '--help'], { cwd: root, encoding: 'utf8' }).stdout;

/** What `strongroom X --help` says, by X: asked of the commands themselves, since starting the program takes a second each time. */
const help = new Map<string, string>();
for (const file of readdirSync(new URL('dist/src/cli/commands/', new URL('../../', import.meta.url))).filter((name) =>
  name.endsWith('.js'),
)) {
  const made = Object.values(
    (await import(`${root}dist/src/cli/commands/${file}`)) as Record<string, (globals: () => object) => Command>,
  );
  for (const command of made.map((make) => make(() => ({})))) {
    help.set(command.name(), command.helpInformation());
    for (const below of command.commands) help.set(`${command.name()} ${below.name()}`, below.helpInformation());
  }
}

/** Lines of code blocks that call strongroom, and what stands in code marks in the text. */
function callsIn(text: string): string[] {
  return [...text.matchAll(/^(?:\$ )?strongroom .*|`strongroom [^`]*`|bin\/strongroom\.js --home \S+ .*/gm)].map(([call]) =>
    call
      .replaceAll('`', '')
      .replace(/^\$ /, '')
      .replace(/^\S+ /, '')
      .replace(/ +#.*$/, '')
      .replace(/^--home \S+ /, ''),
  );
}

const calls = PAGES.flatMap((page) => callsIn(read(page)));
const commands = [...new Set(calls.map((call) => (/^(?:accession|known) \w+/.exec(call)?.[0] ?? call.split(' ')[0])!))];

describe('what the pages tell to type', () => {
  it('is found', () =>
    expect(commands).toEqual(expect.arrayContaining(['ingest', 'audit', 'accession add', 'serve', 'rebuild'])));

  it.each(commands)('exists: strongroom %s, with its options', (command) => {
    expect(help.keys()).toContain(command);
    expect(program).toMatch(new RegExp(`^ {2}${command.split(' ')[0]} `, 'm'));
    const known = `${help.get(command)}${program}`;
    const options = calls.filter((call) => call.startsWith(command)).flatMap((call) => call.match(/ --[a-z-]+/g) ?? []);
    expect(options.filter((option) => !known.includes(option))).toEqual([]);
  });

  it('names every command in the README', () => {
    const all = [...program.matchAll(/^ {2}([a-z]+) (?!command)/gm)]
      .map(([, command]) => command!)
      .filter((command) => command !== 'help');
    expect(all.length).toBeGreaterThan(10);
    expect(all.filter((command) => !read('README.md').includes(command))).toEqual([]);
  });

  it.each(PAGES)('exists: npm scripts of %s', (page) => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const told = [...read(page).matchAll(/npm run (?:-s )?([a-z:]+)/g)].map(([, script]) => script!);
    expect(told.filter((script) => !(script in scripts))).toEqual([]);
  });
});

describe('the map in the README', () => {
  const map = /^## The map of the house\n\n```\n([\s\S]*?)```/m.exec(read('README.md'))?.[1] ?? '';

  it('has every room, and no other', () => {
    const rooms = [...map.matchAll(/^([a-z]+)\//gm)].map(([, room]) => room!);
    const there = readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !/^\.|^(node_modules|dist|coverage|strongroom-)/.test(entry.name))
      .map(({ name }) => name);
    expect(rooms.toSorted()).toEqual(there.toSorted());
  });

  it.each(['ingest', 'src'])('has every folder of %s', (room) => {
    const folders = readdirSync(`${root}${room}`, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect(folders.filter(({ name }) => !new RegExp(`\\b${name}\\b`).test(map)).map(({ name }) => name)).toEqual([]);
    expect(existsSync(`${root}${room}`)).toBe(true);
  });
});
