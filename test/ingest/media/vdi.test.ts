/** What is special to VDI; what all formats share is in test/conformance/media.test.ts. */
import { describe, expect, it } from 'vitest';
import { answerOf, canon, changed, codesOf, fixture, openFirst, whole } from './deposits.ts';

const dynamic = fixture('vdi/dynamic.vdi');
const child = fixture('vdi/differencing/child.vdi');
const parent = fixture('vdi/differencing/parent.vdi');

const MAP_AT = dynamic.readUInt32LE(0x154);
const u32 = (at: number, value: number, of = dynamic): Buffer => changed(of, (b) => b.writeUInt32LE(value, at));
const u64 = (at: number, value: bigint): Buffer => changed(dynamic, (b) => b.writeBigUInt64LE(value, at));
/** Entry `index` of the map says `value`. */
const entry = (index: number, value: number): Buffer => u32(MAP_AT + index * 4, value);

describe('a VDI image', () => {
  it('tells what its header says', async () => {
    await using media = await openFirst({ 'd.vdi': dynamic });
    expect(media.facts).toMatchObject({ subformat: 'dynamic', creator: 'QEMU VM Virtual Disk Image', blockSize: 1 << 20 });
    expect(media.facts).toMatchObject({ allocatedBlocks: 5, uuid: expect.stringMatching(/^[\da-f-]{36}$/) });
    expect(media.facts).not.toHaveProperty('parentUuid');
    expect(codesOf(media)).toEqual([]);
  });

  it('shows its description without control characters', async () => {
    const said = changed(dynamic, (b) => b.write('Old \x1b[31mdisk', 0x54, 'latin1'));
    await using media = await openFirst({ 'd.vdi': said });
    expect(media.facts).toMatchObject({ description: 'Old \\x1b[31mdisk' });
  });

  it('has blocks that were discarded as zeros, and says when its counts differ', async () => {
    await using media = await openFirst({ 'd.vdi': entry(0, 0xfffffffe) });
    expect(codesOf(media)).toEqual(['vdi/blocks-counted']);
    expect((await media.read(0, 1 << 20)).every((byte) => byte === 0)).toBe(true);
    const rest = await media.read(1 << 20, media.size - (1 << 20));
    expect(rest.equals(canon.subarray(1 << 20))).toBe(true);
  });

  it('that is cut reads up to the cut, with a warning, and the rest is a Fault that names the range', async () => {
    await using media = await openFirst({ 'd.vdi': dynamic.subarray(0, dynamic.length - (1 << 20) + 512) });
    expect(codesOf(media)).toEqual(['media/blocks-outside']);
    expect((await media.read(0, 4 << 20)).equals(canon.subarray(0, 4 << 20))).toBe(true);
    const fault = { kind: 'truncated', facts: { mediumOffset: 5 << 20 } };
    await expect(media.read(5 << 20, 1024)).rejects.toMatchObject(fault);
  });

  it('warns of a block that is used twice', async () => {
    await using media = await openFirst({ 'd.vdi': entry(1, 0) });
    expect(codesOf(media)).toEqual(['media/blocks-shared']);
  });

  it('reads what a wild entry does not spoil', async () => {
    await using media = await openFirst({ 'd.vdi': entry(1, 0xfffffff0) });
    expect(codesOf(media)).toEqual(['media/blocks-outside']);
    expect((await media.read(0, 1 << 20)).equals(canon.subarray(0, 1 << 20))).toBe(true);
    await expect(media.read(1 << 20, 512)).rejects.toMatchObject({
      code: 'media/block-outside',
      facts: { mediumOffset: 1 << 20 },
    });
  });

  it.each([
    ['an undo image', u32(0x4c, 3), 'unsupported vdi/type'],
    ['a type there is not', u32(0x4c, 77), 'unsupported vdi/type'],
    ['version 0.1', u32(0x44, 1), 'unsupported vdi/version'],
    ['blocks of 0 bytes', u32(0x178, 0), 'corrupt vdi/block-size'],
    ['blocks of 3 bytes', u32(0x178, 3), 'corrupt vdi/block-size'],
    ['blocks of 2 GiB', u32(0x178, 0x80000000), 'corrupt vdi/block-size'],
    ['2 GiB more in each block', u32(0x17c, 0x80000000), 'corrupt vdi/block-size'],
    ['sectors of 513 bytes', u32(0x168, 513), 'corrupt vdi/sector-size'],
    ['more blocks than the disk has', u32(0x180, 0xffffffff), 'corrupt vdi/block-count'],
    ['a disk of 2^63 bytes', u64(0x170, 1n << 63n), 'corrupt layout/number-too-large'],
    ['a disk of 2^52 bytes', u64(0x170, 1n << 52n), 'corrupt vdi/block-count'],
    ['a map past the end', u32(0x154, 0xfffffff0), 'truncated vdi/map-outside'],
    ['a map on the header', u32(0x154, 0), 'truncated vdi/map-outside'],
    ['blocks on the map', u32(0x158, MAP_AT), 'corrupt vdi/data-offset'],
    ['a cut header', dynamic.subarray(0, 0x1ff), 'truncated layout/short'],
    ['a cut map', dynamic.subarray(0, MAP_AT + 23), 'truncated vdi/map-outside'],
  ])('with %s is refused', async (_, bytes, answer) => {
    expect(await answerOf({ 'd.vdi': bytes }, 'vdi')).toBe(answer);
  });

  it('whose map fits no memory is answered in bounded time', async () => {
    // 2^26 blocks of 512 bytes: 256 MiB of map, all entries naming one block.
    const many = 1 << 22;
    const b = Buffer.alloc(0x400 + many * 4 + 512);
    dynamic.copy(b, 0, 0, 0x200);
    for (const [at, value] of [
      [0x154, 0x400],
      [0x158, 0x400 + many * 4],
      [0x178, 512],
      [0x17c, 0],
      [0x180, many],
    ] as const)
      b.writeUInt32LE(value, at);
    b.writeBigUInt64LE(BigInt(many) * 512n, 0x170);
    await using media = await openFirst({ 'd.vdi': b });
    expect(codesOf(media)).toEqual(['media/blocks-shared']);
    expect(media.warnings[0]?.facts).toMatchObject({ shared: many - 1 });
  });

  it('whose map is empty is one zero extent', async () => {
    const empty = changed(dynamic, (b) => b.fill(0xff, MAP_AT, MAP_AT + 24));
    await using media = await openFirst({ 'd.vdi': empty });
    const extents = [];
    for await (const extent of media.extents()) extents.push(extent);
    expect(extents).toEqual([{ offset: 0, length: media.size, kind: 'zero' }]);
  });
});

describe('a differencing VDI image', () => {
  it('finds its parent by UUID, whatever it is called', async () => {
    await using media = await openFirst({ 'child.vdi': child, 'notes.txt': Buffer.from('x'), 'renamed.bin': parent });
    expect(media.parts).toEqual(['renamed.bin']);
    expect(media.facts).toMatchObject({ subformat: 'differencing', parentUuid: expect.any(String) });
    expect((await whole(media)).equals(canon)).toBe(true);
  });

  it('is not hindered by other files of the deposit, whatever they hold', async () => {
    const noise = Buffer.alloc(4096, 0xff);
    const other = changed(parent, (b) => b.fill(7, 0x188, 0x198));
    await using media = await openFirst({ 'child.vdi': child, 'a.jpg': noise, 'b.vdi': other, 'c.vdi': parent });
    expect(media.parts).toEqual(['c.vdi']);
  });

  it('says which parent is missing', async () => {
    const other = changed(parent, (b) => b.fill(7, 0x188, 0x198));
    expect(await answerOf({ 'child.vdi': child })).toBe('missing vdi/parent-missing');
    expect(await answerOf({ 'child.vdi': child, 'parent.vdi': other })).toBe('missing vdi/parent-missing');
  });

  it('warns of a parent that was written to after it', async () => {
    const known = changed(child, (b) => b.fill(9, 0x1b8, 0x1c8));
    await using media = await openFirst({ 'child.vdi': known, 'parent.vdi': parent });
    expect(codesOf(media)).toEqual(['media/parent-changed']);
    const untouched = changed(parent, (b) => b.fill(9, 0x198, 0x1a8));
    await using right = await openFirst({ 'child.vdi': known, 'a.vdi': parent, 'b.vdi': untouched });
    expect(right.parts).toEqual(['b.vdi']);
    expect(codesOf(right)).toEqual([]);
  });

  it('warns of two files that could be its parent', async () => {
    await using media = await openFirst({ 'child.vdi': child, 'a.vdi': parent, 'b.vdi': parent });
    expect(media.parts).toEqual(['a.vdi']);
    expect(codesOf(media)).toEqual(['media/parent-ambiguous']);
  });

  it('that is its own parent, or its own grandparent, is refused', async () => {
    const own = changed(child, (b) => b.copy(b, 0x1a8, 0x188, 0x198));
    expect(await answerOf({ 'child.vdi': own })).toBe('corrupt vdi/parent-is-itself');
    const below = changed(parent, (b) => {
      b.writeUInt32LE(4, 0x4c);
      child.copy(b, 0x1a8, 0x188, 0x198);
    });
    expect(await answerOf({ 'child.vdi': child, 'parent.vdi': below })).toBe('corrupt media/chain-loop');
  });

  it('has zeros behind the end of a shorter parent', async () => {
    const short = changed(parent, (b) => {
      b.writeBigUInt64LE(1n << 20n, 0x170);
      b.writeUInt32LE(1, 0x180);
      b.writeUInt32LE(1, 0x184);
    });
    await using media = await openFirst({ 'child.vdi': child, 'parent.vdi': short });
    expect((await media.read(0, 1 << 20)).equals(canon.subarray(0, 1 << 20))).toBe(true);
    expect((await media.read(3 << 20, 1 << 20)).every((byte) => byte === 0)).toBe(true);
  });
});
