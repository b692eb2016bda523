/** What is special to gzip, bzip2, xz, zstd and zip around an image; what they share is in test/conformance/media.test.ts. */
import { deflateRawSync, gunzipSync, gzipSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type ByteSource, type Media, identify, openMedia } from '#ingest/media';
import { streamSource } from '#built/ingest/media/stream-source';
import { bufferSource } from './buffer-source.ts';
import { type Entry, zip } from './zip-builder.ts';

const fixtures = new URL('../../fixtures/media/', import.meta.url);
const load = (path: string): Buffer => gunzipSync(readFileSync(new URL(path, fixtures)));
const opened = (bytes: Buffer): Promise<Media> => openMedia(bufferSource(bytes));
const sectors = (count: number): Buffer => Buffer.alloc(count * 512, 0x81);
const changed = (bytes: Buffer, at: number, value: number): Buffer => {
  const copy = Buffer.from(bytes);
  copy[at < 0 ? copy.length + at : at] = value;
  return copy;
};

describe('a wrapper', () => {
  it('tells what is inside, and how it is packed', async () => {
    await using media = await opened(load('gzip/disk.vdi.gz.gz'));
    expect(media.facts).toMatchObject({ wrapper: 'gzip', innerFormat: 'vdi', subformat: 'dynamic' });
    await using named = await opened(load('gzip/canon.raw.gz.gz'));
    expect(named.facts).toMatchObject({ innerName: 'canon.raw', innerFormat: 'raw', innerSize: 5_244_416 });
  });

  it('is identified with the content it has', async () => {
    const found = await identify(bufferSource(load('gzip/disk.vdi.gz.gz')), 'disk.vdi.gz');
    expect(found).toMatchObject({
      id: 'gzip',
      kind: 'wrapper',
      readable: true,
      puid: 'x-fmt/266',
      inside: { id: 'vdi', kind: 'image' },
    });
    const letter = await identify(bufferSource(gzipSync('Dear archive,\n')));
    expect(letter).toMatchObject({ id: 'gzip', inside: { id: 'text', kind: 'paper' } });
  });

  it('around two files, or damaged at once, has no content that counts', async () => {
    const two = zip([
      { name: 'a.img', bytes: sectors(1) },
      { name: 'b.img', bytes: sectors(1) },
    ]);
    expect(await identify(bufferSource(two))).not.toHaveProperty('inside');
    expect(await identify(bufferSource(gzipSync(sectors(9)).subarray(0, 12).fill(9, 10)))).not.toHaveProperty('inside');
  });

  it('never hides a file system that shows through', async () => {
    const disc = load('iso/joliet-rockridge.iso.gz');
    Buffer.of(0x1f, 0x8b, 8, 0).copy(disc);
    expect((await identify(bufferSource(disc))).id).toBe('iso');
  });

  it('around papers is no medium', async () => {
    await expect(opened(gzipSync('Dear archive,\n'))).rejects.toMatchObject({ code: 'media/no-image' });
  });

  it('in a wrapper is looked through, in a third is not', async () => {
    const once = gzipSync(load('vdi/dynamic.vdi.gz'));
    await using media = await opened(zip([{ name: 'disk.vdi.gz', bytes: once }]));
    expect(media.facts).toMatchObject({ wrapper: 'zip', innerFormat: 'gzip' });
    expect(media.size).toBe(5_244_416);
    await expect(opened(gzipSync(gzipSync(once)))).rejects.toMatchObject({ code: 'media/wrapped-deep' });
  });

  it('that holds itself is refused', async () => {
    let nested = sectors(1);
    for (let i = 0; i < 40; i++) nested = gzipSync(nested);
    await expect(opened(nested)).rejects.toMatchObject({ code: 'media/wrapped-deep' });
  });
});

describe('gzip', () => {
  const good = gzipSync(sectors(100));
  it.each<[string, string, Buffer]>([
    ['a cut file', 'media/stream-cut', good.subarray(0, good.length - 5)],
    ['a wrong CRC', 'media/stream-damaged', changed(good, -8, 1)],
    ['a wrong length', 'media/stream-damaged', changed(good, -1, 1)],
    ['bytes that are no deflate', 'media/stream-damaged', changed(good, 10, 0xff)],
    ['nothing inside', 'media/wrapped-empty', gzipSync(Buffer.alloc(0))],
  ])('refuses %s', async (_, code, bytes) => {
    await expect(opened(bytes)).rejects.toMatchObject({ code });
  });

  it('takes no path from the name inside', async () => {
    const named = Buffer.concat([
      good.subarray(0, 3),
      Buffer.of(8),
      good.subarray(4, 10),
      Buffer.from('../../etc/disk.img\0'),
      good.subarray(10),
    ]);
    await using media = await opened(named);
    expect(media.facts['innerName']).toBe('disk.img');
  });
});

describe('zip', () => {
  const one = (entry: Partial<Entry>): Buffer => zip([{ name: 'disk.img', bytes: sectors(20), ...entry }]);
  const deflated = deflateRawSync(sectors(20));
  const packed = { bytes: deflated, method: 8, size: 20 * 512, crc: 0 };

  it.each<[string, string, Buffer]>([
    [
      'several files',
      'zip/not-one-file',
      zip([
        { name: 'a.img', bytes: sectors(1) },
        { name: 'b.img', bytes: sectors(1) },
      ]),
    ],
    ['folders alone', 'zip/not-one-file', zip([{ name: 'a/', bytes: Buffer.alloc(0) }])],
    ['an encrypted file', 'zip/encrypted', one({ flags: 1 })],
    ['another method', 'zip/method', one({ method: 99 })],
    ['a stored file of two sizes', 'zip/size', one({ size: 1 })],
    ['a size that deflate cannot make', 'zip/size', one({ ...packed, size: 0xfffffff0 })],
    ['an entry past the end', 'zip/entry', one({ offset: 0xfffffff0 })],
    ['bytes past the end', 'zip/entry', one({ packedSize: 0xfffffff0, size: 0xfffffff0 })],
    ['an entry that is none', 'zip/entry', one({ offset: 7 })],
    ['a cut file', 'zip/no-directory', one({}).subarray(0, 10_000)],
    ['more entries than it has', 'zip/directory', changed(one({}), -12, 9)],
    ['a directory past the end', 'zip/directory', changed(one({}), -4, 0xf0)],
  ])('refuses %s', async (_, code, bytes) => {
    await expect(opened(bytes)).rejects.toMatchObject({ code });
  });

  it('compares the CRC when it reads up to the end', async () => {
    await expect(opened(one({ ...packed, crc: 1 })).then((media) => media.read(0, 512))).rejects.toMatchObject({
      code: 'zip/crc',
    });
  });

  it('compares the CRC of a stored file too, when all of it was read', async () => {
    const found = async (crc?: number): Promise<string[]> => {
      await using media = await opened(one(crc === undefined ? {} : { crc }));
      const verifier = media.verifier?.();
      for (let at = 0; at < media.size; at += 512) verifier?.update(await media.read(at, 512));
      return verifier?.finish().map(({ code }) => code) ?? ['no verifier'];
    };
    expect([await found(), await found(1)]).toEqual([[], ['zip/crc']]);
  });

  it('refuses a file that is longer or shorter than it says', async () => {
    await expect(opened(one({ ...packed, size: 512 })).then((media) => media.read(0, 512))).rejects.toMatchObject({
      code: 'zip/size',
    });
    const short = opened(one({ ...packed, size: 21 * 512 })).then((media) => media.read(0, 21 * 512));
    await expect(short).rejects.toMatchObject({ code: 'media/stream-short' });
  });

  it('takes no path from a name', async () => {
    await using media = await opened(zip([{ name: '../../etc/disk.img', bytes: sectors(20) }]));
    expect(media.facts['innerName']).toBe('disk.img');
  });
});

describe('bzip2', () => {
  const good = load('bzip2/canon.raw.bz2.gz');
  it.each<[string, Buffer]>([
    ['a cut file', good.subarray(0, good.length - 20)],
    ['a wrong CRC of a block', changed(good, 10, 0xaa)],
    ['a wrong CRC of the stream', changed(good, -2, (good.at(-2) ?? 0) ^ 0x18)],
    ['a randomised block', changed(good, 14, 0x80)],
    ['a block that begins outside of itself', changed(changed(good, 14, 0x7f), 15, 0xff)],
  ])('refuses %s', async (_, bytes) => {
    await expect(opened(bytes)).rejects.toMatchObject({ code: 'media/chunk-damaged' });
  });
});

describe('xz', () => {
  const good = load('xz/blocks.img.xz.gz');
  it.each<[string, Buffer]>([
    ['a cut file', good.subarray(0, good.length - 4)],
    ['a damaged beginning', changed(good, 8, 9)],
    ['a damaged end', changed(good, -3, 9)],
    ['a damaged index', changed(good, -20, 9)],
    ['bytes after it', Buffer.concat([good, Buffer.from('more')])],
    ['zeros after it that are no whole words', Buffer.concat([good, Buffer.alloc(3)])],
  ])('refuses %s', async (_, bytes) => {
    await expect(opened(bytes)).rejects.toMatchObject({ code: 'media/chunk-damaged' });
  });

  it('refuses the block that is damaged, and reads the others', async () => {
    await using media = await opened(changed(good, 2000, (good[2000] ?? 0) ^ 1));
    await expect(media.read(1_048_000, 512)).rejects.toMatchObject({ code: 'media/chunk-damaged' });
    expect((await media.read(5_243_904, 512)).equals(load('canon.raw.gz').subarray(5_243_904))).toBe(true);
  });
});

describe('zstd', () => {
  const good = load('zstd/canon.raw.zst.gz');
  const frame = (descriptor: number, ...rest: number[]): Buffer =>
    Buffer.concat([Buffer.of(0x28, 0xb5, 0x2f, 0xfd, descriptor, ...rest), Buffer.of(1, 0, 0)]);
  it.each<[string, string, Buffer]>([
    ['a cut file', 'zstd/damaged', good.subarray(0, good.length - 20)],
    ['what follows it and is no frame', 'zstd/damaged', Buffer.concat([good, Buffer.from('more')])],
    ['a window of 2 TiB', 'zstd/window', frame(0, 0xff)],
    ['a dictionary', 'zstd/dictionary', frame(1, 0, 7)],
    ['a size that no number can count', 'zstd/damaged', frame(0xc0, 0, 255, 255, 255, 255, 255, 255, 255, 255)],
    ['a size of 4 PiB in some bytes', 'media/wrapped-size', frame(0xc0, 0, 0, 0, 0, 0, 0, 0, 16, 0)],
    ['a size of 1 TiB in some bytes', 'zstd/size', frame(0xc0, 0, 0, 0, 0, 0, 0, 1, 0, 0)],
    ['a block of the kind that is reserved', 'zstd/damaged', Buffer.concat([frame(0, 0).subarray(0, 6), Buffer.of(7, 0, 0)])],
  ])('refuses %s', async (_, code, bytes) => {
    await expect(opened(bytes)).rejects.toMatchObject({ code });
  });
});

describe('streamSource', () => {
  /** Parts of 1000 bytes, each byte the number of its part; `made` notes which part was begun. */
  function counted(size: number, made: number[], promised = size): ByteSource {
    const starts = Array.from({ length: Math.ceil(size / 1000) }, (_, i) => i * 1000);
    return streamSource({
      what: 'the stream',
      size: promised,
      starts,
      async *part(index) {
        made.push(index);
        for (let at = index * 1000; at < Math.min(size, (index + 1) * 1000); at += 100)
          yield Buffer.alloc(Math.min(100, size - at), index);
      },
    });
  }

  it('makes nothing twice when it is read forward, and what it still has when it is read backward', async () => {
    const made: number[] = [];
    await using source = counted(5000, made);
    for (let at = 0; at < 5000; at += 250) expect((await source.read(at, 250))[0]).toBe(Math.floor(at / 1000));
    expect((await source.read(100, 10)).equals(Buffer.alloc(10))).toBe(true);
    expect(made).toEqual([0, 1, 2, 3, 4]);
  });

  it('begins at the nearest start', async () => {
    const made: number[] = [];
    await using source = counted(9000, made);
    expect((await source.read(7500, 1000)).equals(Buffer.concat([Buffer.alloc(500, 7), Buffer.alloc(500, 8)]))).toBe(true);
    expect((await source.read(2001, 1))[0]).toBe(2);
    expect(made).toEqual([7, 8, 2]);
  });

  it('says that the stream is shorter than promised, each time', async () => {
    await using source = counted(5000, [], 5500);
    await expect(source.read(4900, 300)).rejects.toMatchObject({
      code: 'media/stream-short',
      facts: { got: 5000, expected: 5500 },
    });
    await expect(source.read(4900, 300)).rejects.toMatchObject({ code: 'media/stream-short' });
    expect((await source.read(4900, 100))[0]).toBe(4);
  });
});
