#!/usr/bin/env node
// The main job, once, on the example disk: `npm run demo [-- FOLDER]`. Types what a user would type, and checks each answer.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isAbsolute, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CARRIER = 'examples/donated-disk/carrier';
const MARK = 'made-by-npm-run-demo.txt';
const MOST_LINES = 14;
const WIDTH = 118;

const coloured = process.stdout.isTTY && !process.env['NO_COLOR'];
const paint = (code, text) => (coloured ? `\u001b[${code}m${text}\u001b[0m` : text);
const print = (text = '') => process.stdout.write(`${text}\n`);

/** Ends the demo: what was promised did not happen. */
class NotAsPromised extends Error {}

function expectThat(isSo, promise) {
  if (!isSo) throw new NotAsPromised(promise);
  print(paint('32', `   ok: ${promise}`));
}

/** The folder of the demo, empty. Another one's folder is never touched. */
function freshFolder(folder) {
  if (existsSync(folder)) {
    if (readdirSync(folder).length > 0 && !existsSync(join(folder, MARK))) {
      throw new NotAsPromised(
        `${folder} is empty or an earlier demo's; it holds other things: name another, npm run demo -- FOLDER`,
      );
    }
    rmSync(folder, { recursive: true });
  }
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, MARK), 'This folder was made by "npm run demo", which removes it when it is run again.\n');
  writeFileSync(join(folder, '.gitignore'), '*\n');
}

/** The path as people would type it here. */
function short(path) {
  const below = relative(ROOT, path);
  return below.startsWith('..') || isAbsolute(below) ? path : below;
}

function quoted(word) {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** Runs a program, shows what was typed and what it answered. Answers stdout and the exit code. */
function run(program, words, { name = program, cwd = ROOT } = {}) {
  const typed = [name, ...words.map(quoted)].join(' ');
  print(paint('1', `   $ ${cwd === ROOT ? '' : `cd ${quoted(short(cwd))} && `}${typed}`));
  const env = Object.fromEntries(Object.entries(process.env).filter(([variable]) => !variable.startsWith('STRONGROOM_')));
  const { status, stdout, stderr, error } = spawnSync(program, words, { cwd, env, encoding: 'utf8', maxBuffer: 1 << 26 });
  if (error !== undefined) throw error;
  const lines = `${stdout}${stderr}`
    .trimEnd()
    .split('\n')
    .filter((line, at) => at > 0 || line !== '');
  for (const line of lines.slice(0, MOST_LINES)) {
    print(paint('2', `   | ${line.length > WIDTH ? `${line.slice(0, WIDTH - 1)}…` : line}`.trimEnd()));
  }
  if (lines.length > MOST_LINES) print(paint('2', `   | … ${lines.length - MOST_LINES} more lines`));
  return { status, stdout, stderr };
}

const sha256 = (path) => createHash('sha256').update(readFileSync(path)).digest('hex');
const has = (program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;

function step(number, title, ...words) {
  print(`\n${paint('1;36', `${number}. ${title}`)}`);
  for (const line of words) print(`   ${line}`);
}

function demo(folder) {
  const home = join(folder, 'home');
  const strongroom = (...words) =>
    run(process.execPath, ['bin/strongroom.js', '--home', short(home), ...words], { name: 'node' });

  print(`${paint('1', 'Strongroom, the main job in nine steps.')} Everything happens in ${short(folder)}, and nowhere else.`);
  print(`The disk is fictional: a novelist's floppy, as an imaging station left it (${CARRIER}).`);

  step(1, 'An accession', 'Material that was received together gets a number, and what the deed of gift says.');
  const restrictions = 'Letters closed until 1 January 2040';
  const added = strongroom(
    'accession',
    'add',
    '2024-017',
    '--title',
    'Ilse Marrowby, disks',
    '--donor',
    'Benedikt Marrowby',
    '--received',
    '2024-04-23',
    '--restrictions',
    restrictions,
  );
  expectThat(added.status === 0 && added.stdout.includes('2024-017'), 'the accession is recorded');

  step(
    2,
    'Ingest',
    'The folder holds the image, its checksums, the mapfile, the log, a photograph and a note. Each byte is read once,',
    'compared with the checksums that came along, written, read back, and sealed as a BagIt package with PREMIS metadata.',
  );
  const ingested = strongroom('ingest', CARRIER, '--accession', '2024-017', '--title', 'Ilse Marrowby, disk 7');
  const id = /^[0-9a-f-]{36}$/m.exec(ingested.stdout)?.[0] ?? '';
  expectThat(ingested.status === 0 && id !== '', 'the disk is in the archive, under an id of its own');
  const bag = join(home, 'locations', 'main', 'packages', id);
  const received = readdirSync(join(ROOT, CARRIER));
  const kept = received.filter((name) => {
    const path = join(bag, 'data', name.endsWith('.img') ? 'image' : 'submission', name);
    return existsSync(path) && sha256(path) === sha256(join(ROOT, CARRIER, name));
  });
  expectThat(kept.length === received.length, `all ${received.length} files lie in the package, byte for byte as received`);

  step(3, 'Audit', 'Every byte of the copy is read again and compared with what was sealed. A server does this by the clock.');
  const audited = strongroom('audit', '--all');
  expectThat(audited.status === 0 && audited.stdout.includes('1 checked, 1 as sealed, 0 not'), 'every byte is as sealed');

  step(4, 'Search', 'Titles, accessions, names of files, facts from the imaging, and any digest.');
  const found = strongroom('search', 'marrowby', 'label');
  expectThat(found.status === 0 && found.stdout.includes(id), 'the package is found');

  step(5, 'A file inside', 'Which disk holds the draft of the novel? The files inside every disk are listed, and read in place.');
  const drafts = strongroom('search', 'tide2');
  expectThat(drafts.status === 0 && drafts.stdout.includes('NOVEL/TIDE2.TXT'), 'the draft is found, with the disk that it is on');
  const outline = strongroom('cat', id, 'NOVEL/OUTLINE.TXT');
  expectThat(
    outline.status === 0 && outline.stdout.length > 0,
    'one file is read out of the image, and has the digest that was surveyed',
  );

  step(6, 'Show', 'What is known of the disk: here, that one sector could not be read, and where it lies.');
  const told = strongroom('show', id);
  expectThat(told.status === 0 && /bad +27136 +512/.test(told.stdout), 'the bad sector of the mapfile is told, at byte 27136');
  expectThat(
    /NOVEL\/TIDE2\.TXT \(bytes 1024 to 1535\)/.test(told.stdout),
    'the file that the bad sector hits is named, with the bytes',
  );
  expectThat(told.stdout.includes(restrictions), 'what the donor asked for is told with it');

  step(7, 'Export', 'The package to take away, as one tar; the same package gives the same bytes every time.');
  const tar = join(folder, `${id}.tar`);
  const exported = strongroom('export', id, '--as', 'tar', '--to', short(tar));
  expectThat(exported.status === 0 && exported.stdout.includes(sha256(tar)), 'the tar has the digest that was told');

  step(8, 'Validate', 'Any BagIt bag can be checked, ours or not; this needs no archive.');
  const valid = strongroom('validate', short(tar), '--profile', 'schemas/bagit-profile.json');
  expectThat(valid.status === 0 && valid.stdout.includes('complete, valid'), 'the tar is a valid bag, of our profile');

  step(9, 'A second opinion', "Nobody has to believe Strongroom: the package is checked with the system's own tools.");
  if (has('tar') && has('sha256sum')) secondOpinion(folder, id, tar, strongroom);
  else print('   skipped: this system has no tar or no sha256sum');

  print(`\n${paint('1;32', 'Everything was as promised.')}`);
  print(`   the archive      ${short(home)}`);
  print(`   the package      ${short(bag)}   (docs/package.md explains each file)`);
  print(`   the export       ${short(tar)}`);
  print('What to do next: README.md, "First steps", with a disk of your own. This demo can be run again; it begins anew.');
}

function secondOpinion(folder, id, tar, strongroom) {
  expectThat(run('tar', ['-xf', short(tar), '-C', short(folder)]).status === 0, 'it unpacks');
  const unpacked = join(folder, id);
  for (const manifest of ['tagmanifest-sha256.txt', 'manifest-sha256.txt']) {
    const checked = run('sha256sum', ['--check', manifest], { cwd: unpacked });
    const files = readFileSync(join(unpacked, manifest), 'utf8').trimEnd().split('\n').length;
    const right = checked.stdout.match(/: OK$/gm)?.length ?? 0;
    expectThat(checked.status === 0 && right === files, `coreutils finds all ${files} files of ${manifest} right`);
  }
  print('   And were a single bit wrong? One is turned over in the unpacked image, not in the archive:');
  const image = join(unpacked, 'data/image/marrowby-disk-07.img');
  const bytes = readFileSync(image);
  bytes.writeUInt8(bytes.readUInt8(700_000) ^ 1, 700_000);
  writeFileSync(image, bytes);
  const refused = strongroom('validate', short(unpacked));
  expectThat(refused.status === 1 && refused.stdout.includes('not valid'), 'it is noticed, and the file is named');
  rmSync(unpacked, { recursive: true });
}

try {
  const folder = resolve(process.argv[2] ?? join(ROOT, 'strongroom-demo'));
  freshFolder(folder);
  demo(folder);
} catch (error) {
  const what = error instanceof NotAsPromised ? `not so: ${error.message}` : error.stack;
  process.stderr.write(`\n${what}\nThe demo stopped here.\n`);
  process.exitCode = 1;
}
