/** ingest() of containers that need more than one look: how often they are unpacked, and what is told of them. */
import { readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { v7 } from 'uuid';
import { expect, it } from 'vitest';
import { readDeposit } from '#ingest/acquisition';
import { systemClock } from '#ingest/kernel';
import { type ByteSource, openImage } from '#ingest/media';
import type { AcquisitionDocument } from '#ingest/package';
import { ingest } from '#ingest/pipeline';
import { openPremisGuard } from '#ingest/premis';
import { openStorage } from '#ingest/storage';
import { tmpFolder } from '../../support/tmp.ts';
import { bufferSource } from '../media/buffer-source.ts';

const fixture = (path: string): Buffer => gunzipSync(readFileSync(new URL(`../../fixtures/media/${path}`, import.meta.url)));

/** Ingests `path`; what the package says of it. */
async function ingested(path: string): Promise<{ folder: string; document: AcquisitionDocument }> {
  const place = join(await tmpFolder(), 'place');
  const storage = await openStorage(pathToFileURL(place));
  using guard = await openPremisGuard();
  const { id } = await ingest(
    { path, title: undefined, accession: undefined, again: false },
    {
      storage,
      clock: systemClock,
      newId: v7,
      guard,
      agents: [{ name: 'test', type: 'software', version: '0', role: 'executing program' }],
      holds: () => Promise.resolve(undefined),
      stored: () => Promise.resolve(undefined),
      surveyBudgetMs: 60_000,
      signal: undefined,
      onProgress: undefined,
    },
  );
  const folder = join(place, 'packages', id);
  return { folder, document: JSON.parse(await readFile(join(folder, 'metadata/acquisition.json'), 'utf8')) };
}

it('a deposit tells what its image says of itself, so that it need not be unpacked again', async () => {
  const path = join(await tmpFolder(), 'disk.img.gz');
  await writeFile(path, gzipSync(Buffer.alloc(1_474_560, 0x81)));
  const { image } = await readDeposit(path);
  expect(image.medium).toMatchObject({ isWhole: false, facts: { wrapper: 'gzip', innerSize: 1_474_560 } });
  await writeFile(path, gzipSync(Buffer.alloc(1_474_560, 0x81)).subarray(0, 500));
  expect((await readDeposit(path)).image.medium).toMatchObject({ code: 'media/stream-cut' });
});

it('a gzip file whose content was measured before is read once, and not past that measure', async () => {
  const content = Buffer.alloc(40 << 20, Buffer.from('strongroom, number by number'));
  for (let at = 0; at + 8 <= content.length; at += 64) content.writeDoubleLE(Math.sin(at), at);
  const packed = gzipSync(content);
  let readBytes = 0;
  const open = (): Promise<ByteSource> => {
    const source = bufferSource(packed);
    const read = (offset: number, length: number): Promise<Buffer> => {
      readBytes += length;
      return source.read(offset, length);
    };
    return Promise.resolve({ ...source, size: packed.length, read });
  };
  const members = [{ name: 'disk.img.gz', open }];
  {
    await using image = await openImage(members, false, { size: content.length, format: 'raw' });
    for (let at = 0; at < content.length; at += 1 << 20) {
      const length = Math.min(1 << 20, content.length - at);
      expect((await image.media.read(at, length)).equals(content.subarray(at, at + length))).toBe(true);
    }
  }
  expect(readBytes).toBeLessThan(packed.length * 2);
  await using shorter = await openImage(members, false, { size: content.length - 512, format: 'raw' });
  await expect(shorter.media.read(content.length - 1024, 512)).rejects.toMatchObject({ code: 'gzip/content-longer' });
});

it('a disk image in which a bit fell over is kept, with its digests and with the range that its checksum spoils', async () => {
  const path = join(await tmpFolder(), 'disk.dmg');
  const bytes = fixture('dmg/raw.dmg.gz');
  bytes.writeUInt8(bytes.readUInt8(5000) ^ 1, 5000);
  await writeFile(path, bytes);
  const { document } = await ingested(path);
  expect(document.damage).toMatchObject([{ code: 'dmg/checksum', offset: 0, length: 786_432 }]);
  expect(document.medium?.sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(document.notes.join('\n')).toContain('the CRC-32');
});

it('a track of 0 bytes is kept with the others of its disk, and told as missing', async () => {
  const carrier = join(await tmpFolder(), 'carrier');
  await mkdir(carrier);
  for (const track of ['00.1', '01.0', '01.1']) {
    await writeFile(join(carrier, `track${track}.raw`), fixture(`kryoflux/pc/track${track}.raw.gz`));
  }
  await writeFile(join(carrier, 'track00.0.raw'), '');
  const { folder, document } = await ingested(carrier);
  expect(document.image.files.map(({ path, size }) => [path, size > 0])).toEqual([
    ['data/image/track00.1.raw', true],
    ['data/image/track01.0.raw', true],
    ['data/image/track01.1.raw', true],
    ['data/image/track00.0.raw', false],
  ]);
  expect(await readFile(join(folder, 'data/image/track00.0.raw'), 'utf8')).toBe('');
  expect(document.damage).toContainEqual(expect.objectContaining({ code: 'kryoflux/empty-track' }));
});

it('two thousand papers are copied in groups, and each is in the package as it came', async () => {
  const carrier = join(await tmpFolder(), 'carrier');
  await mkdir(join(carrier, 'papers'), { recursive: true });
  await writeFile(join(carrier, 'disk.img'), Buffer.alloc(1_474_560, 0x81));
  const names = Array.from({ length: 2000 }, (_, n) => `papers/${n}.txt`);
  for (const name of names) await writeFile(join(carrier, name), `this is ${name}`);
  const { folder } = await ingested(carrier);
  for (const name of names) {
    expect(await readFile(join(folder, 'data/submission', name), 'utf8')).toBe(`this is ${name}`);
  }
}, 120_000);
