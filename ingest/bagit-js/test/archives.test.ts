/** What only archives can get wrong: hostile entries, bombs, truncation, where in the archive the bag lies. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { type Code, type Limits, openBag, type Report, validateBag } from 'bagit-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asTar, asZip, makeBag, removed, tarEntry, tarHeader, tarOf, temporary } from './make-bag.ts';

let home = '';
beforeAll(async () => {
  home = await temporary();
});
afterAll(() => removed(home));

let count = 0;
async function validate(bytes: Buffer, extension: string, limits: Partial<Limits> = {}): Promise<Report> {
  const path = join(home, `bag${count++}.${extension}`);
  await writeFile(path, bytes);
  return validateBag(path, { limits });
}

function codes(report: Report): Code[] {
  return [...new Set(report.errors.map(({ code }) => code))].sort();
}

function warned(report: Report): Code[] {
  return report.warnings.map(({ code }) => code);
}

interface ZipEntry {
  name: string | Buffer;
  content: Buffer;
  deflate?: boolean;
  flags?: number;
  method?: number;
  /** Unix mode, in the external attributes. */
  mode?: number;
  /** What the directory claims instead of the truth. */
  size?: number;
  offset?: number;
  crc?: number;
}

/** A zip byte by byte: for what no good writer would write. */
function zipOf(entries: ZipEntry[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const entry of entries) {
    const name = Buffer.from(entry.name);
    const stored = entry.deflate === true ? deflateRawSync(entry.content) : entry.content;
    const fields = Buffer.alloc(26);
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE(entry.flags ?? 0x800, 2);
    fields.writeUInt16LE(entry.method ?? (entry.deflate === true ? 8 : 0), 4);
    fields.writeUInt32LE(entry.crc ?? crc32(entry.content), 10);
    fields.writeUInt32LE(stored.length, 14);
    fields.writeUInt32LE(entry.size ?? entry.content.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), fields, name, stored]);
    const central = Buffer.alloc(46);
    central.write('PK\x01\x02');
    central.writeUInt16LE(0x0314, 4);
    fields.copy(central, 6);
    central.writeUInt32LE(((entry.mode ?? 0o100644) << 16) >>> 0, 38);
    central.writeUInt32LE(entry.offset ?? at, 42);
    directory.push(central, name);
    parts.push(local);
    at += local.length;
  }
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, list, end]);
}

const plain = (): ZipEntry[] => [...makeBag()].map(([name, content]) => ({ name: `bag/${name}`, content }));
const withEntry = (entry: Partial<ZipEntry>): Buffer =>
  zipOf([...plain(), { name: 'bag/data/x', content: Buffer.from('x'), ...entry }]);

describe('tar', () => {
  it.each([
    ['a symbolic link', '2', 'archive-link'],
    ['a hard link', '1', 'archive-link'],
    ['a character device', '3', 'archive-special-file'],
    ['a block device', '4', 'archive-special-file'],
    ['a FIFO', '6', 'archive-special-file'],
    ['a sparse file', 'S', 'archive-unsupported'],
    ['an entry of an unknown type', 'Z', 'archive-unsupported'],
  ])('refuses %s', async (_, type, code) => {
    const report = await validate(
      tarOf(makeBag(), [tarHeader('bag/data/x', type, 0, (block) => block.write('/etc/passwd', 157))]),
      'tar',
    );
    expect(report.errors).toMatchObject([{ code, path: 'data/x' }]);
    expect(report.valid).toBe(false);
  });

  it('refuses a name twice', async () => {
    expect(codes(await validate(tarOf(makeBag(), [tarEntry('bag/data/hello.txt', 'evil')]), 'tar'))).toEqual([
      'archive-duplicate-entry',
    ]);
  });

  it('warns of names that differ by case, as in a folder', async () => {
    const bag = makeBag({ payload: { 'a.txt': 'x', 'A.txt': 'y' } });
    const { valid, warnings } = await validate(tarOf(bag), 'tar');
    expect(valid).toBe(true);
    expect(warnings.map(({ code }) => code)).toContain('case-collision');
  });

  it.each(['../evil', '/etc/passwd', 'bag/../../evil', 'C:evil', '~/evil'])('refuses the entry %s', async (name) => {
    expect(codes(await validate(tarOf(makeBag(), [tarEntry(name, 'evil')]), 'tar'))).toEqual(['unsafe-path']);
  });

  it('reports a name that is not UTF-8', async () => {
    const entry = tarHeader('', '0', 0, (block) => block.write('bag/data/\xff', 0, 'latin1'));
    expect((await validate(tarOf(makeBag(), [entry]), 'tar')).errors).toMatchObject([
      { code: 'name-not-utf8', path: 'data/\\xff' },
    ]);
  });

  it('reads pax: long names, names beyond ASCII, sizes', async () => {
    const name = `${'long/'.repeat(60)}\u00e9.txt`;
    const bag = makeBag({ payload: { [name]: 'x' } });
    const path = await asTar(bag, join(home, 'pax.tar'), 'pax/');
    expect(await validateBag(path)).toMatchObject({ valid: true });
    const record = Buffer.from('10 size=6\n');
    const lied = tarHeader('bag/data/hello.txt', '0', 0);
    const files = makeBag();
    files.delete('data/hello.txt');
    const content = Buffer.concat([Buffer.from('hello\n'), Buffer.alloc(506)]);
    expect(await validate(tarOf(files, [tarEntry('pax', record, 'x'), lied, content]), 'tar')).toMatchObject({ valid: true });
  });

  it('reads GNU long names and base-256 sizes', async () => {
    const name = `data/${'n'.repeat(150)}`;
    const files = makeBag({ payload: { [name.slice(5)]: 'hello\n' } });
    files.delete(name);
    const header = tarHeader('bag/data/cut', '0', 0, (block) => {
      block.fill(0, 124, 136);
      block[124] = 0x80;
      block[135] = 6;
    });
    const extra = [
      tarEntry('././@LongLink', `bag/${name}\0`, 'L'),
      header,
      Buffer.concat([Buffer.from('hello\n'), Buffer.alloc(506)]),
    ];
    expect(await validate(tarOf(files, extra), 'tar')).toMatchObject({ valid: true });
  });

  it.each([
    ['inside an entry', (bytes: Buffer) => bytes.subarray(0, 700)],
    ['inside a header', (bytes: Buffer) => bytes.subarray(0, 1024 + 100)],
    ['between two entries', (bytes: Buffer) => bytes.subarray(0, 1024)],
  ])('notices an upload that broke off %s', async (_, cut) => {
    expect(codes(await validate(cut(tarOf(makeBag())), 'tar'))).toEqual(['archive-truncated']);
    expect(codes(await validate(gzipSync(cut(tarOf(makeBag()))), 'tgz'))).toEqual(['archive-truncated']);
  });

  it('notices a gzip that broke off, and one that is damaged', async () => {
    const bytes = gzipSync(tarOf(makeBag()));
    expect(codes(await validate(bytes.subarray(0, bytes.length - 20), 'tgz'))).toContain('archive-truncated');
    const damaged = Buffer.from(bytes);
    damaged[damaged.length - 6]! ^= 0xff; // its CRC
    expect(codes(await validate(damaged, 'tgz'))).toContain('archive-damaged');
  });

  it('notices a damaged header', async () => {
    const bytes = tarOf(makeBag());
    bytes[1024 + 3]! ^= 1;
    expect(codes(await validate(bytes, 'tar'))).toContain('archive-damaged');
  });

  it('warns of bytes after the end', async () => {
    expect(warned(await validate(Buffer.concat([tarOf(makeBag()), Buffer.from('more')]), 'tar'))).toContain(
      'archive-trailing-data',
    );
  });

  it('counts entries and bytes, and stops at the limits', async () => {
    expect(codes(await validate(tarOf(makeBag()), 'tar', { entries: 3 }))).toEqual(['archive-too-many-entries']);
    expect(codes(await validate(tarOf(makeBag()), 'tar', { totalSize: 10 }))).toEqual(['archive-too-large']);
    expect(codes(await validate(gzipSync(tarOf(makeBag())), 'tgz', { totalSize: 1000 }))).toEqual(['archive-too-large']);
    const bomb = gzipSync(tarOf(makeBag({ payload: { zeros: Buffer.alloc(20_000_000) } })));
    expect(codes(await validate(bomb, 'tgz'))).toEqual(['archive-ratio']);
    expect(await validate(bomb, 'tgz', { ratio: 2000 })).toMatchObject({ valid: true });
  });
});

describe('zip', () => {
  it('reads what a plain writer wrote', async () => {
    expect(await validate(zipOf(plain()), 'zip')).toMatchObject({ valid: true });
    expect(await validate(zipOf(plain().map((entry) => ({ ...entry, deflate: true }))), 'zip')).toMatchObject({ valid: true });
  });

  it.each([
    ['a symbolic link', { mode: 0o120777 }, 'archive-link'],
    ['a FIFO', { mode: 0o010644 }, 'archive-special-file'],
    ['a device', { mode: 0o060644 }, 'archive-special-file'],
    ['an encrypted entry', { flags: 0x801 }, 'archive-unsupported'],
    ['an unknown compression', { method: 12 }, 'archive-unsupported'],
    ['a name twice', { name: 'bag/data/hello.txt' }, 'archive-duplicate-entry'],
    ['a name that leads out', { name: '../../x' }, 'unsafe-path'],
    ['a name that is not UTF-8', { name: Buffer.from('bag/data/\xff', 'latin1') }, 'name-not-utf8'],
  ] as [string, Partial<ZipEntry>, Code][])('refuses %s', async (_, entry, code) => {
    expect(codes(await validate(withEntry(entry), 'zip'))).toContain(code);
  });

  it('refuses strong encryption as a whole', async () => {
    expect(codes(await validate(withEntry({ flags: 0x840 }), 'zip'))).toContain('archive-damaged');
  });

  it('refuses entries that share bytes', async () => {
    const entries = plain();
    entries.push({ ...entries[0]!, name: 'bag/data/copy', offset: 0 });
    expect(codes(await validate(zipOf(entries), 'zip'))).toEqual(['archive-overlap']);
  });

  it('refuses bombs, by ratio, size and count', async () => {
    const bomb = zipOf(
      [...makeBag({ payload: { zeros: Buffer.alloc(20_000_000) } })].map(([name, content]) => ({
        name: `bag/${name}`,
        content,
        deflate: true,
      })),
    );
    expect(codes(await validate(bomb, 'zip'))).toEqual(['archive-ratio']);
    expect(codes(await validate(bomb, 'zip', { totalSize: 1_000_000 }))).toEqual(['archive-too-large']);
    expect(codes(await validate(bomb, 'zip', { entries: 2 }))).toEqual(['archive-too-many-entries']);
    expect(await validate(bomb, 'zip', { ratio: 2000 })).toMatchObject({ valid: true });
  });

  it.each([10, 5_000_000])('stops inflating where the declared size of %i bytes ends', async (size) => {
    const files = [...makeBag({ payload: { 'zeros.bin': Buffer.alloc(6_000_000) } })];
    const lying = files.map(([name, content]) => ({
      name: `bag/${name}`,
      content,
      deflate: true,
      ...(name.startsWith('data/') ? { size } : {}),
    }));
    const report = await validate(zipOf(lying), 'zip', { ratio: 10_000 });
    expect(codes(report)).toContain('archive-damaged');
  });

  it('notices a wrong CRC, a damaged stream and a missing end', async () => {
    const wrong = plain().map((entry) => ({ ...entry, ...(String(entry.name).includes('data/') ? { crc: 1 } : {}) }));
    expect(codes(await validate(zipOf(wrong), 'zip'))).toEqual(['archive-damaged']);
    const sizes = plain().map((entry) => ({ ...entry, ...(String(entry.name).includes('data/') ? { size: 9 } : {}) }));
    expect(codes(await validate(zipOf(sizes), 'zip'))).toContain('archive-damaged');
    const bytes = zipOf(plain());
    expect(codes(await validate(bytes.subarray(0, bytes.length - 30), 'zip'))).toEqual(['archive-truncated']);
    const big = makeBag({ payload: { 'big.bin': Buffer.alloc(3_000_000, 'abcdefg') } });
    const path = await asZip(big, join(home, 'big.zip'), 'big/');
    expect(await validateBag(path)).toMatchObject({ valid: true });
  });

  it('reads names without the UTF-8 flag', async () => {
    const bag = [...makeBag({ payload: { 'h\u00e9.txt': 'x' } })].map(([name, content]) => ({
      name: `bag/${name}`,
      content,
      flags: 0,
    }));
    expect(await validate(zipOf(bag), 'zip')).toMatchObject({ valid: true });
  });
});

describe('where the bag lies', () => {
  it('may be the top of the archive', async () => {
    const report = await validateBag(await asTar(makeBag(), join(home, 'top.tar'), './'));
    expect(report).toMatchObject({ valid: true });
    expect(warned(report)).toContain('archive-no-base-directory');
  });

  it('should be a directory named like the archive', async () => {
    expect(warned(await validateBag(await asTar(makeBag(), join(home, 'one.tar'), 'other/')))).toContain('archive-name-mismatch');
    expect(warned(await validateBag(await asTar(makeBag(), join(home, 'same.tar.gz'), 'same/')))).toEqual([]);
  });

  it('is alone', async () => {
    const extra = tarOf(makeBag(), [tarEntry('stray.txt', 'x')]);
    expect(codes(await validate(extra, 'tar'))).toEqual(['archive-extra-entry']);
    const second = [...makeBag()].map(([name, content]) => tarEntry(`second/${name}`, content));
    expect(codes(await validate(tarOf(makeBag(), second), 'tar'))).toContain('archive-many-bags');
  });

  it('may lie beside what macOS adds', async () => {
    const report = await validate(tarOf(makeBag(), [tarEntry('__MACOSX/bag/._x', 'x'), tarEntry('._bag', 'x')]), 'tar');
    expect(report.valid).toBe(true);
    expect(warned(report)).toContain('archive-mac-files');
  });

  it('is found without bagit.txt', async () => {
    expect(codes(await validate(tarOf(makeBag({ bagit: null })), 'tar'))).toEqual(['missing-bagit-txt']);
  });

  it('needs a data/ directory', async () => {
    const bag = makeBag({ payload: {} });
    expect(codes(await validateBag(await asTar(bag, join(home, 'nodata.tar'), 'nodata/', false)))).toEqual([
      'missing-data-directory',
    ]);
  });
});

describe('reading without unpacking', () => {
  it.each(['tar', 'tar.gz', 'zip'])('gives lists, metadata and content out of a %s', async (extension) => {
    const recipe = makeBag({
      payload: { 'hello.txt': 'hello\n', 'a%b.txt': 'x' },
      lines: (lines) => lines.map((line) => line.replace('a%b', 'a%25b')),
    });
    const path = join(home, `open.${extension}`);
    await (extension === 'zip' ? asZip(recipe, path) : asTar(recipe, path));
    const bag = await openBag(path);
    expect(bag).toMatchObject({ version: '1.0', encoding: 'UTF-8', manifests: ['sha256'], tagManifests: ['sha256'] });
    expect(bag.bagInfo[0]).toEqual(['Source-Organization', 'Test']);
    const paths: string[] = [];
    for await (const entry of bag.manifestEntries('SHA-256')) paths.push(entry.path);
    expect(paths).toEqual(['data/hello.txt', 'data/a%b.txt']);
    const parts: Uint8Array[] = [];
    for await (const part of bag.read('data/hello.txt')) parts.push(Uint8Array.from(part));
    expect(Buffer.concat(parts).toString()).toBe('hello\n');
    await bag.close();
  });
});

it('tells its progress inside a 70 MB entry that a worker reads', async () => {
  const big = Buffer.alloc(70_000_000, 'abc');
  const path = await asTar(makeBag({ payload: { 'big.bin': big, 'small.txt': 'x' } }), join(home, 'large.tar'), 'large/');
  const seen: number[] = [];
  const report = await validateBag(path, { workers: 2, onProgress: ({ doneBytes }) => seen.push(doneBytes) });
  expect(report.valid).toBe(true);
  expect(Math.max(...seen)).toBeGreaterThanOrEqual(70_000_001);
});
