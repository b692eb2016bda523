/** What is special to raw CD images without a sheet. */
import { describe, expect, it } from 'vitest';
import { identify, openMedia } from '#ingest/media';
import { bufferSource } from './buffer-source.ts';
import { codes, extentsIn, fixture } from './disc-set.ts';

const SECTOR = 2352;
const bin = fixture('cd-raw/mode1.bin');
const count = bin.length / SECTOR;
const iso = fixture('cd-raw/mode1.bin.truth');

describe('a raw CD image', () => {
  it('tells its sectors', async () => {
    await using media = await openMedia(bufferSource(bin));
    expect(media.facts).toMatchObject({ subformat: 'MODE1/2352', volumeId: 'ONE', tracks: [`01 MODE1/2352 LBA 0-${count - 1}`] });
    expect(media.sectorSize).toBe(2048);
    await using sub = await openMedia(bufferSource(fixture('cd-raw/sub.bin')));
    expect(sub.facts['subformat']).toBe('MODE1/2448');
  });

  it('may have lost its first sector', async () => {
    const bytes = Buffer.concat([Buffer.alloc(SECTOR), bin.subarray(SECTOR)]);
    expect(await identify(bufferSource(bytes))).toMatchObject({ id: 'cd-raw', basis: 'signature', readable: true });
    await using media = await openMedia(bufferSource(bytes));
    expect((await media.read(2048, media.size - 2048)).equals(iso.subarray(2048))).toBe(true);
    await expect(media.read(0, 1)).rejects.toMatchObject({
      code: 'optical/sync',
      facts: { mediumOffset: 0, mediumLength: 2048 },
    });
  });

  it('has no data where audio begins, and says so', async () => {
    await using media = await openMedia(bufferSource(fixture('cd-raw/mixed.bin')));
    expect(codes(media)).toEqual(['cd-raw/no-data-behind']);
    expect(await extentsIn(media)).toBe(`data 0+${count} absent ${count}+100`);
  });

  it('that is cut in a sector has lost that', async () => {
    await using media = await openMedia(bufferSource(bin.subarray(0, -1)));
    expect(codes(media)).toEqual(['optical/sectors-lost']);
    expect(await extentsIn(media)).toBe(`data 0+${count - 1} absent ${count - 1}+1`);
  });

  it('of one sector is one', async () => {
    await using media = await openMedia(bufferSource(bin.subarray(0, SECTOR)));
    expect(media.size).toBe(2048);
  });

  it('whose addresses are below the first of a disc counts from 0', async () => {
    const low = Buffer.from(bin.subarray(0, SECTOR * 2));
    for (const [i, at] of [0, SECTOR].entries()) low.set([0, 0, i], at + 12);
    for (const at of [2064, SECTOR + 2064]) low.fill(0, at, at + 4);
    await using media = await openMedia(bufferSource(low));
    expect(codes(media)).toEqual(['optical/addresses-differ', 'optical/no-edc']);
    expect(media.size).toBe(4096);
  });
});
