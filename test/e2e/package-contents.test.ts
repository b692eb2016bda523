/** The package of the example carrier, looked at with other people's eyes: coreutils, python, xmllint, and the schemas. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { cp, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { complaints } from '../schemas/judge.ts';
import { strongroom } from '../support/cli.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const carrier = join(root, 'examples/donated-disk/carrier');
const official = join(root, '../shared/data/xsd/premis/premis-v3-0.xsd');
const has = (program: string): boolean => spawnSync(program, ['--version']).error === undefined;
const DISK = 'marrowby-disk-07';
const restrictions = 'Closed until 2050 <by the deed of gift> & not to be copied';

let folder: string;
let home: string;
let bag: string;
let id: string;
let sparseBag: string;
const read = (path: string): string => readFileSync(join(bag, path), 'utf8');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strongroom-contents-'));
  home = join(folder, 'home');
  await strongroom(home, 'accession', 'add', '2024-031', '--donor', 'R. Marrowby', '--restrictions', restrictions);
  await cp(carrier, join(folder, 'carrier'), { recursive: true, preserveTimestamps: true });
  const sparse = await open(join(folder, 'sparse.img'), 'wx');
  await sparse.truncate(256 << 20);
  await sparse.write(Buffer.from('in the middle of nothing'), 0, 24, 100 << 20);
  await sparse.close();
  const run = await strongroom(
    home,
    'ingest',
    '--json',
    '--accession',
    '2024-031',
    join(folder, 'carrier'),
    join(folder, 'sparse.img'),
  );
  if (run.code !== 0) throw new Error(run.stderr);
  const bagOf = (name: string): string =>
    execFileSync('find', [join(home, 'locations/main/packages'), '-type', 'd', '-name', name], { encoding: 'utf8' }).trim();
  id = run.json.packages[0].id;
  bag = bagOf(id);
  sparseBag = bagOf(run.json.packages[1].id);
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the bag', () => {
  it('is valid and conforms to the profile', async () => {
    const profile = join(root, 'schemas/bagit-profile.json');
    const { code, json } = await strongroom(home, 'validate', '--json', '--profile', profile, bag);
    expect(json).toMatchObject({
      version: '1.0',
      complete: true,
      valid: true,
      errors: [],
      profile: { conforms: true, errors: [] },
    });
    expect(code).toBe(0);
    expect(complaints('cli/validate.schema.json', json)).toEqual([]);
  });

  it('names package and accession in bag-info.txt', () => {
    expect(read('bag-info.txt')).toContain(`External-Identifier: ${id}\n`);
    expect(read('bag-info.txt')).toContain('Bag-Group-Identifier: 2024-031\n');
  });

  it.skipIf(!has('sha256sum'))('is accepted by sha256sum -c of coreutils (skipped where there is none)', () => {
    for (const manifest of ['manifest-sha256.txt', 'tagmanifest-sha256.txt'])
      expect(execFileSync('sha256sum', ['--strict', '-c', manifest], { cwd: bag, encoding: 'utf8' })).not.toMatch(/FAILED/);
  });

  it('holds every file as received: bytes, name and time', () => {
    const names = readdirSync(carrier);
    const kept = [...readdirSync(join(bag, 'data/image')), ...readdirSync(join(bag, 'data/submission'))];
    expect(kept.toSorted()).toEqual(names.toSorted());
    for (const name of names) {
      const path = join(bag, name.endsWith('.img') ? 'data/image' : 'data/submission', name);
      expect(readFileSync(path).equals(readFileSync(join(carrier, name))), name).toBe(true);
      expect(Math.abs(statSync(path).mtimeMs - statSync(join(folder, 'carrier', name)).mtimeMs), name).toBeLessThan(1000);
    }
  });

  it('holds a sparse image as sparse as it came', () => {
    const stored = statSync(join(sparseBag, 'data/image/sparse.img'));
    expect(stored.size).toBe(256 << 20);
    expect(stored.blocks * 512).toBeLessThanOrEqual(statSync(join(folder, 'sparse.img')).blocks * 512 + (1 << 20));
  });
});

describe('metadata/premis.xml', () => {
  const lint = (schema: string): string => {
    const { status, stderr } = spawnSync(
      'xmllint',
      ['--noout', '--nonet', '--schema', schema, join(bag, 'metadata/premis.xml')],
      {
        encoding: 'utf8',
      },
    );
    return status === 0 ? '' : stderr;
  };

  it.skipIf(!has('xmllint') || !existsSync(official))(
    'is valid by the official PREMIS 3 schema (skipped where xmllint or ../shared is absent)',
    () => expect(lint(official)).toBe(''),
  );

  it.skipIf(!has('xmllint'))('is valid by our own schema (skipped where there is no xmllint)', () =>
    expect(lint(join(root, 'schemas/premis-emitted.xsd'))).toBe(''),
  );

  it('describes the representation, each file, and the medium', () => {
    const kinds = [...read('metadata/premis.xml').matchAll(/xsi:type="(?:premis:)?(\w+)"/g)].map(([, kind]) => kind);
    expect(kinds.filter((kind) => kind === 'representation')).toHaveLength(1);
    expect(kinds.filter((kind) => kind === 'file')).toHaveLength(readdirSync(carrier).length);
    expect(kinds.filter((kind) => kind === 'bitstream')).toHaveLength(1);
  });

  it('tells what happened, and that a part of the disk could not be read', async () => {
    const { json } = await strongroom(home, 'show', '--json', id);
    const sealed = json.events.filter((event: { sealed: boolean }) => event.sealed);
    expect(sealed.map(({ type }: { type: string }) => type)).toEqual(
      expect.arrayContaining([
        'imaging',
        'transfer',
        'message digest calculation',
        'fixity check',
        'format identification',
        'ingestion',
      ]),
    );
    const imaging = sealed.find(({ type }: { type: string }) => type === 'imaging');
    expect(imaging).toMatchObject({ outcome: 'warning', detail: expect.stringContaining('ddrescue -d -b 512 -r 3') });
    expect(imaging.notes.join()).toMatch(/512 bad/);
    expect(imaging.agents).toMatchObject([{ name: 'GNU ddrescue', version: '1.27' }]);
    const checks = sealed
      .filter(({ type }: { type: string }) => type === 'fixity check')
      .map(({ detail }: { detail: string }) => detail);
    expect(checks.join('\n')).toMatch(/SHA256SUMS agree/);
    expect(checks.join('\n')).toMatch(/\.img\.md5 agree/);
    expect(json.accession).toMatchObject({ number: '2024-031', donor: 'R. Marrowby', restrictions });
    expect(complaints('cli/show.schema.json', json)).toEqual([]);
  });

  it('carries the restrictions of the deed of gift as rights', () => {
    const rights = /<(?:premis:)?rights>[\s\S]*<\/(?:premis:)?rights>/.exec(read('metadata/premis.xml'))?.[0] ?? '';
    expect(rights).toContain('Closed until 2050 &lt;by the deed of gift&gt; &amp; not to be copied');
    expect(rights).toContain('2024-031');
  });
});

describe('metadata/acquisition.json', () => {
  it('is as its schema says', () => {
    expect(complaints('acquisition.schema.json', JSON.parse(read('metadata/acquisition.json')))).toEqual([]);
  });

  it('has the one unread sector and every digest that came along', () => {
    const { mapfiles, checksums, medium } = JSON.parse(read('metadata/acquisition.json'));
    expect(mapfiles).toMatchObject([{ file: `${DISK}.map`, ranges: [{ offset: 27136, length: 512, status: 'bad' }] }]);
    const lines = ['SHA256SUMS', `${DISK}.img.md5`].flatMap((name) => read(`data/submission/${name}`).trim().split('\n'));
    expect(checksums).toHaveLength(lines.length);
    expect(medium.sha256).toBe(
      createHash('sha256')
        .update(readFileSync(join(carrier, `${DISK}.img`)))
        .digest('hex'),
    );
  });
});

describe('the block list', () => {
  const path = `data/image/${DISK}.img`;
  const list = `metadata/fixity/${path}.blocks`;
  const sha = (...parts: Buffer[]): Buffer => createHash('sha256').update(Buffer.concat(parts)).digest();

  /** RFC 9162 §2.1.1, as it stands there. */
  function merkle(entries: Buffer[]): Buffer {
    if (entries.length === 1) return sha(Buffer.from([0]), entries[0]!);
    const k = 2 ** Math.ceil(Math.log2(entries.length) - 1);
    return sha(Buffer.from([1]), merkle(entries.slice(0, k)), merkle(entries.slice(k)));
  }

  it('is read by ten lines, and says what the blocks say', () => {
    const [head = '', digests = '', foot = ''] = read(list).split('\n\n');
    expect(head.split('\n')).toEqual([
      'strongroom-blocks 1',
      `path ${path}`,
      'size 1474560',
      'block-size 1048576',
      'algorithm sha256',
    ]);
    const bytes = readFileSync(join(carrier, `${DISK}.img`));
    const blocks = [sha(bytes.subarray(0, 1 << 20)), sha(bytes.subarray(1 << 20))];
    expect(digests.split('\n')).toEqual(blocks.map((block) => block.toString('hex')));
    expect(foot.trim()).toBe(`root ${merkle(blocks).toString('hex')}`);
  });

  it.skipIf(!has('dd') || !has('sha256sum'))('agrees with dd | sha256sum (skipped where they are absent)', () => {
    const digests = read(list).split('\n\n')[1]!.split('\n');
    digests.forEach((digest, index) => {
      const command = `dd if="$1" bs=1048576 skip=${index} count=1 status=none | sha256sum`;
      const said = execFileSync('sh', ['-c', command, 'sh', join(bag, path)], { encoding: 'utf8' });
      expect(said.split(' ')[0]).toBe(digest);
    });
  });

  const script = `
import hashlib, sys
h = lambda b: hashlib.sha256(b).digest()
def root(e):
    if len(e) == 1: return h(b"\\0" + e[0])
    k = 1
    while k * 2 < len(e): k *= 2
    return h(b"\\1" + root(e[:k]) + root(e[k:]))
lines = open(sys.argv[1]).read().split("\\n")
image = open(sys.argv[2], "rb").read()
blocks = [h(image[i:i + 1048576]) for i in range(0, len(image), 1048576)]
assert lines[6:6 + len(blocks)] == [b.hex() for b in blocks]
assert lines[7 + len(blocks)] == "root " + root(blocks).hex()
`;
  it.skipIf(!has('python3'))(
    'is read by a small script in python, of a sparse image too (skipped where there is no python3)',
    () => {
      execFileSync('python3', ['-c', script, join(bag, list), join(bag, path)]);
      const sparse = 'data/image/sparse.img';
      execFileSync('python3', ['-c', script, join(sparseBag, `metadata/fixity/${sparse}.blocks`), join(sparseBag, sparse)]);
    },
  );
});
