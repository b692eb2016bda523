/** What is special to QCOW2; everything it shares with other formats is in test/conformance/media.test.ts. */
import { readFile } from 'node:fs/promises';
import { deflateRawSync, gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Fault } from '#ingest/kernel';
import { type Extent, type Media, companionsOf, openMedia } from '#ingest/media';
import { bufferSource } from './buffer-source.ts';
import { type Qcow2Image, compressedEntry, place, qcow2Image } from './qcow2-image.ts';

const CLUSTER = 65_536;
const NAMED = 1n << 63n; // what a writer sets on a cluster that is used once
const fixture = async (path: string): Promise<Buffer> =>
  gunzipSync(await readFile(new URL(`../../fixtures/media/qcow2/${path}.gz`, import.meta.url)));
const codes = (faults: readonly { code: string }[]): string[] => faults.map(({ code }) => code);

/** `image` opened among the other files of its deposit; every name that is asked for lands in `asked`. */
async function opened(image: Buffer, others: Readonly<Record<string, Buffer>> = {}, own = 'own.qcow2'): Promise<Media> {
  const files = new Map(Object.entries({ ...others, [own]: image }));
  const companions = companionsOf(own, [...files.keys()], (name) => {
    const bytes = files.get(name);
    return bytes === undefined ? Promise.reject(new Error(`${name} is not deposited`)) : Promise.resolve(bufferSource(bytes));
  });
  return openMedia(bufferSource(image), companions);
}

async function refusal(of: Qcow2Image | Buffer, others: Readonly<Record<string, Buffer>> = {}): Promise<Fault | undefined> {
  try {
    await using _ = await opened(Buffer.isBuffer(of) ? of : qcow2Image(of), others);
    return undefined;
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
}

async function extentsOf(media: Media): Promise<Extent[]> {
  const found: Extent[] = [];
  for await (const extent of media.extents()) found.push(extent);
  return found;
}

const ones = Buffer.alloc(CLUSTER, 1);

describe('a header of QCOW2', () => {
  const put32 = (at: number, value: number) => (image: Buffer) => void image.writeUInt32BE(value, at);
  const put64 = (at: number, value: bigint) => (image: Buffer) => void image.writeBigUInt64BE(value, at);

  it.each<[string, (image: Buffer) => void, string]>([
    ['clusters of 2^8 bytes', put32(20, 8), 'qcow2/cluster-bits'],
    ['clusters of 2^22 bytes', put32(20, 22), 'qcow2/cluster-bits'],
    ['clusters of 2^63 bytes', put32(20, 63), 'qcow2/cluster-bits'],
    ['a disk of 2^64 − 1 bytes', put64(24, 0xffff_ffff_ffff_ffffn), 'layout/number-too-large'],
    ['a disk larger than its first table', put64(24, 1n << 40n), 'qcow2/l1-short'],
    ['2^32 − 1 entries in the first table', put32(36, 0xffff_ffff), 'qcow2/l1-size'],
    ['a first table that is not aligned', put64(40, 131_080n), 'qcow2/l1-place'],
    ['a first table over the header', put64(40, 0n), 'qcow2/l1-place'],
    ['a first table past the end', put64(40, 1n << 40n), 'qcow2/l1-outside'],
    ['2^32 − 1 snapshots', put32(60, 0xffff_ffff), 'qcow2/snapshot-count'],
    ['reference counts of 2^7 bits', put32(96, 7), 'qcow2/refcount-order'],
    ['a header of 4 GiB', put32(100, 0xffff_fff8), 'qcow2/header-length'],
    ['a header of 72 bytes in version 3', put32(100, 72), 'qcow2/header-length'],
    ['a header of 106 bytes', put32(100, 106), 'qcow2/header-length'],
    ['an extension longer than the header', put32(116, 0x7fff_ffff), 'qcow2/extension-length'],
    ['zstd without the mark for it', (image) => void image.writeUInt8(1, 104), 'qcow2/compression-mark'],
    ['a mark for a compression it does not name', put32(76, 8), 'qcow2/compression-mark'],
    ['a compression that is not known', (image) => void image.writeUInt8(2, 104), 'qcow2/compression'],
  ])('with %s is refused', async (_, spoil, code) => {
    const of = { extensions: [[0x23852875, Buffer.alloc(24)]] as const, spoil };
    expect((await refusal(of))?.code).toBe(code);
  });

  it.each([
    [1, 'AES'],
    [2, 'LUKS'],
  ])('with encryption %i is recognised and refused', async (method, name) => {
    const fault = await refusal({ spoil: put32(32, method) });
    expect(fault).toMatchObject({ kind: 'unsupported', code: 'qcow2/encrypted', facts: { encryption: name } });
    expect(fault?.message).toContain(name);
  });

  it('with features that are not known is refused, and they are named where it names them', async () => {
    const row = Buffer.alloc(48);
    row.writeUInt8(62, 1);
    row.write('quantum clusters', 2);
    const fault = await refusal({ incompatible: (1n << 62n) | (1n << 5n), extensions: [[0x6803f857, row]] });
    expect(fault).toMatchObject({ kind: 'unsupported', code: 'qcow2/features' });
    expect(fault?.facts['features']).toEqual(['bit 5', 'bit 62 (quantum clusters)']);
  });

  it('with clusters too small for subclusters is refused', async () => {
    const of: Qcow2Image = { clusterBits: 12, size: 4096, incompatible: 16n };
    expect((await refusal(of))?.code).toBe('qcow2/subcluster-size');
  });

  it('that says it was not closed, or is corrupt, is read with a warning', async () => {
    await using media = await opened(qcow2Image({ incompatible: 3n, entries: [place(0) | NAMED], clusters: ones }));
    expect(codes(media.warnings)).toEqual(['qcow2/dirty', 'qcow2/marked-corrupt']);
    expect((await media.read(0, CLUSTER)).equals(ones)).toBe(true);
  });

  it('whose reference counts are not in the file is read with a warning', async () => {
    await using media = await opened(qcow2Image({ spoil: put64(48, 1n << 40n) }));
    expect(codes(media.warnings)).toEqual(['qcow2/refcounts-outside']);
  });

  it('of a disk of no bytes is read as that', async () => {
    await using media = await opened(qcow2Image({ size: 0, l1: [] }));
    expect(media.size).toBe(0);
    expect(await extentsOf(media)).toEqual([]);
  });

  it('cut in any of its structures is refused as cut', async () => {
    const image = await fixture('v3-zlib.qcow2');
    for (const length of [8, 71, 100, 103, 65_536, 3 * CLUSTER + 7])
      expect((await refusal(image.subarray(0, length)))?.kind).toBe('truncated');
  });
});

describe('facts of QCOW2', () => {
  it('tell what the header says', async () => {
    await using media = await opened(await fixture('extl2-zstd.qcow2'));
    expect(media.facts).toEqual({ subformat: 'version 3', clusterSize: 65_536, compression: 'zstd', subclusterSize: 2048 });
    expect(media.warnings).toEqual([]);
  });

  it('list the snapshots by id, name and date', async () => {
    await using media = await opened(await fixture('snapshots.qcow2'));
    expect(media.facts['snapshotCount']).toBe(2);
    expect(media.facts['snapshots']).toEqual([
      expect.stringMatching(/^1: before, 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      expect.stringMatching(/^2: after, 20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    ]);
    expect(media.warnings).toEqual([]);
  });

  it('leave out snapshots that are damaged, with a warning, and the disk is read', async () => {
    const image = await fixture('snapshots.qcow2');
    const table = Number(image.readBigUInt64BE(64));
    image.writeUInt32BE(0xffff_fff0, table + 36);
    await using media = await opened(image);
    expect(codes(media.warnings)).toEqual(['qcow2/snapshot-table']);
    expect((await media.read(0, 1000)).length).toBe(1000);
    image.writeBigUInt64BE(1n << 50n, 64);
    await using outside = await opened(image);
    expect(codes(outside.warnings)).toEqual(['qcow2/snapshot-table']);
  });
});

describe('the tables of QCOW2', () => {
  it('that lie past the end, over the first one or between clusters spoil what they describe, and no more', async () => {
    for (const table of [1n << 40n, BigInt(2 * CLUSTER), BigInt(3 * CLUSTER + 512), (1n << 55n) | BigInt(3 * CLUSTER)]) {
      const span = CLUSTER * (CLUSTER / 8);
      const of = { size: span + CLUSTER, l1: [table, BigInt(3 * CLUSTER)], entries: [place(0)], clusters: ones };
      await using media = await opened(qcow2Image(of));
      expect(codes(media.warnings)).toEqual(['qcow2/tables-damaged']);
      await expect(media.read(0, 10)).rejects.toMatchObject({ code: 'qcow2/table-damaged', facts: { mediumOffset: 0 } });
      expect((await media.read(span, CLUSTER)).equals(ones)).toBe(true);
      expect((await extentsOf(media)).map(({ kind }) => kind)).toEqual(['data']);
    }
  });

  it('that two entries share are told, and refused where they are many', async () => {
    const span = CLUSTER * (CLUSTER / 8);
    const shared = (count: number): Qcow2Image => ({
      size: span * count,
      l1: Array.from({ length: count }, () => BigInt(3 * CLUSTER)),
    });
    await using media = await opened(qcow2Image(shared(2)));
    expect(codes(media.warnings)).toEqual(['qcow2/tables-shared']);
    expect((await refusal(shared(4000)))?.code).toBe('qcow2/tables-shared');
  });

  it.each<[string, Qcow2Image, string]>([
    ['past the end of the file', { entries: [1n << 40n] }, 'qcow2/cluster-outside'],
    ['half in the file', { entries: [place(0)], clusters: ones.subarray(0, 100) }, 'qcow2/cluster-outside'],
    ['between two places', { entries: [place(0) + 512n], clusters: ones }, 'qcow2/cluster-invalid'],
    ['marked as zeros in version 2', { version: 2, entries: [1n] }, 'qcow2/cluster-invalid'],
    ['compressed past the end', { entries: [compressedEntry(1n << 40n, 1)] }, 'qcow2/cluster-outside'],
    [
      'stored and zero at once',
      { incompatible: 16n, entries: [place(0), 0x1_0000_0001n], clusters: ones },
      'qcow2/cluster-invalid',
    ],
    ['of subclusters nowhere', { incompatible: 16n, entries: [0n, 1n] }, 'qcow2/cluster-invalid'],
  ])('with a cluster %s make a warning, and a Fault when it is read', async (_, of, code) => {
    await using media = await opened(qcow2Image(of));
    expect(codes(media.warnings)).toEqual(['qcow2/clusters-damaged']);
    await expect(media.read(0, CLUSTER)).rejects.toMatchObject({ code });
    expect((await media.read(CLUSTER, CLUSTER)).every((b) => b === 0)).toBe(true);
    await expect(extentsOf(media)).resolves.toMatchObject([{ offset: 0, kind: 'data' }, { kind: 'zero' }]);
  });

  it('give what is there of a cluster that the file ends in', async () => {
    await using media = await opened(qcow2Image({ entries: [place(0)], clusters: ones.subarray(0, 100) }));
    expect((await media.read(0, 100)).every((b) => b === 1)).toBe(true);
    await expect(media.read(99, 2)).rejects.toMatchObject({ facts: { mediumOffset: 100 } });
  });

  it('of an empty disk of 1 TiB make one extent, also where they are there', async () => {
    const size = 2 ** 40;
    const l1 = Array.from({ length: 2048 }, () => 0n);
    l1[7] = BigInt(3 * CLUSTER);
    await using media = await opened(qcow2Image({ size, l1 }));
    expect(await extentsOf(media)).toEqual([{ offset: 0, length: size, kind: 'zero' }]);
    l1[2047] = BigInt(3 * CLUSTER);
    await using written = await opened(qcow2Image({ size, l1, entries: [0n, place(0)], clusters: ones }));
    expect((await extentsOf(written)).map(({ kind }) => kind)).toEqual(['zero', 'data', 'zero', 'data', 'zero']);
  });
});

describe('a compressed cluster', () => {
  const packed = (clusters: Buffer, more: Qcow2Image = {}): Buffer =>
    qcow2Image({ entries: [compressedEntry(place(0), Math.ceil(clusters.length / 512))], clusters, ...more });
  const sectors = (bytes: Buffer): Buffer => Buffer.concat([bytes, Buffer.alloc(511 - ((bytes.length + 511) % 512), 0x77)]);

  it('ends where its stream ends, whatever follows', async () => {
    await using media = await opened(packed(sectors(deflateRawSync(ones))));
    expect((await media.read(0, CLUSTER)).equals(ones)).toBe(true);
  });

  it('is read where the file ends before its last sector does', async () => {
    await using media = await opened(packed(deflateRawSync(ones)));
    expect((await media.read(5, 100)).every((b) => b === 1)).toBe(true);
    expect(media.warnings).toEqual([]);
  });

  it.each([
    ['holds more than a cluster', sectors(deflateRawSync(Buffer.alloc(CLUSTER + 1))), 'media/chunk-too-long'],
    ['holds a thousand times a cluster', sectors(deflateRawSync(Buffer.alloc(CLUSTER * 1000))), 'media/chunk-too-long'],
    ['holds less than a cluster', sectors(deflateRawSync(ones.subarray(1))), 'qcow2/cluster-short'],
    ['is no stream', Buffer.alloc(512, 0xff), 'media/chunk-damaged'],
  ])('that %s is refused', async (_, clusters, code) => {
    await using media = await opened(packed(clusters));
    await expect(media.read(0, 10)).rejects.toMatchObject({ kind: 'corrupt', code, facts: { mediumOffset: 0 } });
  });

  it('that is cut with the file is told as cut', async () => {
    const noise = await fixture('backing-chain/base.raw');
    const stream = deflateRawSync(noise.subarray(0, CLUSTER));
    const of = { entries: [compressedEntry(place(0), Math.ceil(stream.length / 512))], clusters: stream.subarray(0, 700) };
    await using media = await opened(qcow2Image(of));
    await expect(media.read(0, 10)).rejects.toMatchObject({ kind: 'truncated', code: 'qcow2/cluster-short' });
  });

  it('can stand for many clusters', async () => {
    const clusters = deflateRawSync(ones);
    const entries = Array.from({ length: 4 }, () => compressedEntry(place(0), 1));
    await using media = await opened(qcow2Image({ entries, clusters }));
    expect((await media.read(0, 262_144)).every((b) => b === 1)).toBe(true);
  });
});

describe('a backing file', () => {
  const empty = { size: 2 * CLUSTER, entries: [] };
  const base = Buffer.concat([ones, Buffer.alloc(100, 2)]);

  it('is asked for by the last part of its name, whatever path stands before it', async () => {
    for (const backing of ['base.raw', '/var/lib/images/base.raw', '../base.raw', 'C:\\VMs\\base.raw', 'file:base.raw']) {
      await using media = await opened(qcow2Image({ ...empty, backing, backingFormat: 'raw' }), { 'base.raw': base });
      expect(media.parts).toEqual(['base.raw']);
      expect(media.facts).toMatchObject({ backingFile: backing, backingFormat: 'raw' });
      expect((await media.read(0, 2 * CLUSTER)).subarray(0, base.length).equals(base)).toBe(true);
    }
  });

  it('that is shorter is followed by zeros, to the byte', async () => {
    await using media = await opened(qcow2Image({ ...empty, backing: 'base.raw', backingFormat: 'raw' }), { 'base.raw': base });
    expect([...(await media.read(CLUSTER + 98, 4))]).toEqual([2, 2, 0, 0]);
    expect(await extentsOf(media)).toEqual([
      { offset: 0, length: CLUSTER + 100, kind: 'data' },
      { offset: CLUSTER + 100, length: CLUSTER - 100, kind: 'zero' },
    ]);
  });

  it.each(['/etc/passwd', '../../x', 'base.raw'])('"%s" that was not deposited is missing, by name', async (backing) => {
    const fault = await refusal({ ...empty, backing, backingFormat: 'raw' });
    expect(fault).toMatchObject({ kind: 'missing', code: 'qcow2/backing-missing', facts: { name: backing.split('/').at(-1) } });
  });

  it.each([
    'json:{"driver":"file","filename":"/etc/passwd"}',
    'nbd://host/export',
    'http://host/base.raw',
    'fat:rw:folder',
    '..',
    'images/',
    '/',
  ])('"%s" is no file, and refused', async (backing) => {
    const others = { 'base.raw': base, passwd: base, export: base };
    const fault = await refusal({ ...empty, backing, backingFormat: 'raw' }, others);
    expect(fault).toMatchObject({ kind: 'refused', code: 'qcow2/backing-name' });
  });

  it('that is said to be raw is read as it is, whatever it looks like', async () => {
    const disguised = qcow2Image({ backing: '/etc/passwd', entries: [] });
    await using media = await opened(qcow2Image({ ...empty, backing: 'b', backingFormat: 'raw' }), {
      b: disguised,
      passwd: base,
    });
    expect((await media.read(0, 4)).toString('latin1')).toBe('QFI\xfb');
  });

  it('whose format is not said is taken by its content, with a warning', async () => {
    const below = qcow2Image({ entries: [place(0)], clusters: ones });
    await using media = await opened(qcow2Image({ ...empty, version: 2, backing: 'b' }), { b: below });
    expect(media.warnings).toMatchObject([{ code: 'qcow2/backing-guessed', facts: { taken: 'qcow2' } }]);
    expect((await media.read(0, CLUSTER)).equals(ones)).toBe(true);
  });

  it('of a format that is not known, or another than is said, is refused', async () => {
    const unknown = await refusal({ ...empty, backing: 'b', backingFormat: 'nova' }, { b: base });
    expect(unknown).toMatchObject({ kind: 'unsupported', code: 'qcow2/backing-format' });
    const wrong = await refusal({ ...empty, backing: 'b', backingFormat: 'qcow2' }, { b: base });
    expect(wrong?.code).toBe('qcow2/signature');
  });

  it('that is backed by the image itself is refused as a loop', async () => {
    const above = qcow2Image({ ...empty, backing: 'below.qcow2', backingFormat: 'qcow2' });
    const below = qcow2Image({ ...empty, backing: 'own.qcow2', backingFormat: 'qcow2' });
    expect(await refusal(above, { 'below.qcow2': below })).toMatchObject({ code: 'media/chain-loop' });
    expect(await refusal(qcow2Image({ ...empty, backing: 'own.qcow2' }))).toMatchObject({ code: 'media/chain-loop' });
  });

  it.each<[string, (image: Buffer) => void]>([
    ['longer than 1023 bytes', (image) => void image.writeUInt32BE(1024, 16)],
    ['of no bytes', (image) => void image.writeUInt32BE(0, 16)],
    ['over the header', (image) => void image.writeBigUInt64BE(8n, 8)],
    ['after the first cluster', (image) => void image.writeBigUInt64BE(65_530n, 8)],
    ['past the end of the file', (image) => void image.writeBigUInt64BE(1n << 40n, 8)],
  ])('with a name %s is refused', async (_, spoil) => {
    expect((await refusal({ backing: 'some name', spoil }))?.code).toBe('qcow2/backing-place');
  });
});

describe('a data file', () => {
  const of = { size: CLUSTER, incompatible: 4n, entries: [NAMED] };

  it('holds the clusters, the first one included', async () => {
    await using media = await opened(qcow2Image({ ...of, dataFile: 'd' }), { d: ones });
    expect(media.parts).toEqual(['d']);
    expect(media.facts).toMatchObject({ dataFile: 'd', dataFileFormat: 'clusters' });
    expect((await media.read(0, CLUSTER)).equals(ones)).toBe(true);
  });

  it.each(['/etc/passwd', '../passwd', 'a/b', 'C:passwd', 'json:{"driver":"file"}', '..', 'a\\b'])(
    '"%s" is never looked for',
    async (dataFile) => {
      const fault = await refusal({ ...of, dataFile }, { passwd: ones, b: ones });
      expect(fault).toMatchObject({ kind: 'refused', code: 'qcow2/data-file-name', facts: { dataFile } });
    },
  );

  it('that was not deposited, or is not named, is missing', async () => {
    expect(await refusal({ ...of, dataFile: 'd' })).toMatchObject({ kind: 'missing', facts: { dataFile: 'd' } });
    expect(await refusal(of)).toMatchObject({ kind: 'missing', code: 'qcow2/data-file-missing' });
  });

  it('that ends early, or has clusters elsewhere than the medium, is told', async () => {
    await using short = await opened(qcow2Image({ ...of, dataFile: 'd' }), { d: ones.subarray(0, 9) });
    expect(codes(short.warnings)).toEqual(['qcow2/clusters-damaged']);
    await expect(short.read(0, 10)).rejects.toMatchObject({ code: 'qcow2/cluster-outside' });
    for (const entry of [BigInt(CLUSTER), compressedEntry(0, 1)]) {
      const clusters = Buffer.concat([ones, ones]);
      await using moved = await opened(qcow2Image({ ...of, entries: [entry], dataFile: 'd' }), { d: clusters });
      await expect(moved.read(0, 10)).rejects.toMatchObject({ code: 'qcow2/cluster-invalid' });
    }
  });
});
