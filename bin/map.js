#!/usr/bin/env node
// Prints the tree with what each file says of itself in its first line: `npm run map [folder…]`.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOMS = ['ingest', 'src', 'schemas', 'web', 'test', 'docs', 'bench', 'bin', 'docker', 'examples'];
const LEFT_OUT = /(^|\/)(node_modules|dist|\.git)(\/|$)/;
const WIDTH = 150;

/** Where a file says what it is, by its ending; everything else is listed by name alone. */
const SAYINGS = {
  '.ts': afterMark(/^\s*(?:\/\*\*?|\/\/|\*)\s?(.*?)\s*(?:\*\/)?$/),
  '.md': afterMark(/^#+\s+(.*)$/),
  '.sh': afterMark(/^#(?!!)\s*(.*)$/),
  '.sql': afterMark(/^--\s*(.*)$/),
  '.css': afterMark(/^\s*\/\*+\s*(.*?)\s*(?:\*\/)?$/),
};
for (const alike of ['.tsx', '.js', '.mjs', '.cjs']) SAYINGS[alike] = SAYINGS['.ts'];
for (const alike of ['.yml', '.yaml', '.py']) SAYINGS[alike] = SAYINGS['.sh'];
SAYINGS['Dockerfile'] = SAYINGS['.sh'];

/** The first words behind `mark`, if the file begins with it; a mark alone (`/**`) lets the next line speak. */
function afterMark(mark) {
  return (text) => {
    for (const line of text.split('\n', 40)) {
      if (line.trim() === '' || line.startsWith('#!') || line.startsWith('# syntax=')) continue;
      const said = mark.exec(line)?.[1];
      if (said !== '') return said ?? '';
    }
    return '';
  };
}

function say(path) {
  const saying = SAYINGS[extname(path)] ?? SAYINGS[basename(path)];
  return saying === undefined ? '' : saying(readFileSync(path, 'utf8'));
}

/** What git knows or would know; without git, what lies there. */
function filesOf(room) {
  try {
    const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--', room], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 1 << 26,
    });
    return [...new Set(listed.split('\0'))].filter((path) => path !== '' && existsSync(path) && statSync(path).isFile());
  } catch {
    return readdirSync(room, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
  }
}

function print(room) {
  const lines = [];
  let folders = [];
  for (const path of filesOf(room)
    .filter((path) => !LEFT_OUT.test(path))
    .toSorted()) {
    const parts = path.split('/');
    const name = parts.pop();
    const shared = parts.findIndex((part, depth) => part !== folders[depth]);
    const from = shared === -1 ? parts.length : shared;
    for (let depth = from; depth < parts.length; depth++) lines.push([`${'  '.repeat(depth)}${parts[depth]}/`, '']);
    folders = parts;
    lines.push([`${'  '.repeat(parts.length)}${name}`, say(path)]);
  }
  const column = Math.min(48, Math.max(0, ...lines.map(([left]) => left.length)) + 2);
  for (const [left, right] of lines) process.stdout.write(`${`${left.padEnd(column)} ${right}`.slice(0, WIDTH).trimEnd()}\n`);
}

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const asked = process.argv.slice(2);
const absent = asked.filter((room) => !existsSync(room));
if (absent.length > 0) {
  process.stderr.write(`map: ${absent.join(', ')}: no such folder here\n`);
  process.exitCode = 2;
} else {
  for (const room of asked.length > 0 ? asked : ROOMS.filter((room) => existsSync(room))) print(room);
}
