/** The VHDX log: what is replayed, what is refused. The images are made by hand; one of them is judged by qemu-img in the recipe. */
import { describe, expect, it } from 'vitest';
import { answerOf, canon, changed, codesOf, fixture, openFirst, whole } from './deposits.ts';
import { LOG_GUID, MIB, type LogEntry, dynamic, header, logEntry, regionOf, seal, withLog } from './vhdx-edits.ts';

const table = regionOf(dynamic, 'table').offset;
const firstBlock = Number(dynamic.readBigUInt64LE(table) >> 20n) * MIB;
const page = (at: number, of: Buffer = dynamic) => ({ at: BigInt(at), bytes: Buffer.from(of.subarray(at, at + 4096)) });
const filler = (at: number, byte: number) => ({ at: BigInt(at), bytes: Buffer.alloc(4096, byte) });
/** `dynamic` with its first page of data and its block table spoilt. */
const spoilt = changed(dynamic, (b) => {
  b.fill(0xee, table, table + 4096);
  b.fill(0xee, firstBlock, firstBlock + 4096);
});
const mending = [page(table), page(firstBlock)];
const one = (entry: Partial<LogEntry>, at = 0): Buffer =>
  withLog(spoilt, [[at, logEntry({ sequence: 5n, tail: at, pages: mending, ...entry })]]);

describe('the log of a VHDX image', () => {
  it('is replayed in memory, and told', async () => {
    await using media = await openFirst({ 'd.vhdx': fixture('vhdx/log.vhdx') });
    expect(media.facts).toMatchObject({ logReplayed: 2 });
    expect(codesOf(media)).toEqual(['vhdx/log-replayed']);
    await using mended = await openFirst({ 'd.vhdx': one({}) });
    expect((await whole(mended)).equals(canon)).toBe(true);
    expect(mended.facts).toMatchObject({ logReplayed: 1 });
  });

  it('that is empty is not told', async () => {
    await using media = await openFirst({ 'd.vhdx': dynamic });
    expect(media.facts).not.toHaveProperty('logReplayed');
  });

  it('begins with the tail of its last entry: what was made already is not made again', async () => {
    const stale = logEntry({ sequence: 8n, tail: 0, pages: [filler(firstBlock + 4096, 0x77)] });
    const fresh = logEntry({ sequence: 9n, tail: stale.length, pages: mending });
    await using media = await openFirst({
      'd.vhdx': withLog(spoilt, [
        [0, stale],
        [stale.length, fresh],
      ]),
    });
    expect((await whole(media)).equals(canon)).toBe(true);
    expect(media.facts).toMatchObject({ logReplayed: 1 });
  });

  it('is the sequence with the highest number that reaches back to its tail', async () => {
    const right = logEntry({ sequence: 9n, tail: 0, pages: mending });
    const older = logEntry({ sequence: 3n, tail: 65536, pages: [filler(firstBlock, 1)] });
    const tailLost = logEntry({ sequence: 99n, tail: 131072 - 4096, pages: [filler(firstBlock, 2)] });
    await using media = await openFirst({
      'd.vhdx': withLog(spoilt, [
        [0, right],
        [65536, older],
        [131072, tailLost],
      ]),
    });
    expect((await whole(media)).equals(canon)).toBe(true);
  });

  it('writes zeros, over what came before and under what comes after', async () => {
    const first = logEntry({ sequence: 1n, tail: 0, pages: [...mending, filler(firstBlock + 8192, 9)] });
    const second = logEntry({ sequence: 2n, tail: 0, zeros: [{ at: BigInt(firstBlock), length: 12288n }] });
    const third = logEntry({ sequence: 3n, tail: 0, pages: [page(firstBlock)] });
    const at = [0, first.length, first.length + second.length] as const;
    await using media = await openFirst({
      'd.vhdx': withLog(spoilt, [
        [at[0], first],
        [at[1], second],
        [at[2], third],
      ]),
    });
    expect((await whole(media)).equals(canon)).toBe(true);
  });

  it('makes the file longer', async () => {
    // The last block lies past the end of the cut file; all that is not zeros of it is in the log.
    const place = Number(dynamic.readBigUInt64LE(table + 5 * 8) >> 20n) * MIB;
    const cut = dynamic.subarray(0, place);
    const entry = logEntry({
      sequence: 1n,
      tail: 0,
      pages: [page(place)],
      flushedSize: BigInt(place),
      lastSize: BigInt(place + MIB),
    });
    await using media = await openFirst({ 'd.vhdx': withLog(cut, [[0, entry]]) });
    expect((await whole(media)).equals(canon)).toBe(true);
    expect(codesOf(media)).toEqual(['vhdx/log-replayed']);
  });

  it('numbers above 2^53 are numbers', async () => {
    expect(await answerOf({ 'd.vhdx': one({ sequence: 0xfffffffffffffffen }) })).toBe('read');
    expect(await answerOf({ 'd.vhdx': one({ sequence: 0xffffffffffffffffn }) })).toBe('read');
  });

  const resealed = (spoil: (entry: Buffer) => void): Buffer => one({ spoil });
  it.each([
    ['no entry at all', withLog(spoilt, []), 'corrupt vhdx/log-lost'],
    [
      'a wrong checksum',
      withLog(spoilt, [[0, changed(logEntry({ sequence: 1n, tail: 0, pages: mending }), (b) => b.fill(1, 5000, 5001))]]),
      'corrupt vhdx/log-lost',
    ],
    ['the GUID of another log', resealed((e) => e.fill(1, 32, 48)), 'corrupt vhdx/log-lost'],
    ['sequence 0', one({ sequence: 0n }), 'corrupt vhdx/log-lost'],
    ['a tail that no entry has', one({ tail: 8192 }), 'corrupt vhdx/log-lost'],
    ['a tail past the log', one({ tail: 0xfffff000 }), 'corrupt vhdx/log-lost'],
    ['an odd tail', one({ tail: 1 }), 'corrupt vhdx/log-lost'],
    ['an entry of 0 bytes', resealed((e) => e.writeUInt32LE(0, 8)), 'corrupt vhdx/log-lost'],
    ['an entry of 4 GiB', resealed((e) => e.writeUInt32LE(0xfffff000, 8)), 'corrupt vhdx/log-lost'],
    ['an entry as long as the log, and wrong', resealed((e) => e.writeUInt32LE(MIB, 8)), 'corrupt vhdx/log-lost'],
    ['4 billion descriptors', resealed((e) => e.writeUInt32LE(0xffffffff, 24)), 'corrupt vhdx/log-lost'],
    ['more descriptors than data', resealed((e) => e.writeUInt32LE(3, 24)), 'corrupt vhdx/log-lost'],
    ['a descriptor of another number', resealed((e) => e.writeBigUInt64LE(4n, 64 + 24)), 'corrupt vhdx/log-lost'],
    ['a descriptor of another kind', resealed((e) => e.write('what', 64)), 'corrupt vhdx/log-lost'],
    ['a descriptor for half a page', resealed((e) => e.writeBigUInt64LE(100n, 64 + 16)), 'corrupt vhdx/log-lost'],
    ['a data sector of another number', resealed((e) => e.writeUInt32LE(1, 4096 + 4092)), 'corrupt vhdx/log-lost'],
    ['a data sector without its mark', resealed((e) => e.fill(0, 4096, 4100)), 'corrupt vhdx/log-lost'],
    ['2^63 bytes of zeros', one({ zeros: [{ at: 0n, length: 1n << 63n }] }), 'unsupported vhdx/log-zeros'],
    ['zeros for half a page', one({ zeros: [{ at: 0n, length: 5n }] }), 'corrupt vhdx/log-lost'],
    ['a file that was longer', one({ flushedSize: BigInt(spoilt.length + MIB) }), 'truncated vhdx/cut'],
    ['a file of 2^63 bytes', one({ lastSize: 1n << 63n }), 'corrupt layout/number-too-large'],
    ['version 1', header(one({}), (b, at) => b.writeUInt16LE(1, at + 64)), 'unsupported vhdx/log-version'],
    ['no bytes', header(one({}), (b, at) => b.writeUInt32LE(0, at + 68)), 'corrupt vhdx/log-place'],
    ['half a MiB', header(one({}), (b, at) => b.writeUInt32LE(MIB / 2, at + 68)), 'corrupt vhdx/log-place'],
    ['a place on the header', header(one({}), (b, at) => b.writeBigUInt64LE(0n, at + 72)), 'corrupt vhdx/log-place'],
    ['more bytes than the file', header(one({}), (b, at) => b.writeUInt32LE(0xfff00000, at + 68)), 'truncated vhdx/log-outside'],
    ['a place past the end', header(one({}), (b, at) => b.writeBigUInt64LE(1n << 50n, at + 72)), 'truncated vhdx/log-outside'],
    ['a cut', one({}).subarray(0, MIB + MIB / 2), 'truncated vhdx/log-outside'],
  ])('with %s is refused', async (_, bytes, answer) => {
    expect(await answerOf({ 'd.vhdx': bytes })).toBe(answer);
  });

  it('may write anywhere: a place far past the end is out of reach, and costs nothing', async () => {
    const far = { at: (1n << 63n) & ~0xfffn, bytes: Buffer.alloc(4096, 1) };
    await using media = await openFirst({ 'd.vhdx': one({ pages: [...mending, far] }) });
    expect((await whole(media)).equals(canon)).toBe(true);
  });

  it('that makes the file absurdly long is read all the same', async () => {
    await using media = await openFirst({ 'd.vhdx': one({ lastSize: (1n << 53n) - 4096n }) });
    expect((await whole(media)).equals(canon)).toBe(true);
  });

  it('full of entries that lie on each other is refused before they are summed up', async () => {
    const full = withLog(spoilt, []);
    const at = Number(full.readBigUInt64LE(65536 + 72));
    const nested = changed(full, (b) => {
      for (let place = 0; place < MIB; place += 4096) {
        logEntry({ sequence: BigInt(place + 1), tail: place, spoil: (e) => e.writeUInt32LE(MIB, 8) }).copy(b, at + place);
        LOG_GUID.copy(b, at + place + 32);
      }
    });
    expect(await answerOf({ 'd.vhdx': nested })).toBe('corrupt vhdx/log-overlapping');
  });

  it('larger than is ever made is not replayed', async () => {
    const length = 65 * MIB;
    const at = dynamic.length;
    const long = changed(Buffer.concat([spoilt, Buffer.alloc(length)]), (b) => {
      for (const head of [65536, 131072]) {
        LOG_GUID.copy(b, head + 48);
        b.writeUInt32LE(length, head + 68);
        b.writeBigUInt64LE(BigInt(at), head + 72);
        seal(b, head, 4096);
      }
    });
    expect(await answerOf({ 'd.vhdx': long })).toBe('unsupported vhdx/log-large');
  });
});
