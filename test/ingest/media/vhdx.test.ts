/** What is special to VHDX; what all formats share is in test/conformance/media.test.ts, its log in vhdx-log.test.ts. */
import { describe, expect, it } from 'vitest';
import { answerOf, canon, changed, codesOf, fixture, openFirst, whole } from './deposits.ts';
import { HEADERS_AT, MIB, REGIONS_AT, dynamic, header, itemAt, regionOf, regions } from './vhdx-edits.ts';

const base = fixture('vhdx/differencing/base.vhdx');
const middle = fixture('vhdx/differencing/middle.avhdx');
const last = fixture('vhdx/differencing/last.avhdx');

const table = regionOf(dynamic, 'table').offset;
const metadata = regionOf(dynamic, 'metadata').offset;
const entry = (index: number, value: bigint, of = dynamic): Buffer =>
  changed(of, (b) => b.writeBigUInt64LE(value, regionOf(of, 'table').offset + index * 8));
const item = (index: number, value: number, at = 0): Buffer =>
  changed(dynamic, (b) => b.writeUInt32LE(value, itemAt(b, index) + at));
const size = (value: bigint): Buffer => changed(dynamic, (b) => b.writeBigUInt64LE(value, itemAt(b, 1)));
const region = (what: 'table' | 'metadata', change: (b: Buffer, entryAt: number) => void): Buffer =>
  regions(dynamic, (b, at) => change(b, regionOf(b, what, at).entryAt));
const metadataEntry = (index: number, change: (b: Buffer, at: number) => void): Buffer =>
  changed(dynamic, (b) => change(b, metadata + 32 + index * 32));

describe('a VHDX image', () => {
  it('tells what its header and metadata say', async () => {
    await using media = await openFirst({ 'd.vhdx': dynamic });
    expect(media.facts).toMatchObject({ subformat: 'dynamic', creator: expect.stringMatching(/^QEMU v/), version: 1 });
    expect(media.facts).toMatchObject({ blockSize: MIB, logicalSectorSize: 512, physicalSectorSize: 512, allocatedBlocks: 5 });
    expect(media.facts).toMatchObject({
      sequence: expect.stringMatching(/^\d+$/),
      diskId: expect.stringMatching(/^[\da-f-]{36}$/),
    });
    expect(codesOf(media)).toEqual([]);
    await using fixed = await openFirst({ 'd.vhdx': fixture('vhdx/fixed.vhdx') });
    expect(fixed.facts).toMatchObject({ subformat: 'fixed' });
    await using large = await openFirst({ 'd.vhdx': fixture('vhdx/sectors-4k.vhdx') });
    expect(large.sectorSize).toBe(4096);
  });

  it.each(HEADERS_AT.map((at) => [at]))('with one damaged header, at byte %i, is read by the other', async (at) => {
    await using media = await openFirst({
      'd.vhdx': changed(dynamic, (b) => b.fill(0, at + 80, at + 81 + 4000).fill(1, at + 90, at + 91)),
    });
    expect(codesOf(media)).toEqual(['vhdx/header-damaged']);
    expect((await whole(media)).equals(canon)).toBe(true);
  });

  it('with one damaged region table is read by the other', async () => {
    for (const at of REGIONS_AT) {
      await using media = await openFirst({ 'd.vhdx': changed(dynamic, (b) => b.fill(1, at + 5000, at + 5001)) });
      expect(codesOf(media)).toEqual(['vhdx/region-table-damaged']);
    }
  });

  it('goes by the header with the higher number, however high', async () => {
    const highest = header(dynamic, (b, at, index) => {
      b.writeBigUInt64LE(index === 0 ? 0xffffffffffffffffn : 0xfffffffffffffffen, at + 8);
      b.writeUInt16LE(index === 0 ? 1 : 9, at + 66);
    });
    await using media = await openFirst({ 'd.vhdx': highest });
    expect(media.facts).toMatchObject({ sequence: '18446744073709551615' });
  });

  it('has the states of its blocks: none, undefined, zero and unmapped are zeros, what there is not is a Fault', async () => {
    const place = dynamic.readBigUInt64LE(table) & ~0xfffffn;
    for (const state of [0n, 1n, 2n, 3n, 5n]) {
      await using media = await openFirst({ 'd.vhdx': entry(0, place | state) });
      expect((await media.read(0, MIB)).every((byte) => byte === 0)).toBe(true);
    }
    await using partial = await openFirst({ 'd.vhdx': entry(0, place | 7n) });
    expect((await whole(partial)).equals(canon)).toBe(true);
    await using wrong = await openFirst({ 'd.vhdx': entry(0, place | 4n) });
    expect(codesOf(wrong)).toEqual(['vhdx/blocks-unknown']);
    await expect(wrong.read(0, 512)).rejects.toMatchObject({ code: 'vhdx/block-state', facts: { mediumOffset: 0 } });
  });

  it.each([
    ['past the end', 0xfffffffffff00006n, 'media/blocks-outside', 'media/block-outside'],
    ['on the header', 6n, 'media/blocks-on-tables', 'media/block-on-tables'],
    ['on the block table', BigInt(table) | 6n, 'media/blocks-on-tables', 'media/block-on-tables'],
    ['on the metadata', BigInt(metadata) | 6n, 'media/blocks-on-tables', 'media/block-on-tables'],
    ['on the log', BigInt(MIB) | 6n, 'media/blocks-on-tables', 'media/block-on-tables'],
  ])('with a block %s reads all others', async (_, value, warning, code) => {
    await using media = await openFirst({ 'd.vhdx': entry(1, value) });
    expect(codesOf(media)).toEqual([warning]);
    expect((await media.read(0, MIB)).equals(canon.subarray(0, MIB))).toBe(true);
    await expect(media.read(MIB, 512)).rejects.toMatchObject({ code, facts: { mediumOffset: MIB } });
  });

  it('warns of blocks that lie on each other', async () => {
    await using media = await openFirst({ 'd.vhdx': entry(1, dynamic.readBigUInt64LE(table)) });
    expect(codesOf(media)).toEqual(['media/blocks-shared']);
  });

  it('that is cut reads up to the cut', async () => {
    const place = Number(dynamic.readBigUInt64LE(table + 5 * 8) >> 20n) * MIB;
    await using media = await openFirst({ 'd.vhdx': dynamic.subarray(0, place + 512) });
    expect(codesOf(media)).toEqual(['media/blocks-outside']);
    expect((await media.read(0, 5 * MIB)).equals(canon.subarray(0, 5 * MIB))).toBe(true);
    await expect(media.read(5 * MIB, 1024)).rejects.toMatchObject({ kind: 'truncated', facts: { mediumOffset: 5 * MIB } });
  });

  it('finds blocks behind the bitmap entry of the first chunk', async () => {
    // 64 GiB in blocks of 256 MiB: a bitmap entry follows every 16 blocks, and block 16 is entry 17.
    const far = changed(dynamic, (b) => {
      b.writeUInt32LE(256 * MIB, itemAt(b, 0));
      b.writeBigUInt64LE(64n << 30n, itemAt(b, 1));
      const first = b.readBigUInt64LE(table);
      b.fill(0, table, table + MIB);
      b.writeBigUInt64LE(first, table + 17 * 8);
      b.writeBigUInt64LE(first, table + 16 * 8);
    });
    await using media = await openFirst({ 'd.vhdx': far });
    expect(media.facts).toMatchObject({ allocatedBlocks: 1 });
    expect((await media.read(16 * 256 * MIB, 1000)).equals(canon.subarray(0, 1000))).toBe(true);
    const extents = [];
    for await (const { offset, length, kind } of media.extents()) extents.push([offset / MIB, length / MIB, kind]);
    expect(extents).toEqual([
      [0, 4096, 'zero'],
      [4096, 256, 'data'],
      [4352, 65536 - 4352, 'zero'],
    ]);
  });

  it.each([
    ['blocks of 0 bytes', item(0, 0), 'corrupt vhdx/metadata'],
    ['blocks of 3 bytes', item(0, 3), 'corrupt vhdx/metadata'],
    ['blocks of 3 MiB', item(0, 3 * MIB), 'corrupt vhdx/metadata'],
    ['blocks of 2 GiB', item(0, 0x80000000), 'corrupt vhdx/metadata'],
    ['sectors of 0 bytes', item(3, 0), 'corrupt vhdx/metadata'],
    ['sectors of 1024 bytes', item(3, 1024), 'corrupt vhdx/metadata'],
    ['half a sector', size(512n * 9n + 256n), 'corrupt vhdx/metadata'],
    ['a disk of 2^63 bytes', size(1n << 63n), 'corrupt vhdx/metadata'],
    ['a disk above 64 TiB', size((64n << 40n) + 512n), 'corrupt vhdx/metadata'],
    ['a disk of 64 TiB and a small table', size(64n << 40n), 'corrupt vhdx/table-short'],
    ['a parent and no word about it', item(0, 2, 4), 'corrupt vhdx/metadata'],
    ['both headers bad', changed(dynamic, (b) => HEADERS_AT.forEach((at) => b.fill(1, at + 9, at + 10))), 'corrupt vhdx/headers'],
    [
      'headers of one number that differ',
      header(
        dynamic,
        (b, at, i) => b.writeUInt32LE(7, at + 8).valueOf() && b.fill(0, at + 12, at + 16).fill(i, at + 16, at + 32),
      ),
      'corrupt vhdx/headers-tie',
    ],
    ['version 2', header(dynamic, (b, at) => b.writeUInt16LE(2, at + 66)), 'unsupported vhdx/version'],
    ['a log at 2^63', header(dynamic, (b, at) => b.writeBigUInt64LE(1n << 63n, at + 72)), 'corrupt layout/number-too-large'],
    [
      'both region tables bad',
      changed(dynamic, (b) => REGIONS_AT.forEach((at) => b.fill(1, at + 5000, at + 5001))),
      'corrupt vhdx/region-tables',
    ],
    ['4 billion regions', regions(dynamic, (b, at) => b.writeUInt32LE(0xffffffff, at + 8)), 'corrupt vhdx/region-count'],
    ['no regions', regions(dynamic, (b, at) => b.writeUInt32LE(0, at + 8)), 'corrupt vhdx/region-missing'],
    ['one region only', regions(dynamic, (b, at) => b.writeUInt32LE(1, at + 8)), 'corrupt vhdx/region-missing'],
    [
      'a region that must be understood',
      region('table', (b, at) => b.fill(0xab, at, at + 16).writeUInt32LE(1, at + 28)),
      'unsupported vhdx/region-unknown',
    ],
    ['a table past the end', region('table', (b, at) => b.writeBigUInt64LE(1n << 40n, at + 16)), 'truncated vhdx/region-outside'],
    ['a table of 4 GiB', region('table', (b, at) => b.writeUInt32LE(0xfff00000, at + 24)), 'truncated vhdx/region-outside'],
    ['an empty table', region('table', (b, at) => b.writeUInt32LE(0, at + 24)), 'truncated vhdx/region-outside'],
    [
      'a table not at a whole MiB',
      region('table', (b, at) => b.writeBigUInt64LE(BigInt(table + 512), at + 16)),
      'truncated vhdx/region-outside',
    ],
    [
      'a table on the metadata',
      region('table', (b, at) => b.writeBigUInt64LE(BigInt(metadata), at + 16)),
      'corrupt vhdx/regions-overlap',
    ],
    ['a table on the header', region('table', (b, at) => b.writeBigUInt64LE(0n, at + 16)), 'corrupt vhdx/regions-overlap'],
    ['a table on the log', region('table', (b, at) => b.writeBigUInt64LE(BigInt(MIB), at + 16)), 'corrupt vhdx/regions-overlap'],
    [
      'two block tables',
      region(
        'metadata',
        (b, at) =>
          regionOf(b, 'table').entryAt < at && b.copy(b, at, regionOf(b, 'table').entryAt, regionOf(b, 'table').entryAt + 16),
      ),
      'corrupt vhdx/regions-overlap',
    ],
    ['no metadata', changed(dynamic, (b) => b.fill(0, metadata, metadata + 8)), 'corrupt vhdx/metadata'],
    ['65535 items', changed(dynamic, (b) => b.writeUInt16LE(65535, metadata + 10)), 'corrupt vhdx/metadata'],
    ['no items', changed(dynamic, (b) => b.writeUInt16LE(0, metadata + 10)), 'corrupt vhdx/metadata'],
    [
      'an item that must be understood',
      metadataEntry(2, (b, at) => b.fill(0xab, at, at + 16)),
      'unsupported vhdx/metadata-unknown',
    ],
    ['an item in the table of items', metadataEntry(2, (b, at) => b.writeUInt32LE(32, at + 16)), 'corrupt vhdx/metadata'],
    ['an item past the region', metadataEntry(2, (b, at) => b.writeUInt32LE(0xfffffff0, at + 16)), 'corrupt vhdx/metadata'],
    ['an item of 1 byte', metadataEntry(1, (b, at) => b.writeUInt32LE(1, at + 20)), 'corrupt vhdx/metadata'],
    ['an item twice', metadataEntry(2, (b, at) => b.copy(b, at, at - 32, at - 16)), 'corrupt vhdx/metadata'],
    ['nothing but its name', dynamic.subarray(0, 8), 'corrupt vhdx/headers'],
    ['a cut header', dynamic.subarray(0, HEADERS_AT[0] + 4095), 'corrupt vhdx/headers'],
    ['a cut region table', dynamic.subarray(0, REGIONS_AT[0] + 65535), 'corrupt vhdx/region-tables'],
    ['a cut block table or metadata', dynamic.subarray(0, Math.max(table, metadata)), 'truncated vhdx/region-outside'],
    ['another name', changed(dynamic, (b) => b.fill(0, 0, 1)), 'corrupt vhdx/signature'],
  ])('with %s is refused', async (_, bytes, answer) => {
    expect(await answerOf({ 'd.vhdx': bytes }, 'vhdx')).toBe(answer);
  });

  it('may have regions and items that need not be understood', async () => {
    const more = regions(dynamic, (b, at) => {
      b.writeUInt32LE(3, at + 8);
      b.fill(0xab, at + 80, at + 96);
      b.writeBigUInt64LE(BigInt(dynamic.length - MIB), at + 96);
      b.writeUInt32LE(MIB, at + 104);
      b.fill(0xcd, metadata + 32 + 32 * 5, metadata + 32 + 32 * 6).fill(0, metadata + 32 + 32 * 5 + 24, metadata + 32 + 32 * 6);
      b.writeUInt16LE(6, metadata + 10);
    });
    await using media = await openFirst({ 'd.vhdx': more });
    expect((await whole(media)).equals(canon)).toBe(true);
  });
});

describe('a differencing VHDX image', () => {
  const guidAt = HEADERS_AT[1] + 32;

  it('finds its parents by data GUID, whatever they are called', async () => {
    const files = {
      'last.avhdx': last,
      'a.vhdx': dynamic,
      'noise.bin': Buffer.alloc(4096, 0xff),
      'x.vhdx': middle,
      'y.vhdx': base,
    };
    await using media = await openFirst(files);
    expect(media.parts).toEqual(['x.vhdx', 'y.vhdx']);
    expect(media.facts).toMatchObject({ subformat: 'differencing', parentNames: ['middle.avhdx'], creator: 'built by hand' });
    expect((await whole(media)).equals(canon)).toBe(true);
  });

  it('says which parent is missing and what it was called, without a path', async () => {
    const changedParent = header(middle, (b, at) => b.fill(3, at + 32, at + 48));
    const files = {
      'last.avhdx': last,
      'middle.avhdx': changedParent,
      'base.vhdx': base,
    };
    await expect(openFirst(files)).rejects.toMatchObject({ kind: 'missing', code: 'vhdx/parent-missing' });
    await expect(openFirst(files)).rejects.toThrow(/once called "middle\.avhdx"; deposit both/);
    expect(await answerOf({ 'last.avhdx': last, 'middle.avhdx': middle })).toBe('missing vhdx/parent-missing');
  });

  it('takes the parent that the second linkage names', async () => {
    const second = changed(last, (b) => {
      const at = b.indexOf(Buffer.from('parent_linkage{', 'utf16le'));
      b.write('zzzzzz_linkage', at, 'utf16le');
    });
    expect(await answerOf({ 'last.avhdx': second, 'middle.avhdx': middle, 'base.vhdx': base })).toBe(
      'corrupt vhdx/parent-unnamed',
    );
  });

  it('that is its own parent, or its own grandparent, is refused', async () => {
    const middleGuid = middle.subarray(guidAt, guidAt + 16);
    const own = header(last, (b, at) => middleGuid.copy(b, at + 32));
    expect(await answerOf({ 'last.avhdx': own, 'middle.avhdx': middle })).toBe('corrupt vhdx/parent-is-itself');
    const baseGuid = [...HEADERS_AT]
      .map((at) => base.subarray(at, at + 48))
      .toSorted((a, b) => (a.readBigUInt64LE(8) > b.readBigUInt64LE(8) ? -1 : 1))[0]!
      .subarray(32);
    const loop = header(last, (b, at) => baseGuid.copy(b, at + 32));
    expect(await answerOf({ 'last.avhdx': loop, 'middle.avhdx': middle })).toBe('corrupt media/chain-loop');
  });

  it('reads what a lost bitmap does not spoil', async () => {
    const chunkRatio = 4096;
    const lost = entry(chunkRatio, 0n, middle);
    await using media = await openFirst({ 'middle.avhdx': lost, 'base.vhdx': base });
    await expect(media.read(0, 512)).rejects.toMatchObject({ kind: 'corrupt', code: 'vhdx/bitmap-missing' });
    expect((await media.read(3 * MIB, 512)).equals(canon.subarray(3 * MIB, 3 * MIB + 512))).toBe(true);
    const wild = entry(chunkRatio, 0xfffffffffff00006n, middle);
    await using other = await openFirst({ 'middle.avhdx': wild, 'base.vhdx': base });
    await expect(other.read(0, 512)).rejects.toMatchObject({ code: 'vhdx/bitmap-missing' });
  });

  it.each([
    ['65535 entries', 18, 65535, 'corrupt vhdx/metadata'],
    ['a key past the end', 20, 0xffff, 'corrupt vhdx/metadata'],
    ['a parent of another kind', 0, 1, 'unsupported vhdx/parent-kind'],
  ])('that tells of its parent with %s is refused', async (_, at, value, answer) => {
    const wrong = changed(last, (b) => b.writeUInt16LE(value, itemAt(b, 5) + at));
    expect(await answerOf({ 'last.avhdx': wrong, 'middle.avhdx': middle, 'base.vhdx': base })).toBe(answer);
  });
});
