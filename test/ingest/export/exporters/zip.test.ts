/** What is special about our zip files: readable from front to back, and zip64 where a number needs it. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { type Entry, type ZipFile, openPromise } from 'yauzl';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Exporter, exporters, exportPackage } from '#ingest/export';
import { digestOf, makeBag, openFixture, SEALED_AT } from '../bag-fixture.ts';

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

describe('zip', () => {
  it('can be read without its central directory: sizes and CRCs lie before the data, also of large files', async () => {
    const file = await exported({ 'data/large.img': Buffer.alloc((8 << 20) + 1, 'large'), 'data/é': 'small' });
    const bytes = await readFile(file);
    const directory = await members(file);
    let at = 0;
    for (const entry of directory) {
      expect(at).toBe(entry.relativeOffsetOfLocalHeader);
      expect([bytes.readUInt32LE(at), bytes.readUInt16LE(at + 6), bytes.readUInt16LE(at + 8)]).toEqual([0x04034b50, 0x0800, 0]);
      const [crc, stored, size] = [14, 18, 22].map((field) => bytes.readUInt32LE(at + field));
      expect([crc, stored, size]).toEqual([entry.crc32, entry.compressedSize, entry.uncompressedSize]);
      at += 30 + bytes.readUInt16LE(at + 26) + bytes.readUInt16LE(at + 28) + entry.compressedSize;
    }
    expect(bytes.readUInt32LE(at)).toBe(0x02014b50);
    expect(directory.map(({ fileName }) => fileName)).toContain('p/data/é');
  });

  it.each([
    ['1969-07-20T20:17:40.000Z', '1980-01-01T00:00:00.000Z'],
    ['2026-11-22T10:30:43.789Z', '2026-11-22T10:30:43.000Z'],
    ['2038-01-20T00:00:02.000Z', '2038-01-20T00:00:02.000Z'],
    ['2300-01-01T00:00:00.000Z', '2107-12-31T23:59:58.000Z'],
  ])('dates %s as %s, the nearest it can say', async (sealed, dated) => {
    for (const entry of await members(await exported({}, new Date(sealed)))) {
      expect(entry.getLastModDate({ timezone: 'UTC' }).toISOString()).toBe(dated);
    }
  });

  it('holds more than 65,535 entries', async () => {
    const empty = digestOf(Buffer.alloc(0));
    const paths = Array.from({ length: 70_000 }, (_, index) => `data/${String(index).padStart(5, '0')}`);
    const folder = await makeBag(await mkdtemp(join(root, 'bag-')), ID, {});
    const pkg = {
      ...(await openFixture(folder, ID)),
      async *files() {
        for (const path of paths) yield { path, role: 'submission', size: 0, sha256: empty } as const;
      },
      stream: async () => Readable.from([]),
    };
    const target = join(folder, '..', 'many.zip');
    expect(await exportPackage(zip, pkg, target)).toMatchObject({ files: 70_000 });
    const found = await members(target);
    expect(found.length).toBe(70_002);
    expect(found.at(-1)?.fileName).toBe('p/data/69999');
  });
});
