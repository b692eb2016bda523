/** What is special to raw, iso and floppy; everything they share is in test/conformance/media.test.ts. */
import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type Companions, Confidence, type MediaFormat, alone, identify, openMedia } from '#ingest/media';
import { surest } from '#built/ingest/media/registry';
import { bufferSource } from './buffer-source.ts';

const fixtures = new URL('../../fixtures/media/', import.meta.url);
const load = async (path: string): Promise<Buffer> => gunzipSync(await readFile(new URL(path, fixtures)));
const codes = (faults: readonly { code: string }[]): string[] => faults.map(({ code }) => code);

describe('openMedia', () => {
  const named = (id: string, confidence: number): MediaFormat => ({
    id,
    title: id,
    sources: [id],
    probe: () => Promise.resolve(confidence),
    open: () => Promise.reject(new Error('not asked')),
  });
  const bytes = bufferSource(Buffer.alloc(10));

  it('takes the surest', async () => {
    const found = await surest(bytes, [
      named('a', Confidence.Likely),
      named('b', Confidence.Certain),
      named('c', Confidence.Last),
    ]);
    expect(found.format.id).toBe('b');
  });

  it('refuses a tie and names the candidates', async () => {
    const tied = surest(bytes, [named('a', 80), named('b', 80), named('c', 1)]);
    await expect(tied).rejects.toMatchObject({ code: 'media/ambiguous', facts: { candidates: ['a', 'b'] } });
  });

  it('refuses what nobody knows, and what is empty', async () => {
    await expect(surest(bytes, [named('a', Confidence.No)])).rejects.toMatchObject({ code: 'media/unknown' });
    await expect(openMedia(bufferSource(Buffer.alloc(0)))).rejects.toMatchObject({ code: 'media/empty' });
  });

  it('finds no companion for a container that came alone', async () => {
    const nobody: Companions = alone;
    expect(await nobody.find('parent.img')).toBeUndefined();
  });
});

describe('raw', () => {
  it('warns of a size that is no whole number of sectors', async () => {
    await using odd = await openMedia(bufferSource(await load('raw/odd-size.raw.gz')));
    expect(codes(odd.warnings)).toEqual(['raw/odd-size']);
    await using whole = await openMedia(bufferSource(await load('raw/whole-sectors.dd.gz')));
    expect(whole.warnings).toEqual([]);
    expect(whole.sectorSize).toBe(512);
  });
});

describe('iso', () => {
  it('tells what the primary volume descriptor says', async () => {
    const bytes = await load('iso/joliet-rockridge.iso.gz');
    await using media = await openMedia(bufferSource(bytes));
    expect(media.sectorSize).toBe(2048);
    expect(media.facts).toMatchObject({
      volumeId: 'STRONGROOM',
      systemId: 'LINUX',
      publisher: 'The Publisher',
      structures: 'ISO 9660, Joliet',
      blockSize: 2048,
    });
    expect(media.facts['declaredSize']).toBe(bytes.length);
    expect(media.warnings).toEqual([]);
  });

  it('says that the image is cut, and by how much', async () => {
    await using media = await openMedia(bufferSource(await load('iso/cut.iso.gz')));
    expect(codes(media.warnings)).toEqual(['iso/cut', 'iso/odd-size']);
    expect(media.warnings[0]?.facts).toMatchObject({ size: 100_001 });
  });

  it('tells a bridge disc, by content and by PRONOM', async () => {
    const container = bufferSource(await load('iso/udf-bridge.iso.gz'));
    await using media = await openMedia(container);
    expect(media.facts['structures']).toBe('ISO 9660, UDF');
    expect((await identify(container)).puid).toBe('fmt/1739');
    expect((await identify(bufferSource(await load('iso/cut.iso.gz')))).puid).toBe('fmt/468');
  });

  it('warns when the two byte orders of a number differ', async () => {
    const bytes = await load('iso/joliet-rockridge.iso.gz');
    bytes.writeUInt32BE(1, 32_768 + 84);
    await using media = await openMedia(bufferSource(bytes));
    expect(codes(media.warnings)).toEqual(['iso/byte-orders-differ']);
  });

  it('counts what follows the volume', async () => {
    const bytes = Buffer.concat([await load('iso/joliet-rockridge.iso.gz'), Buffer.alloc(4096)]);
    await using media = await openMedia(bufferSource(bytes));
    expect(media.facts['bytesAfterVolume']).toBe(4096);
  });
});

describe('floppy', () => {
  it.each([
    ['pc-1440', { cylinders: 80, heads: 2, sectorsPerTrack: 18, bytesPerSector: 512, label: 'BRIEFE', likely: 'PC 1.44M' }],
    ['pc-360', { cylinders: 40, heads: 2, sectorsPerTrack: 9, bytesPerSector: 512, label: 'BRIEFE', likely: 'PC 360K' }],
    ['dos1-160', { cylinders: 40, heads: 1, sectorsPerTrack: 8, bytesPerSector: 512, system: 'DOS 1' }],
  ])('tells the geometry of %s', async (name, facts) => {
    await using media = await openMedia(bufferSource(await load(`floppy/${name}.img.gz`)));
    expect(media.facts).toEqual(expect.objectContaining(facts));
    expect(media.sectorSize).toBe(512);
    expect(media.warnings).toEqual([]);
  });

  it('tells an Amiga disk, by content and by PRONOM', async () => {
    const container = bufferSource(await load('floppy/amiga-880.adf.gz'));
    expect(await identify(container)).toMatchObject({ id: 'floppy', puid: 'fmt/1361', basis: 'signature' });
    await using media = await openMedia(container);
    expect(media.facts).toMatchObject({ system: 'Amiga', sectorsPerTrack: 11 });
  });

  it('does not guess between geometries of one size', async () => {
    await using media = await openMedia(bufferSource(await load('floppy/size-only-800.img.gz')));
    expect(media.facts['geometry']).toMatch(/^one of: PC.*80×2×10×512.*Macintosh 800K.*80×2×5×1024/);
    expect(media.facts['cylinders']).toBeUndefined();
  });

  it('says that the end of the disk is missing, and when there is more than a disk', async () => {
    const whole = await load('floppy/pc-1440.img.gz');
    await using cut = await openMedia(bufferSource(whole.subarray(0, 700_000)));
    expect(cut).toMatchObject({
      format: 'floppy',
      warnings: [{ kind: 'truncated', code: 'floppy/cut', facts: { size: 700_000, declaredSize: 1_474_560 } }],
    });
    await using long = await openMedia(bufferSource(Buffer.concat([whole, Buffer.alloc(512)])));
    expect(codes(long.warnings)).toEqual(['floppy/longer']);
  });

  it('takes an odd Atari ST disk by its size, and no size in between', async () => {
    expect((await identify(bufferSource(Buffer.alloc(82 * 2 * 10 * 512)))).id).toBe('floppy');
    expect((await identify(bufferSource(Buffer.alloc(85 * 2 * 10 * 512)))).id).toBe('raw');
  });
});
