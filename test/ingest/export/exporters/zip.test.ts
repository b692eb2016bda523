/** What is special about our zip files: dates in UTC wherever they are made, names that zip can't hold; with STRONGROOM_SLOW=1 zip64 for many entries. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type Entry, type ZipFile, openPromise } from 'yauzl';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Exporter, exporters, exportPackage } from '#ingest/export';
import { digestOf, makeBag, openFixture, SEALED_AT } from '../bag-fixture.ts';
import { have, run } from '../readers.ts';

const zip = exporters.get('zip') as Exporter;
const ID = 'p';
let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'zip-'));
});
afterAll(async () => rm(root, { recursive: true, force: true }));

async function exported(files: Record<string, string | Uint8Array>, sealedAt = SEALED_AT): Promise<string> {
  const folder = await makeBag(await mkdtemp(join(root, 'bag-')), ID, files);
  const target = join(await mkdtemp(join(root, 'to-')), 'p.zip');
  await exportPackage(zip, await openFixture(folder, ID, { sealedAt }), target);
  return target;
}

async function members(file: string): Promise<Entry[]> {
  const archive: ZipFile = await openPromise(file);
  const found: Entry[] = [];
  for await (const entry of archive.eachEntry()) found.push(entry);
  return found;
}

/** A process of its own, started in `zone`, that writes the same two entries. */
async function madeIn(zone: string, sealedAt: string): Promise<string> {
  const target = join(await mkdtemp(join(root, 'zone-')), 'p.zip');
  const script = `
    import { exporters } from '#ingest/export';
    const [target, sealedAt] = process.argv.slice(1);
    await exporters.get('zip').write({
      id: 'p',
      sealedAt: new Date(sealedAt),
      async *entries() {
        yield { kind: 'folder', path: '' };
        yield { kind: 'file', path: 'bagit.txt', size: 2, async *read() { yield Buffer.from('x\\n'); } };
      },
    }, target);`;
  const env = { ...process.env, TZ: zone };
  await run(process.execPath, ['--input-type=module', '-e', script, target, sealedAt], { env });
  return digestOf(await readFile(target));
}

describe('zip', () => {
  it('stores every entry, names in UTF-8, the same modes for all', async () => {
    const found = await members(await exported({ 'data/large.img': Buffer.alloc((8 << 20) + 1, 'large'), 'data/é': '' }));
    const shown = found.map((entry) => [
      entry.fileName,
      entry.uncompressedSize,
      (entry.externalFileAttributes >>> 16).toString(8),
      entry.compressionMethod,
      entry.generalPurposeBitFlag & 0x0800,
    ]);
    expect(shown).toEqual([
      ['p/', 0, '40755', 0, 0x0800],
      ['p/bag-info.txt', 23, '100644', 0, 0x0800],
      ['p/bagit.txt', 54, '100644', 0, 0x0800],
      ['p/data/', 0, '40755', 0, 0x0800],
      ['p/data/large.img', (8 << 20) + 1, '100644', 0, 0x0800],
      ['p/data/é', 0, '100644', 0, 0x0800],
      ['p/manifest-sha256.txt', expect.any(Number), '100644', 0, 0x0800],
      ['p/tagmanifest-sha256.txt', expect.any(Number), '100644', 0, 0x0800],
    ]);
  });

  it.each([
    ['1969-07-20T20:17:40.000Z', '1980-01-01T00:00:00.000Z'],
    ['1980-01-01T14:00:00.000Z', '1980-01-01T00:00:00.000Z'],
    ['2026-11-22T10:30:43.789Z', '2026-11-22T10:30:43.000Z'],
    ['2038-01-20T00:00:02.000Z', '2038-01-20T00:00:02.000Z'],
    ['2300-01-01T00:00:00.000Z', '2107-12-31T23:59:58.000Z'],
  ])('dates %s as %s, the nearest it can say', async (sealed, dated) => {
    for (const entry of await members(await exported({}, new Date(sealed)))) {
      expect(entry.getLastModDate({ timezone: 'UTC' }).toISOString()).toBe(dated);
    }
  });

  it.each([
    '2026-11-22T10:30:43.789Z',
    '2026-03-29T02:30:00.000Z', // no such time in Berlin, where the clock went from 02:00 to 03:00
    '1979-12-31T20:00:00.000Z', // 1980 already in Kathmandu
    '1980-01-01T04:00:00.000Z', // still 1979 in St John's
    '2107-12-31T20:00:00.000Z', // 2108 in Kathmandu
    '2300-01-01T00:00:00.000Z',
  ])('writes the same bytes for %s wherever it runs', async (sealedAt) => {
    const seen = [];
    for (const zone of ['UTC', 'Asia/Kathmandu', 'Europe/Berlin', 'America/St_Johns']) seen.push(await madeIn(zone, sealedAt));
    expect(new Set(seen).size).toBe(1);
  });

  it.each([
    ['a backslash', 'data/submission/back\\slash', /stands for a folder/],
    ['a backslash that would lead out of the bag', 'data/..\\..\\x', /stands for a folder/],
    ['more than 65,535 bytes', `data/${'long/'.repeat(13_200)}x`, /66008 bytes, the format takes 65535/],
  ])('refuses a name with %s before it writes anything, and says what to do', async (_, path, why) => {
    const folder = await makeBag(await mkdtemp(join(root, 'bag-')), ID, {});
    let read = 0;
    const pkg = {
      ...(await openFixture(folder, ID)),
      async *files() {
        yield { path, role: 'submission', size: 1, sha256: digestOf(Buffer.from('x')) } as const;
      },
      stream: async () => ((read += 1), Readable.from(['x'])),
    };
    const attempt = exportPackage(zip, pkg, join(folder, '..', 'x.zip'));
    await expect(attempt).rejects.toMatchObject({ kind: 'refused', code: 'export/name-not-for-zip', facts: { path } });
    await expect(attempt).rejects.toThrow(why);
    await expect(attempt).rejects.toThrow(/Export as tar or bag/);
    expect(read).toBe(0);
  });

  it('calls a name that only the library refuses a name that is not for zip', async () => {
    const contents = { id: 'C:', sealedAt: SEALED_AT, entries: () => Readable.from([{ kind: 'folder', path: 'x' }]) };
    const attempt = zip.write(contents, join(await mkdtemp(join(root, 'to-')), 'x.zip'));
    await expect(attempt).rejects.toMatchObject({ code: 'export/name-not-for-zip', facts: { path: 'x' } });
  });

  it.runIf(have('unzip'))('is taken apart by unzip -t, its word for every byte', async () => {
    const file = await exported({ 'data/image/disk.img': Buffer.alloc(3 << 20, 'image'), 'data/cr\rlf\n': 'x' });
    expect((await run('unzip', ['-t', file])).stdout).toContain('No errors detected');
    const bytes = await readFile(file);
    bytes[bytes.indexOf('imageimage') + 7]! ^= 1;
    await writeFile(file, bytes);
    await expect(run('unzip', ['-t', file])).rejects.toThrow(/unzip -t/);
  });

  // yazl walks all entries for each one: this takes minutes.
  it.runIf(process.env['STRONGROOM_SLOW'] !== undefined)('holds more than 65,535 entries', { timeout: 600_000 }, async () => {
    const empty = digestOf(Buffer.alloc(0));
    const paths = Array.from({ length: 66_000 }, (_, index) => `data/${String(index).padStart(5, '0')}`);
    const folder = await makeBag(await mkdtemp(join(root, 'bag-')), ID, {});
    const pkg = {
      ...(await openFixture(folder, ID)),
      async *files() {
        for (const path of paths) yield { path, role: 'submission', size: 0, sha256: empty } as const;
      },
      stream: async () => Readable.from([]),
    };
    const target = join(folder, '..', 'many.zip');
    expect(await exportPackage(zip, pkg, target)).toMatchObject({ files: 66_000 });
    const found = await members(target);
    expect(found.length).toBe(66_002);
    expect(found.at(-1)?.fileName).toBe('p/data/65999');
  });
});
