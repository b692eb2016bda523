/** What is special to AFF; everything it shares with other formats is in test/conformance/media.test.ts. */
import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type Extent, type Media, companionsOf, openMedia } from '#ingest/media';
import { casesOf, depositOf } from '../../conformance/media-cases.ts';
import { bufferSource } from './buffer-source.ts';

interface Segment {
  readonly name: string;
  readonly argument?: number;
  readonly bytes?: Buffer;
}

const u32 = (...numbers: number[]): Buffer => {
  const bytes = Buffer.alloc(4 * numbers.length);
  for (const [i, number] of numbers.entries()) bytes.writeUInt32BE(number, 4 * i);
  return bytes;
};

function aff(segments: readonly Segment[]): Buffer {
  const parts = segments.map(({ name, argument = 0, bytes = Buffer.alloc(0) }) =>
    Buffer.concat([
      Buffer.from('AFF\0'),
      u32(name.length, bytes.length, argument),
      Buffer.from(name),
      bytes,
      Buffer.from('ATT\0'),
      u32(24 + name.length + bytes.length),
    ]),
  );
  return Buffer.concat([Buffer.from('AFF10\r\n\0', 'latin1'), ...parts]);
}

const PAGE = 4096;
const content = Buffer.alloc(PAGE, 'page');
const page = (number: number, argument = 0, bytes = content): Segment => ({ name: `page${number}`, argument, bytes });
/** Low half first. */
const size = (bytes: number): Segment => ({
  name: 'imagesize',
  argument: 2,
  bytes: u32(bytes % 2 ** 32, Math.floor(bytes / 2 ** 32)),
});
const pageSize: Segment = { name: 'pagesize', argument: PAGE };
const opened = (segments: readonly Segment[]): Promise<Media> => openMedia(bufferSource(aff(segments)));

async function extentsOf(media: Media): Promise<Extent[]> {
  const found: Extent[] = [];
  for await (const extent of media.extents()) found.push(extent);
  return found;
}

async function fixture(name: string): Promise<Media> {
  const of = casesOf('aff').find((each) => each.name === name);
  if (of === undefined) throw new Error(`no fixture ${name}`);
  const { container, companions } = depositOf(of);
  return openMedia(container, companions);
}

describe('aff', () => {
  it('tells who imaged what, and the digests of the medium', async () => {
    await using media = await fixture('digests.aff');
    expect(media.facts).toMatchObject({
      caseNumber: 'case 7',
      examiner: 'Müller',
      model: 'ST-225',
      serialNumber: '4711',
      notes: 'two\\x0alines',
      toolVersion: '3.7.20',
      subformat: 'AFF',
      pageSize: 1_048_576,
    });
    expect(media.facts['acquiredAt']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/);
    const bytes = await media.read(0, media.size);
    expect(media.storedDigests.md5).toBe(createHash('md5').update(bytes).digest('hex'));
    expect(media.storedDigests.sha1).toBe(createHash('sha1').update(bytes).digest('hex'));
    expect(media.warnings).toEqual([]);
  });

  it('refuses a page that differs from its digest, and says where in the medium', async () => {
    const md5 = createHash('md5').update('other').digest();
    await using media = await opened([pageSize, page(0), page(1), { name: 'page1_md5', bytes: md5 }, size(2 * PAGE)]);
    expect((await media.read(0, PAGE)).equals(content)).toBe(true);
    const read = media.read(PAGE + 10, 10);
    await expect(read).rejects.toMatchObject({ kind: 'corrupt', code: 'aff/page-digest', facts: { mediumOffset: PAGE + 10 } });
  });

  it('has the sectors that hold the pattern of bad ones as absent', async () => {
    await using media = await fixture('bad-sectors.aff');
    const absent = (await extentsOf(media)).filter(({ kind }) => kind === 'absent');
    expect(absent.map(({ offset }) => offset)).toEqual([512, 1024, 5_243_904]);
  });

  it('has missing pages as one absent run, however many they are', async () => {
    await using media = await opened([pageSize, page(0), size(2 ** 45)]);
    expect(await extentsOf(media)).toEqual([
      { offset: 0, length: PAGE, kind: 'data' },
      { offset: PAGE, length: 2 ** 45 - PAGE, kind: 'absent' },
    ]);
    expect(media.warnings).toMatchObject([{ code: 'aff/pages-missing', facts: { missing: 2 ** 33 - 1 } }]);
  });

  it('reads the names of early versions', async () => {
    await using media = await opened([{ name: 'segsize', argument: PAGE }, { ...page(0), name: 'seg0' }, size(PAGE)]);
    expect((await media.read(0, PAGE)).equals(content)).toBe(true);
  });

  it('takes the first of two pages with one number, and skips what was deleted', async () => {
    const other = Buffer.alloc(PAGE, 'x');
    await using media = await opened([pageSize, { name: '', bytes: other }, page(0), page(0, 0, other), size(PAGE)]);
    expect((await media.read(0, PAGE)).equals(content)).toBe(true);
  });

  it.each<[string, string, Segment[]]>([
    ['an encrypted image', 'aff/encrypted', [pageSize, { name: 'affkey_aes256', bytes: Buffer.alloc(52) }, size(PAGE)]],
    ['an encrypted page', 'aff/encrypted', [pageSize, { name: 'page0/aes256', bytes: content }, size(PAGE)]],
    ['an image without a size', 'aff/no-size', [pageSize, page(0)]],
    ['a medium of no bytes', 'aff/no-size', [pageSize, page(0), size(0)]],
    ['a size that no number can count', 'aff/no-size', [pageSize, page(0), { name: 'imagesize', bytes: Buffer.alloc(8, 0xff) }]],
    ['pages of no bytes', 'aff/page-size', [{ name: 'pagesize', argument: 0 }, page(0), size(PAGE)]],
    ['pages of 4 GiB', 'aff/page-size', [{ name: 'pagesize', argument: 0xffffffff }, page(0), size(PAGE)]],
    ['sectors of 3 bytes', 'aff/sector-size', [pageSize, { name: 'sectorsize', argument: 3 }, size(PAGE)]],
  ])('refuses %s', async (_, code, segments) => {
    await expect(opened(segments)).rejects.toMatchObject({ code });
  });

  it.each<[string, string, Segment]>([
    ['is packed by an unknown method', 'aff/page-method', page(0, 0x11)],
    ['claims zeros and has other data', 'aff/page-method', page(0, 0x31, Buffer.alloc(9))],
    ['is short', 'aff/page-short', page(0, 0, content.subarray(1))],
    ['is short when unpacked', 'aff/page-short', page(0, 1, deflateSync(content.subarray(1)))],
    ['is no zlib stream', 'media/chunk-damaged', page(0, 1)],
    [
      'is no LZMA stream',
      'media/chunk-damaged',
      page(0, 0x21, Buffer.concat([Buffer.of(0x5d, 0, 0, 1, 0, 0, 16, 0, 0, 0, 0, 0, 0), Buffer.alloc(20, 1)])),
    ],
    ['unpacks to more than a page', 'media/chunk-too-long', page(0, 1, deflateSync(Buffer.alloc(64 << 20)))],
    ['claims to unpack to more than a page', 'media/chunk-too-long', page(0, 0x21, Buffer.alloc(40, 0x5d))],
  ])('refuses a page that %s', async (_, code, bad) => {
    await using media = await opened([pageSize, bad, size(PAGE)]);
    await expect(media.read(0, 10)).rejects.toMatchObject({ code, facts: { mediumOffset: 0 } });
  });

  it('reads what is there of a cut image, and says where it ends', async () => {
    const bytes = aff([pageSize, size(2 * PAGE), page(0), page(1)]);
    await using media = await openMedia(bufferSource(bytes.subarray(0, bytes.length - 100)));
    expect((await media.read(0, PAGE)).equals(content)).toBe(true);
    expect(media.warnings.map(({ code }) => code)).toEqual(['aff/cut', 'aff/pages-missing']);
    expect((await extentsOf(media)).map(({ kind }) => kind)).toEqual(['data', 'absent']);
  });

  it('says where it is damaged, and that pages past the end are left out', async () => {
    const bytes = Buffer.concat([aff([pageSize, size(PAGE), page(0), page(7)]), Buffer.alloc(100)]);
    await using media = await openMedia(bufferSource(bytes));
    expect(media.warnings.map(({ code }) => code)).toEqual(['aff/segment-damaged', 'aff/pages-outside']);
  });

  it('says which pieces of a folder are missing', async () => {
    const pieces = new Map([
      ['file_000.aff', aff([pageSize, page(0)])],
      ['file_002.aff', aff([pageSize, page(2), size(3 * PAGE)])],
    ]);
    const companions = companionsOf('file_000.aff', [...pieces.keys()], (name) =>
      Promise.resolve(bufferSource(pieces.get(name) ?? Buffer.alloc(0))),
    );
    await using media = await openMedia(bufferSource(pieces.get('file_000.aff') ?? Buffer.alloc(0)), companions);
    expect(media.parts).toEqual(['file_002.aff']);
    expect(media.warnings.map(({ code }) => code)).toEqual(['aff/pieces-missing', 'aff/pages-missing']);
  });

  it('names the raw piece that an AFM lacks', async () => {
    const bytes = aff([{ name: 'raw_image_file_extension', bytes: Buffer.from('000') }, size(PAGE)]);
    const companions = companionsOf('disk.afm', ['disk.afm'], () => Promise.reject(new Error('not asked')));
    await expect(openMedia(bufferSource(bytes), companions)).rejects.toMatchObject({
      kind: 'missing',
      facts: { name: 'disk.000' },
    });
  });

  it('follows no path in an AFM', async () => {
    const bytes = aff([{ name: 'raw_image_file_extension', bytes: Buffer.from('/../x') }, size(PAGE)]);
    await expect(openMedia(bufferSource(bytes))).rejects.toMatchObject({ code: 'aff/raw-extension' });
  });
});
