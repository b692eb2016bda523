/** docs/package.md is right: its commands run on a package that was just made, and find the damage they are said to find. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tmpFolder } from '../support/tmp.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const page = readFileSync(join(root, 'docs/package.md'), 'utf8');
const IMAGE = 'data/image/marrowby-disk-07.img';
const MINUTES = 60_000;

/** The page's commands, by the question in bold before each. */
const commands = new Map(
  [...page.matchAll(/^\*\*(.+?)\*\*[^\n]*\n\n```bash\n([\s\S]*?)^```/gm)].map(([, asks, code]) => [asks!, code!]),
);
const hasTools = ['bash', 'sha256sum', 'split', 'comm', 'openssl'].every((tool) => spawnSync(tool, ['--help']).status === 0);

let base = '';
let location = '';
let id = '';
let exported = '';

function strongroom(...words: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['bin/strongroom.js', '--home', join(base, 'home'), ...words], {
    cwd: root,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`strongroom ${words.join(' ')}: ${stderr}`);
  return stdout;
}

/** One archive for all: an accession, a package, an audit, an export with its history. */
beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), 'strongroom-package-'));
  strongroom('accession', 'add', '2024-017', '--restrictions', 'Letters closed until 1 January 2040');
  id = strongroom('ingest', 'examples/donated-disk/carrier', '--accession', '2024-017').split('\n')[0] ?? '';
  strongroom('survey', id, '--again');
  strongroom('audit', id);
  exported = join(base, id);
  strongroom('export', id, '--to', exported, '--with-history');
  location = join(base, 'home/locations/main');
}, 5 * MINUTES);

afterAll(() => rmSync(base, { recursive: true, force: true }));

const packagePath = (path = ''): string => join(location, 'packages', id, path);

function ask(question: string, at: string): { status: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, LOCATION: at, PACKAGE: join(at, 'packages', id) };
  return spawnSync('bash', ['-euo', 'pipefail', '-c', commands.get(question) ?? 'exit 99'], { env, encoding: 'utf8' });
}

/** The archive's location once more, to be damaged. */
async function damaged(): Promise<{ at: string; inPackage: (path: string) => string }> {
  const at = join(await tmpFolder(), 'location');
  cpSync(location, at, { recursive: true });
  return { at, inPackage: (path) => join(at, 'packages', id, path) };
}

const change = (path: string, by: (text: string) => string): void =>
  writeFileSync(path, by(readFileSync(path, 'latin1')), 'latin1');

describe.skipIf(!hasTools)('the commands of docs/package.md (skipped where bash, coreutils or openssl are missing)', () => {
  const checks = [...commands.keys()].filter((asks) => !asks.startsWith('What happened'));

  it('are eight', () => expect(commands.size).toBe(8));

  it.each(checks)('print nothing for a whole package: %s', (question) => {
    expect(ask(question, location)).toMatchObject({ status: 0, stdout: '', stderr: '' });
  });

  it('print what happened since sealing', () => {
    const { status, stdout } = ask('What happened to the package since it was sealed?', location);
    const types = stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { type: string }).type);
    expect({ status, types }).toEqual({
      status: 0,
      types: ['ingestion end', 'metadata modification', 'fixity check', 'exporting'],
    });
  });

  it('name the damaged file, and its damaged block', async () => {
    const { at, inPackage } = await damaged();
    change(inPackage(IMAGE), (text) => `${text.slice(0, 1_100_000)}!${text.slice(1_100_001)}`);
    const whole = ask('Is it whole?', at);
    expect(whole.status).not.toBe(0);
    expect(whole.stdout).toContain(`${IMAGE}: FAILED`);
    expect(ask('Which blocks of a large file are damaged?', at).stdout).toMatch(/^2c2\n/);
  });

  it('name a file that was not sealed', async () => {
    const { at, inPackage } = await damaged();
    writeFileSync(inPackage('data/submission/later.txt'), '');
    expect(ask('Is there anything that was not sealed?', at).stdout).toBe('data/submission/later.txt\n');
  });

  it('notice manifests that were made anew', async () => {
    const { at, inPackage } = await damaged();
    change(inPackage('tagmanifest-sha256.txt'), (text) => text.replace(/^./, (digit) => (digit === '0' ? '1' : '0')));
    expect(ask('Is it the package that was sealed?', at).status).toBe(1);
  });

  it("notice a block list's wrong root", async () => {
    const { at, inPackage } = await damaged();
    change(inPackage(`metadata/fixity/${IMAGE}.blocks`), (text) => text.replace(/root ./, 'root x'));
    expect(ask("Is a block list's root right?", at).status).not.toBe(0);
  });

  it('print a line of the journal that was changed', async () => {
    const { at } = await damaged();
    change(join(at, 'journal/000000000000.log'), (text) => text.replace('2040', '2030'));
    const { status, stdout } = ask('Is the journal as it was written?', at);
    expect(status).not.toBe(0);
    expect(stdout).toMatch(/^altered: .*2030/);
  });
});

describe.skipIf(!hasTools)('the signed log (skipped where bash, coreutils or openssl are missing)', () => {
  const QUESTION = 'Is the journal what was signed?';

  it('tells a line that was changed with its hash', async () => {
    const { at } = await damaged();
    change(join(at, 'journal/000000000000.log'), (text) => {
      const [first = '', ...others] = text.split('\n');
      const json = Buffer.from(first.slice(65).replace('2040', '2030'), 'latin1');
      return [`${createHash('sha256').update('\0').update(json).digest('hex')} ${json.toString('latin1')}`, ...others].join('\n');
    });
    expect(ask('Is the journal as it was written?', at)).toMatchObject({ status: 0, stdout: '' });
    expect(ask(QUESTION, at).status).toBe(1);
  });

  it('tells a checkpoint that was changed', async () => {
    const { at } = await damaged();
    change(join(at, 'journal/checkpoint'), (text) => text.replace(/^strongroom/, 'elsewhere '));
    expect(ask(QUESTION, at).stdout).toMatch(/Signature Verification Failure/);
  });
});

describe('docs/package.md', () => {
  /** First column of the table that follows `heading`. */
  const columnAfter = (heading: string): string[] => {
    const table = /\n\n(\|[\s\S]*?)\n\n/.exec(page.slice(page.indexOf(heading)))?.[1] ?? '';
    return [...table.matchAll(/^\| (`.*?`) \|/gm)].flatMap(([, cell]) =>
      [...cell!.matchAll(/`([^`]+)`/g)].map(([, word]) => word!),
    );
  };

  it('has the labels of bag-info.txt, in their order', () => {
    const labels = readFileSync(packagePath('bag-info.txt'), 'utf8').match(/^[\w-]+(?=:)/gm);
    expect(labels).toEqual(columnAfter('### bag-info.txt'));
  });

  it('has bagit.txt to the byte', () =>
    expect(page).toContain(`\`\`\`\n${readFileSync(packagePath('bagit.txt'), 'utf8')}\`\`\`\n`));

  it('has the block list of the example to the byte, and its leaves', () => {
    const list = readFileSync(packagePath(`metadata/fixity/${IMAGE}.blocks`), 'utf8');
    expect(page).toContain(`\`\`\`\n${list}\`\`\`\n`);
    for (const digest of list.match(/^[0-9a-f]{64}$/gm) ?? []) {
      expect(page).toContain(createHash('sha256').update('\0').update(digest, 'hex').digest('hex'));
    }
  });

  it('has the members of acquisition.json', () => {
    const document = JSON.parse(readFileSync(packagePath('metadata/acquisition.json'), 'utf8')) as object;
    const schema = JSON.parse(readFileSync(new URL('../../schemas/acquisition.schema.json', import.meta.url), 'utf8')) as {
      properties: object;
    };
    expect(columnAfter('## metadata/acquisition.json').toSorted()).toEqual(Object.keys(schema.properties).toSorted());
    expect(Object.keys(schema.properties)).toEqual(expect.arrayContaining(Object.keys(document)));
  });

  it('has the events of sealing in their order', () => {
    const told = /Events at sealing, in order of happening:([\s\S]*?)\n\n/.exec(page)?.[1] ?? '';
    const types = [...readFileSync(packagePath('metadata/premis.xml'), 'utf8').matchAll(/<eventType [^>]*>([^<]+)</g)].map(
      ([, type]) => type!,
    );
    const once = types.filter((type, at) => type !== types[at - 1]); // one for each list of checksums
    expect([...told.matchAll(/`([^`]+)`/g)].map(([, type]) => type)).toEqual(once);
  });

  it('has every member and every fact of the journal', () => {
    const members = columnAfter('An event has these members');
    const events = readFileSync(join(location, 'journal/000000000000.log'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line.slice(65)) as Record<string, unknown> & { type: string; facts: Record<string, unknown> });
    expect(events.map(({ facts }) => facts['kind'])).toEqual(['accession', 'stored', 'update', 'audit', 'export']);
    for (const { type, facts, ...rest } of events) {
      expect(members).toEqual(expect.arrayContaining(['type', 'facts', ...Object.keys(rest)]));
      const row = new RegExp(`^\\| \`${String(facts['kind'])}\` \\|.*$`, 'm').exec(page)?.[0] ?? '';
      expect(row).toContain(`\`${type}\``);
      const untold = Object.keys(facts).filter((name) => name !== 'kind' && !row.includes(`\`${name}\``));
      expect(untold).toEqual([]);
    }
  });

  it('is right about an export with history: two files more, nothing changed', () => {
    const files = (folder: string): string[] =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
    const sealed = files(packagePath().replace(/\/$/, ''));
    const added = ['metadata/premis-since-sealing.xml', 'tagmanifest-sha512.txt'];
    expect(files(exported).toSorted()).toEqual([...sealed, ...added].toSorted());
    for (const path of sealed) expect(readFileSync(join(exported, path)).equals(readFileSync(packagePath(path)))).toBe(true);
    for (const path of added) expect(page).toContain(`\`${path}\``);
  });

  it.skipIf(!hasTools)('is right that the second tag manifest vouches for the history (skipped without sha512sum)', () => {
    const check = (): number | null =>
      spawnSync('sha512sum', ['--check', '--strict', '--status', 'tagmanifest-sha512.txt'], { cwd: exported }).status;
    expect(check()).toBe(0);
    appendFileSync(join(exported, 'metadata/premis-since-sealing.xml'), ' ');
    expect(check()).toBe(1);
  });
});
