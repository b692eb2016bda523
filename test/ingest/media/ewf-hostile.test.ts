/** E01 that is damaged or forged: what is refused, and what is read with a warning. */
import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { openMedia } from '#ingest/media';
import { bufferSource } from './buffer-source.ts';
import {
  CHUNK,
  DONE,
  type Part,
  chunk,
  codes,
  flipped,
  opened,
  segment,
  stored,
  summed,
  table,
  three,
  threeVolume,
  volume,
} from './ewf-builder.ts';

describe('chunks', () => {
  const start = 13 + 76 + 1052 + 76;

  it('that do not match their checksum name the bytes of the medium, and spoil no others', async () => {
    const bytes = segment([...stored(three, [threeVolume]), DONE]);
    await using media = await openMedia(bufferSource(flipped(bytes, start + CHUNK + 4 + 500)));
    await expect(media.read(0, media.size)).rejects.toMatchObject({
      kind: 'corrupt',
      code: 'ewf/chunk-checksum',
      facts: { mediumOffset: CHUNK, mediumLength: CHUNK },
    });
    expect((await media.read(2 * CHUNK, CHUNK)).equals(chunk(3))).toBe(true);
  });

  it('that unpack to more than a chunk are stopped there', async () => {
    const bomb = deflateSync(Buffer.alloc(64 * 1024 * 1024));
    const parts: Part[] = [
      { type: 'volume', body: volume({ chunkCount: 2, sectorCount: 128 }) },
      { type: 'sectors', body: Buffer.concat([bomb.subarray(0, 20_000), summed(chunk(2))]) },
      { type: 'table', body: table([(start | 0x80000000) >>> 0, start + 20_000]) },
    ];
    await using media = await opened([...parts, DONE]);
    await expect(media.read(0, 10)).rejects.toMatchObject({ code: 'media/chunk-too-long', facts: { mediumOffset: 0 } });
    expect((await media.read(CHUNK, CHUNK)).equals(chunk(2))).toBe(true);
  });

  it('that are cut streams are told', async () => {
    const packed = deflateSync(Buffer.from(Array.from({ length: CHUNK }, (_, i) => (i * i) >> 3)));
    const half = packed.length >> 1;
    const parts: Part[] = [
      { type: 'volume', body: volume({ chunkCount: 2, sectorCount: 128 }) },
      { type: 'sectors', body: Buffer.concat([packed.subarray(0, half), summed(chunk(2))]) },
      { type: 'table', body: table([(start | 0x80000000) >>> 0, start + half]) },
    ];
    await using media = await opened([...parts, DONE]);
    await expect(media.read(0, 10)).rejects.toMatchObject({ code: 'media/chunk-damaged', kind: 'corrupt' });
  });

  it('at the end of which the stream is cut are told with the range of the medium that this spoils, and no other', async () => {
    const packed = deflateSync(Buffer.from(Array.from({ length: CHUNK }, (_, i) => (i * i) >> 3)));
    const whole = [summed(chunk(1)), summed(chunk(2))];
    const parts: Part[] = [
      threeVolume,
      { type: 'sectors', body: Buffer.concat([...whole, packed.subarray(0, packed.length - 100)]) },
      { type: 'table', body: table([start, start + CHUNK + 4, ((start + 2 * (CHUNK + 4)) | 0x80000000) >>> 0]) },
    ];
    await using media = await opened([...parts, DONE]);
    await expect(media.read(0, 3 * CHUNK)).rejects.toMatchObject({
      code: 'media/chunk-damaged',
      facts: { mediumOffset: 2 * CHUNK, mediumLength: CHUNK },
    });
    await expect(media.read(2 * CHUNK + 512, 1024)).rejects.toMatchObject({
      facts: { mediumOffset: 2 * CHUNK + 512, mediumLength: 1024 },
    });
    expect((await media.read(0, 2 * CHUNK)).equals(Buffer.concat([chunk(1), chunk(2)]))).toBe(true);
  });

  it('at the end are not believed where their stream lacks its checksum, even when the length could be', async () => {
    const bytes = deflateSync(chunk(3, 1000), { level: 0 });
    const parts: Part[] = [
      { type: 'volume', body: volume({ sectorCount: 2 }) },
      { type: 'sectors', body: bytes.subarray(0, bytes.length - 4) },
      { type: 'table', body: table([(start | 0x80000000) >>> 0]) },
    ];
    await using media = await opened([...parts, DONE]);
    await expect(media.read(0, media.size)).rejects.toMatchObject({ code: 'media/chunk-damaged' });
  });

  it('at the end may hold a whole chunk where the medium ends earlier', async () => {
    const body = volume({ chunkCount: 3, sectorCount: 130 });
    await using media = await opened([...stored(three, [{ type: 'volume', body }]), DONE]);
    expect(media.size).toBe(130 * 512);
    expect((await media.read(2 * CHUNK, 1024)).equals(chunk(3, 1024))).toBe(true);
  });
});

describe('refused or survived', () => {
  const parts = stored(three, [threeVolume]);

  it('volumes of absurd sizes, before anything is allocated', async () => {
    for (const says of [
      { sectorCount: 192, sectorsPerChunk: 0 },
      { sectorCount: 192, sectorsPerChunk: 0xffffffff },
      { sectorCount: 192, sectorSize: 0 },
      { sectorCount: 192, sectorSize: 0x7fffffff },
      { sectorCount: 2 ** 52 },
    ]) {
      const absurd = stored(three, [{ type: 'volume', body: volume(says) }]);
      await expect(opened([...absurd, DONE])).rejects.toMatchObject({ code: 'ewf/volume', kind: 'corrupt' });
    }
    const huge = stored(three, [{ type: 'volume', body: volume({ sectorCount: 2 ** 40 }) }]);
    await expect(opened([...huge, DONE])).rejects.toMatchObject({ code: 'ewf/chunks-missing' });
  });

  it('a damaged volume section whose copy is right', async () => {
    const [first, ...rest] = parts;
    const copy: Part = { type: 'data', body: first?.body ?? Buffer.alloc(0) };
    const broken: Part = { type: 'volume', body: flipped(copy.body, 16) };
    await using media = await opened([broken, ...rest, copy, DONE]);
    expect(codes(media)).toEqual(['ewf/volume']);
    expect(media.size).toBe(3 * CHUNK);
    await expect(opened([broken, ...rest, DONE])).rejects.toMatchObject({ code: 'ewf/volume' });
  });

  it('sections that lead backward, to themselves, past the end, or in endless number', async () => {
    for (const next of [0, 13, 14, 88]) {
      const looped: Part = { type: 'header', body: Buffer.alloc(0), next };
      await expect(opened([looped, ...parts, DONE])).rejects.toMatchObject({ code: 'ewf/no-volume' });
    }
    const past: Part = { type: 'junk', body: Buffer.alloc(0), next: 2 ** 40 };
    await expect(opened([threeVolume, past])).rejects.toMatchObject({ code: 'ewf/segment-cut', kind: 'truncated' });
    const junk = Array.from({ length: 3000 }, (): Part => ({ type: 'junk', body: Buffer.alloc(0) }));
    await expect(opened([threeVolume, ...junk, ...parts.slice(1), DONE])).rejects.toMatchObject({
      code: 'ewf/too-many-sections',
    });
  });

  it('damage after the last chunk, with a warning', async () => {
    const bytes = segment([...parts, { type: 'hash', body: Buffer.alloc(36) }, DONE]);
    await using media = await openMedia(bufferSource(flipped(bytes, bytes.length - 70)));
    expect(codes(media)).toEqual(['ewf/section-checksum', 'ewf/note']);
    expect((await media.read(0, media.size)).equals(Buffer.concat(three))).toBe(true);
  });

  it('header texts that unpack without end, or not at all, with a warning', async () => {
    const bomb: Part = { type: 'header2', body: deflateSync(Buffer.alloc(50_000_000, 'x')) };
    const broken: Part = { type: 'header', body: Buffer.from('no stream') };
    await using media = await opened([...stored(three, [bomb, broken, threeVolume]), DONE]);
    expect(codes(media)).toEqual(['ewf/text', 'ewf/text']);
    expect(media.facts).toMatchObject({ sectorsPerChunk: 64 });
  });

  it('encryption', async () => {
    const crypt: Part = { type: 'crypt', body: Buffer.alloc(16) };
    await expect(opened([crypt, ...parts, DONE])).rejects.toMatchObject({ kind: 'unsupported', code: 'ewf/encrypted' });
    const ad = Buffer.concat([Buffer.from('ADCRYPT\0'), Buffer.alloc(600)]);
    await expect(openMedia(bufferSource(ad))).rejects.toMatchObject({ code: 'media/not-read' });
  });

  it('two images in one file, with a warning', async () => {
    const dual = parts.map((part) => (part.type === 'sectors' ? { ...part, size: 5000 } : part));
    await using media = await opened([...dual, DONE]);
    expect(codes(media)).toEqual(['ewf/section-size']);
    expect((await media.read(0, media.size)).equals(Buffer.concat(three))).toBe(true);
  });

  it('digests that differ, with a warning', async () => {
    const hash = (type: string, length: number, fill: number): Part => ({ type, body: summed(Buffer.alloc(length, fill)) });
    await using media = await opened([...parts, hash('digest', 76, 1), hash('hash', 32, 2), DONE]);
    expect(codes(media)).toEqual(['ewf/digests-differ']);
    await using same = await opened([...parts, hash('digest', 76, 1), hash('hash', 32, 1), DONE]);
    expect(codes(same)).toEqual([]);
    expect(same.storedDigests).toEqual({ md5: '01'.repeat(16), sha1: '01'.repeat(20) });
  });

  it('logical evidence is recognised, not read', async () => {
    const logical = Buffer.concat([Buffer.from('LVF\t\r\n\xff\0\x01\x01\0\0\0', 'latin1'), Buffer.alloc(600)]);
    await expect(openMedia(bufferSource(logical))).rejects.toMatchObject({
      code: 'media/not-read',
      facts: { format: 'ewf-logical' },
    });
  });
});
