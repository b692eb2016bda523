/** Amiga volumes with damage: chains that meet, checksums that are wrong, headers that are none. */
import { describe, expect, it } from 'vitest';
import { contentOf } from '#ingest/filesystems';
import { entryAt, look, probed, volumeOf } from './small-disks.ts';

const BLOCK = 512;
const ROOT = 880;

/** Makes the checksum of a header block right again. */
function summed(volume: Buffer, block: number): void {
  const bytes = volume.subarray(block * BLOCK, (block + 1) * BLOCK);
  bytes.writeUInt32BE(0, 20);
  let sum = 0;
  for (let at = 0; at < BLOCK; at += 4) sum = (sum + bytes.readUInt32BE(at)) >>> 0;
  bytes.writeUInt32BE(-sum >>> 0, 20);
}

async function blockOf(volume: Buffer, path: string): Promise<number> {
  return entryAt(await look('amiga', volume), path).id;
}

describe('an Amiga volume', () => {
  it('tells a hash chain that comes back to itself, and lists the rest', async () => {
    const volume = volumeOf('amiga', 'ffs-intl');
    const before = (await look('amiga', volume)).entries.length;
    const block = await blockOf(volume, 'Empty');
    volume.writeUInt32BE(block, block * BLOCK + BLOCK - 16);
    summed(volume, block);
    const { entries, codes } = await look('amiga', volume);
    expect(codes).toEqual(['amiga/loop']);
    expect(entries.length).toBeGreaterThan(before - 5);
  });

  it('does not go into a folder that is its own parent', async () => {
    const volume = volumeOf('amiga', 'ffs-intl');
    const block = await blockOf(volume, 'd1');
    for (let slot = 24; slot < 312; slot += 4) volume.writeUInt32BE(block, block * BLOCK + slot);
    summed(volume, block);
    expect((await look('amiga', volume)).codes).toEqual(['amiga/loop']);
  });

  it('tells a wrong checksum at the entry that it belongs to', async () => {
    const volume = volumeOf('amiga', 'ffs-intl');
    const block = await blockOf(volume, 'Letters/Anna');
    volume.writeUInt8(0x42, block * BLOCK + 330);
    const looked = await look('amiga', volume);
    expect(entryAt(looked, 'Letters/Anna').faults?.map(({ code }) => code)).toEqual(['amiga/checksum']);
  });

  it('loses one chain where a header is overwritten', async () => {
    const volume = volumeOf('amiga', 'ffs-intl');
    const before = (await look('amiga', volume)).entries.length;
    const block = await blockOf(volume, 'many/file 7');
    volume.fill(0x55, block * BLOCK, (block + 1) * BLOCK);
    const { entries, codes } = await look('amiga', volume);
    expect(codes).toEqual(['amiga/no-header']);
    expect(entries.length).toBeGreaterThan(before - 8);
  });

  it('gives no bytes for a file that claims more than its blocks hold', async () => {
    const volume = volumeOf('amiga', 'ffs-intl');
    const block = await blockOf(volume, 'Letters/Anna');
    volume.writeUInt32BE(0xffff_fff0, block * BLOCK + BLOCK - 188);
    summed(volume, block);
    const [stream] = entryAt(await look('amiga', volume), 'Letters/Anna').streams;
    const runs = await stream?.runs();
    expect(stream?.size).toBe(0xffff_fff0);
    expect(runs?.map(({ kind }) => kind)).toEqual(['stored', 'absent']);
  });

  it('survives extension blocks in a circle', async () => {
    const volume = volumeOf('amiga', 'ffs-intl');
    const block = await blockOf(volume, 'Novel, 2nd draft');
    const extension = volume.readUInt32BE(block * BLOCK + BLOCK - 8);
    volume.writeUInt32BE(extension, extension * BLOCK + BLOCK - 8);
    volume.writeUInt32BE(0x1000_0000, block * BLOCK + BLOCK - 188);
    summed(volume, block);
    const [stream] = entryAt(await look('amiga', volume), 'Novel, 2nd draft').streams;
    expect((await stream?.runs())?.at(-1)?.kind).toBe('absent');
  });

  it('says that a volume was not validated', async () => {
    const volume = volumeOf('amiga', 'ffs-intl');
    volume.writeUInt32BE(0, ROOT * BLOCK + BLOCK - 200);
    summed(volume, ROOT);
    expect((await look('amiga', volume)).codes).toEqual(['amiga/not-validated']);
  });

  it('finds the root of a floppy image that has more tracks', async () => {
    const volume = Buffer.concat([volumeOf('amiga', 'ffs-intl'), Buffer.alloc(22 * BLOCK)]);
    expect((await look('amiga', volume)).system.label).toBe('Novels 93');
  });

  it('is not believed by its first bytes alone', async () => {
    const volume = volumeOf('amiga', 'ffs-intl');
    volume.fill(0, ROOT * BLOCK, (ROOT + 1) * BLOCK);
    expect(await probed('amiga', volume)).toBe(0);
  });

  it('tells a hard link to nothing, and an impossible time', async () => {
    const volume = volumeOf('amiga', 'links');
    const block = await blockOf(volume, 'Letters/Copy');
    volume.writeUInt32BE(3, block * BLOCK + BLOCK - 44);
    volume.writeUInt32BE(5000, block * BLOCK + BLOCK - 88);
    summed(volume, block);
    const copy = entryAt(await look('amiga', volume), 'Letters/Copy');
    expect(copy.faults?.map(({ code }) => code)).toEqual(['amiga/no-header']);
    expect(copy.streams).toEqual([]);
    expect(copy.times.modified?.doubt).toMatch(/minute 5000/);
  });

  it('reads a deleted file, and says that it may not be its own', async () => {
    const gone = (await look('amiga', volumeOf('amiga', 'ofs'))).entries.find(({ isDeleted }) => isDeleted);
    expect(gone?.path).toBe('Letters/Gone');
    const [stream] = gone?.streams ?? [];
    expect(stream?.doubt).toMatch(/used again/);
    const content = stream === undefined ? undefined : await contentOf(stream);
    expect((await content?.read(0, 8))?.toString()).toBe('gone, bu');
  });
});
