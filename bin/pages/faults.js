// docs/faults.md: every code that a Fault can have, with its kind and where it is raised, out of the source.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** What each kind asks of whoever reads it. */
const KINDS = {
  corrupt: 'the object itself is damaged',
  truncated: 'it ends too early: ask whoever gave it',
  unsupported: 'legal, but not read by this version',
  missing: 'something else is needed, or is not there',
  unreadable: 'the storage or the system did not answer: try again',
  refused: "the request can't be granted as it stands: change it",
};

/** Every place that raises a Fault: its code, its kinds (more than one where the cause decides), its file. */
export function faultPlaces() {
  return ['ingest', 'src'].flatMap((room) =>
    readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' })
      .map((path) => `${room}/${path.replaceAll('\\', '/')}`)
      .filter((path) => path.endsWith('.ts') && !/\/(dist|test|node_modules|bagit-js)\//.test(path))
      .toSorted()
      .flatMap((file) => placesIn(file, withoutComments(readFileSync(join(ROOT, file), 'utf8')))),
  );
}

function placesIn(file, text) {
  const places = [];
  const add = (code, kinds) => places.push({ code, kinds: [...new Set(kinds.map((kind) => kind.toLowerCase()))], file });
  const seen = new Set();
  for (const call of text.matchAll(/new Fault\(\s*FaultKind\.(\w+),\s*'([^']+)'/g)) {
    add(call[2], [call[1]]);
    seen.add(call.index + call[0].length);
  }
  // The prefix is written once and the rest handed over: the callers know it.
  for (const call of text.matchAll(/new Fault\(\s*FaultKind\.(\w+),\s*`([a-z-]+\/[a-z-]*)\$\{([\w.]+)\}/g)) {
    const [, kind, prefix, rest] = call;
    const [, name] = [...text.slice(0, call.index).matchAll(/(\w+)(?: = )?\(code: string/g)].at(-1) ?? [];
    if (rest !== 'code' || name === undefined) add(`${prefix}…`, [kind]);
    else for (const [, what] of text.matchAll(new RegExp(`${name}\\(\\s*'([a-z-]+)'`, 'g'))) add(`${prefix}${what}`, [kind]);
  }
  // A code that stands by itself: its kinds are named close by.
  const areas = '(?:acquisition|bag|database|digest|events|export|jobs|media|package|premis|storage)';
  for (const literal of text.matchAll(new RegExp(`'(${areas}/[a-z0-9-]+)'`, 'g'))) {
    if (seen.has(literal.index + literal[0].length)) continue;
    const line = text.slice(text.lastIndexOf('\n', literal.index) + 1, literal.index);
    if (/code === |from |import\(/.test(line)) continue;
    const kinds = kindsNear(text, literal.index, literal[0].length);
    if (kinds.length > 0) add(literal[1], kinds);
  }
  return places;
}

/** A pair [code, kind]; a constant that is raised by name; a choice whose Fault follows; a record whose kind stands before. */
function kindsNear(text, at, length) {
  const after = text.slice(at + length, at + 420);
  const all = (some) => [...some.matchAll(/FaultKind\.(\w+)/g)].map(([, kind]) => kind);
  const [, paired] = /^,\s*FaultKind\.(\w+)/.exec(after) ?? [];
  if (paired !== undefined) return [paired];
  const [, name] = /const (\w+) = $/.exec(text.slice(0, at)) ?? [];
  if (name !== undefined) return all([...text.matchAll(new RegExp(`FaultKind\\.\\w+, ${name}`, 'g'))].join(' '));
  const choice = /^[^;]*;[\s\S]*?new Fault\(([^,]*),/.exec(after);
  if (choice !== null && /const \w+ = [^;]*$/.test(text.slice(0, at))) return [all(choice[1])[text[at - 2] === '?' ? 0 : 1]];
  return all(text.slice(Math.max(0, at - 80), at));
}

function withoutComments(text) {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');
}

export function faultsPage() {
  const byCode = grouped(faultPlaces());
  const areas = [...new Set([...byCode.keys()].map((code) => code.split('/')[0]))].toSorted((a, b) => (a < b ? -1 : 1));
  const chapter = (area) => {
    const rows = [...byCode]
      .filter(([code]) => code.startsWith(`${area}/`))
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([code, places]) => {
        const kinds = [...new Set(places.flatMap(({ kinds: some }) => some))].join(', ');
        return `| \`${code}\` | ${kinds} | ${[...new Set(places.map(({ file }) => `\`${file}\``))].join(', ')} |`;
      });
    return `## ${area}\n\n| code | kind | raised in |\n| --- | --- | --- |\n${rows.join('\n')}`;
  };
  return `# Faults

Made from the source by \`npm run pages\`. A Fault is an answer in words: a kind that says what to do, a code that never changes
its meaning, and a message with what was found, what was expected and what to do. Codes are for scripts and for asking somebody.

| kind | says |
| --- | --- |
${Object.entries(KINDS)
  .map(([kind, words]) => `| ${kind} | ${words} |`)
  .join('\n')}

A kind of several words below depends on the cause. \`…\` stands for what the code ends with from case to case. The codes of
\`bag/…\` are those of \`bagit-js\`.

${areas.map(chapter).join('\n\n')}
`;
}

function grouped(places) {
  const groups = new Map();
  for (const place of places) groups.set(place.code, [...(groups.get(place.code) ?? []), place]);
  return groups;
}
