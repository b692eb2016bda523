/** What is special to VHD; what all formats share is in test/conformance/media.test.ts. */
import { describe, expect, it } from 'vitest';
import type { Extent } from '#ingest/media';
import { checksum } from '#built/ingest/media/vhd/footer';
import { answerOf, canon, changed, codesOf, fixture, openFirst, whole } from './deposits.ts';

const dynamic = fixture('vhd/dynamic.vhd');
const fixed = fixture('vhd/fixed.vhd');
const base = fixture('vhd/differencing/base.vhd');
const middle = fixture('vhd/differencing/middle.avhd');
const last = fixture('vhd/differencing/last.avhd');

const HEADER_AT = 512;
const TABLE_AT = Number(dynamic.readBigUInt64BE(HEADER_AT + 16));
const BLOCK = 2 << 20;

/** A copy with its checksums put right after `change`, so that only what was meant is wrong. */
function edited(bytes: Buffer, change: (copy: Buffer, footerAt: number) => void): Buffer {
  return changed(bytes, (b) => {
    const footerAt = b.length - 512;
    change(b, footerAt);
    b.writeUInt32BE(checksum(b.subarray(footerAt), 64), footerAt + 64);
    if (b.toString('latin1', 0, 8) !== 'conectix') return;
    b.copy(b, 0, footerAt);
    b.writeUInt32BE(checksum(b.subarray(HEADER_AT, HEADER_AT + 1024), 36), HEADER_AT + 36);
  });
}
const footer = (at: number, value: number, of = dynamic): Buffer => edited(of, (b, f) => b.writeUInt32BE(value, f + at));
const footer64 = (at: number, value: bigint, of = dynamic): Buffer => edited(of, (b, f) => b.writeBigUInt64BE(value, f + at));
const header = (at: number, value: number): Buffer => edited(dynamic, (b) => b.writeUInt32BE(value, HEADER_AT + at));
const header64 = (at: number, value: bigint): Buffer => edited(dynamic, (b) => b.writeBigUInt64BE(value, HEADER_AT + at));
const entry = (index: number, value: number): Buffer => edited(dynamic, (b) => b.writeUInt32BE(value, TABLE_AT + index * 4));

describe('a VHD image', () => {
  it('tells what its footer says', async () => {
    await using media = await openFirst({ 'd.vhd': dynamic });
    expect(media.facts).toMatchObject({ subformat: 'dynamic', creator: 'qem2', creatorSystem: 'Wi2k', blockSize: BLOCK });
    expect(media.facts).toMatchObject({ currentSize: canon.length, allocatedBlocks: 3, savedState: 'no', temporary: 'no' });
    expect(media.facts).toMatchObject({ createdAt: expect.stringMatching(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$/) });
    expect(media.facts).toMatchObject({ uuid: expect.stringMatching(/^[\da-f-]{36}$/) });
    expect(codesOf(media)).toEqual([]);
  });

  it('tells a saved state and a temporary disk', async () => {
    const saved = edited(fixed, (b, f) => {
      b.writeUInt8(1, f + 84);
      b.writeUInt32BE(3, f + 8);
    });
    await using media = await openFirst({ 'd.vhd': saved });
    expect(media.facts).toMatchObject({ subformat: 'fixed', savedState: 'yes', temporary: 'yes' });
  });

  it('has the current size, and tells the size by geometry where the guest saw that', async () => {
    const byGeometry = footer64(48, BigInt(canon.length), fixture('vhd/dynamic-chs.vhd'));
    await using media = await openFirst({ 'd.vhd': byGeometry });
    expect(media.size).toBe(canon.length);
    const { cylinders, heads, sectorsPerTrack, geometrySize } = media.facts;
    expect(geometrySize).toBe(Number(cylinders) * Number(heads) * Number(sectorsPerTrack) * 512);
    await using other = await openFirst({ 'd.vhd': dynamic });
    expect(other.facts).not.toHaveProperty('geometrySize');
  });

  it('whose last footer is damaged is read by the copy at the start', async () => {
    const damaged = changed(dynamic, (b) => b.fill(0xee, b.length - 512 + 28, b.length - 512 + 60));
    await using half = await openFirst({ 'd.vhd': damaged });
    expect(codesOf(half)).toEqual(['vhd/footer-damaged']);
    await using none = await openFirst({ 'd.vhd': changed(dynamic, (b) => b.fill(0, b.length - 512)) });
    expect(codesOf(none)).toEqual(['vhd/footer-missing']);
    expect((await whole(none)).equals(canon)).toBe(true);
  });

  it('whose checksums are wrong is read, with warnings', async () => {
    const wrong = changed(dynamic, (b) => {
      for (const at of [64, HEADER_AT + 36, b.length - 512 + 64]) b.writeUInt32BE(0x12345678, at);
    });
    await using media = await openFirst({ 'd.vhd': wrong });
    expect(codesOf(media)).toEqual(['vhd/footer-checksum', 'vhd/header-checksum']);
    expect((await whole(media)).equals(canon)).toBe(true);
  });

  it('whose first sector is lost is read by the footer at the end', async () => {
    await using media = await openFirst({ 'd.vhd': changed(dynamic, (b) => b.fill(0, 0, 512)) });
    expect(codesOf(media)).toEqual(['vhd/footer-copy']);
    expect((await whole(media)).equals(canon)).toBe(true);
  });

  it('that is fixed and holds a VHD image is not mistaken for it', async () => {
    const inner = Buffer.concat([dynamic, fixed.subarray(fixed.length - 512)]);
    const nested = edited(inner.subarray(dynamic.length - 512), (b) => b.copy(b));
    const outer = changed(Buffer.concat([dynamic, nested.subarray(-512)]), (b) => {
      const f = b.length - 512;
      b.writeBigUInt64BE(BigInt(dynamic.length), f + 48);
      b.writeUInt32BE(0, f + 64);
    });
    await using media = await openFirst({ 'd.vhd': outer });
    expect(media.facts).toMatchObject({ subformat: 'fixed' });
    expect((await whole(media)).equals(dynamic)).toBe(true);
    expect(codesOf(media)).toEqual(['vhd/footer-checksum']);
  });

  it('that is fixed and shorter than it says reads what is there', async () => {
    const long = footer64(48, BigInt(canon.length + 512), fixed);
    await using media = await openFirst({ 'd.vhd': long });
    expect(codesOf(media)).toEqual(['vhd/data-short']);
    expect((await media.read(0, canon.length)).equals(canon)).toBe(true);
    await expect(media.read(canon.length, 512)).rejects.toMatchObject({ kind: 'truncated' });
    await using less = await openFirst({ 'd.vhd': footer64(48, BigInt(canon.length - 512), fixed) });
    expect(codesOf(less)).toEqual(['vhd/data-long']);
    expect((await whole(less)).equals(canon.subarray(0, -512))).toBe(true);
  });

  it('has sectors as zeros whose bit is not set, and says so in its extents', async () => {
    await using media = await openFirst({ 'd.vhd': fixture('vhd/bitmap.vhd') });
    const extents: Extent[] = [];
    for await (const extent of media.extents()) extents.push(extent);
    expect(extents[0]).toEqual({ offset: 0, length: 1024, kind: 'data' });
    expect(extents[1]).toEqual({ offset: 1024, length: 64512 - 1024, kind: 'zero' });
  });

  it('that is cut reads up to the cut', async () => {
    await using media = await openFirst({ 'd.vhd': dynamic.subarray(0, dynamic.length - 512 - BLOCK + 1024) });
    expect(codesOf(media)).toEqual(['vhd/footer-missing', 'media/blocks-outside']);
    expect((await media.read(0, 2 * BLOCK)).equals(canon.subarray(0, 2 * BLOCK))).toBe(true);
    const fault = { kind: 'truncated', facts: { mediumOffset: 2 * BLOCK } };
    await expect(media.read(2 * BLOCK, 4096)).rejects.toMatchObject(fault);
  });

  it.each([
    ['past the end', 0xfffffff0, 'media/blocks-outside', { kind: 'truncated', code: 'media/block-outside' }],
    ['on the footer at the end', (dynamic.length - 512) / 512, 'media/blocks-outside', { kind: 'truncated' }],
    ['on the copy of the footer', 0, 'media/blocks-on-tables', { kind: 'corrupt', code: 'media/block-on-tables' }],
    ['on the block table', TABLE_AT / 512, 'media/blocks-on-tables', { kind: 'corrupt', code: 'media/block-on-tables' }],
  ])('with a block %s reads all others', async (_, value, warning, fault) => {
    await using media = await openFirst({ 'd.vhd': entry(1, value) });
    expect(codesOf(media)).toEqual([warning]);
    expect((await media.read(0, BLOCK)).equals(canon.subarray(0, BLOCK))).toBe(true);
    await expect(media.read(BLOCK, 512)).rejects.toMatchObject({ ...fault, facts: { mediumOffset: BLOCK } });
  });

  it('warns of blocks that lie on each other, in whole or in part', async () => {
    const first = dynamic.readUInt32BE(TABLE_AT);
    for (const value of [first, first + 1]) {
      await using media = await openFirst({ 'd.vhd': entry(1, value) });
      expect(codesOf(media)).toContain('media/blocks-shared');
    }
  });

  it('whose table has more entries than its disk has blocks is read: only those are looked at', async () => {
    await using media = await openFirst({ 'd.vhd': header(28, 0xffffffff) });
    expect((await whole(media)).equals(canon)).toBe(true);
  });

  it.each([
    ['type 0', footer(60, 0), 'unsupported vhd/type'],
    ['a type there is not', footer(60, 9), 'unsupported vhd/type'],
    ['version 2', footer(12, 0x20000), 'unsupported vhd/version'],
    ['a disk of 2^63 bytes', footer64(48, 1n << 63n), 'corrupt layout/number-too-large'],
    ['a disk above 2040 GiB', footer64(48, (2040n << 30n) + 512n), 'corrupt vhd/size'],
    ['a disk of 2040 GiB and a small table', footer64(48, 2040n << 30n), 'corrupt vhd/table-entries'],
    ['a header past the end', footer64(16, 1n << 40n), 'truncated vhd/header-outside'],
    ['a header at 2^64 - 1', footer64(16, (1n << 64n) - 1n), 'truncated vhd/header-outside'],
    ['a header on the footer', footer64(16, 0n), 'truncated vhd/header-outside'],
    ['a header that points at itself', footer64(16, BigInt(TABLE_AT)), 'corrupt vhd/header'],
    ['blocks of 0 bytes', header(32, 0), 'corrupt vhd/block-size'],
    ['blocks of 3 bytes', header(32, 3), 'corrupt vhd/block-size'],
    ['blocks of 2 GiB', header(32, 0x80000000), 'corrupt vhd/block-size'],
    ['blocks of 256 bytes', header(32, 256), 'corrupt vhd/block-size'],
    ['blocks of 512 bytes and a small table', header(32, 512), 'corrupt vhd/table-entries'],
    ['no table entries', header(28, 0), 'corrupt vhd/table-entries'],
    ['a table past the end', header64(16, 1n << 50n), 'truncated vhd/table-outside'],
    ['a table at 2^63', header64(16, 1n << 63n), 'corrupt layout/number-too-large'],
    ['a table on the footer', header64(16, 0n), 'truncated vhd/table-outside'],
    ['a table on the header', header64(16, 600n), 'corrupt vhd/table-on-header'],
    ['a header of version 2', header(24, 0x20000), 'unsupported vhd/header-version'],
    ['nothing but the footer copy', dynamic.subarray(0, 513), 'truncated vhd/header-outside'],
    ['a cut header', dynamic.subarray(0, HEADER_AT + 1023), 'truncated vhd/header-outside'],
    ['a cut table', dynamic.subarray(0, TABLE_AT + 11), 'truncated vhd/table-outside'],
    ['510 bytes', dynamic.subarray(0, 510), 'corrupt vhd/footer'],
  ])('with %s is refused', async (_, bytes, answer) => {
    expect(await answerOf({ 'd.vhd': bytes }, 'vhd')).toBe(answer);
  });

  it('whose end is missing is refused when it was a fixed one', async () => {
    const start = changed(fixed, (b) => b.copy(b, 0, b.length - 512)).subarray(0, -512);
    expect(await answerOf({ 'd.vhd': start })).toBe('corrupt vhd/footer');
  });

  it('with millions of blocks is answered in bounded time', async () => {
    const count = 1 << 22;
    const table = Buffer.alloc(count * 4);
    const b = Buffer.concat([dynamic.subarray(0, 1536), table, dynamic.subarray(-512)]);
    const many = edited(b, (copy, f) => {
      copy.writeBigUInt64BE(BigInt(count) * 512n, f + 48);
      copy.writeBigUInt64BE(1536n, HEADER_AT + 16);
      copy.writeUInt32BE(count, HEADER_AT + 28);
      copy.writeUInt32BE(512, HEADER_AT + 32);
    });
    await using media = await openFirst({ 'd.vhd': many });
    expect(codesOf(media)).toEqual(['media/blocks-on-tables']);
  });
});

describe('a differencing VHD image', () => {
  it('finds its parents by UUID, whatever they are called', async () => {
    const files = { 'last.avhd': last, 'a.vhd': dynamic, 'noise.bin': Buffer.alloc(4096, 0xff), 'x.vhd': middle, 'y.vhd': base };
    await using media = await openFirst(files);
    expect(media.parts).toEqual(['x.vhd', 'y.vhd']);
    expect(media.facts).toMatchObject({
      subformat: 'differencing',
      parentNames: ['middle.avhd'],
      parentUuid: expect.any(String),
    });
    expect((await whole(media)).equals(canon)).toBe(true);
  });

  it('takes the file whose name and UUID are right without looking at others', async () => {
    const files = { 'last.avhd': last, 'a copy.avhd': middle, 'MIDDLE.avhd': middle, 'base.vhd': base };
    await using media = await openFirst(files);
    expect(media.parts).toEqual(['MIDDLE.avhd', 'base.vhd']);
    expect(codesOf(media)).toEqual([]);
  });

  it('with every other sector in its parent is read, in time', async () => {
    const mixed = changed(middle, (b) => {
      const place = b.readUInt32BE(1536) * 512;
      b.fill(0x55, place, place + 512);
    });
    await using media = await openFirst({ 'middle.avhd': mixed, 'base.vhd': base });
    const truth = await whole(media);
    for (let at = 0; at < 2 * BLOCK; at += 70_001) {
      const part = await media.read(at, 5000);
      expect(part.equals(truth.subarray(at, at + 5000))).toBe(true);
    }
    const sector = Math.floor(65_000 / 512) - 1; // odd: here
    expect(truth[sector * 512]).toBe(0xa5);
    expect(
      truth.subarray((sector + 1) * 512, (sector + 2) * 512).equals(canon.subarray((sector + 1) * 512, (sector + 2) * 512)),
    ).toBe(false);
  });

  it('says which parent is missing and what it was called, without a path', async () => {
    const alone = openFirst({ 'last.avhd': last, 'middle.avhd': base });
    await expect(alone).rejects.toMatchObject({ kind: 'missing', code: 'vhd/parent-missing', facts: { names: ['middle.avhd'] } });
    await expect(alone).rejects.toThrow(/once called "middle\.avhd"; deposit both/);
    expect(await answerOf({ 'last.avhd': last, 'middle.avhd': middle })).toBe('missing vhd/parent-missing');
  });

  it('warns of a parent with another time', async () => {
    const touched = edited(middle, (b, f) => b.writeUInt32BE(12345, f + 24));
    await using media = await openFirst({ 'last.avhd': last, 'middle.avhd': touched, 'base.vhd': base });
    expect(codesOf(media)).toEqual(['media/parent-changed']);
    expect((await whole(media)).equals(canon)).toBe(true);
  });

  it('passes over a file with the right UUID that is damaged beyond use', async () => {
    const damaged = edited(middle, (b, f) => b.writeBigUInt64BE(1n << 63n, f + 40));
    await using media = await openFirst({ 'last.avhd': last, 'a.avhd': damaged, 'middle.avhd': middle, 'base.vhd': base });
    expect(media.parts).toEqual(['middle.avhd', 'base.vhd']);
  });

  it('that is its own parent, or its own grandparent, is refused', async () => {
    const own = edited(last, (b, f) => b.copy(b, HEADER_AT + 40, f + 68, f + 84));
    expect(await answerOf({ 'last.avhd': own, 'middle.avhd': middle })).toBe('corrupt vhd/parent-is-itself');
    const below = edited(middle, (b) => last.copy(b, HEADER_AT + 40, last.length - 512 + 68, last.length - 512 + 84));
    expect(await answerOf({ 'last.avhd': last, 'middle.avhd': below })).toBe('corrupt media/chain-loop');
  });

  it('is not hindered by locators that point anywhere', async () => {
    const wild = edited(last, (b) => {
      b.writeUInt32BE(0xffffffff, HEADER_AT + 576 + 8);
      b.writeBigUInt64BE((1n << 64n) - 1n, HEADER_AT + 576 + 24 + 16);
    });
    await using media = await openFirst({ 'last.avhd': wild, 'middle.avhd': middle, 'base.vhd': base });
    expect(media.facts).toMatchObject({ parentNames: ['middle.avhd'] });
  });
});
