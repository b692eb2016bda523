/** Verification of blocks: every wrong byte is found and named, and nothing else is. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFileSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BlockList, type BlocksRequest, type BlocksResult, verifyBlocks, VerifyPool } from '#ingest/digest';
import { blockListText, faultOf, flip, Folder, MIB } from './support.ts';

let pool: VerifyPool;
beforeAll(() => {
  pool = new VerifyPool(2);
});
afterAll(() => pool.close());

class Disk extends Folder {
  readonly list = this.at('disk.blocks');
  readonly image: string;
  readonly size: number;
  constructor(content: Buffer) {
    super();
    this.image = this.file('disk', content);
    this.size = content.length;
    writeFileSync(this.list, blockListText('disk', content));
  }
  check(more: Partial<BlocksRequest> = {}): Promise<BlocksResult> {
    return verifyBlocks({ path: this.image, list: this.list, expectedSize: this.size, pool, ...more });
  }
}

/** 70 blocks and a bit; some of zeros. */
function content(): Buffer {
  const bytes = randomBytes(70 * MIB + 1000);
  bytes.fill(0, 10 * MIB, 14 * MIB);
  return bytes;
}
const block = (first: number, count = 1) => ({ offset: first * MIB, length: count * MIB });

describe('verifyBlocks', () => {
  it('finds nothing where nothing is', async () => {
    for (const size of [0, 1, MIB - 1, MIB, MIB + 1, 3 * MIB, 70 * MIB + 5]) {
      using disk = new Disk(randomBytes(size));
      expect(await disk.check()).toEqual({
        outcome: 'ok',
        ranges: [],
        unreadable: [],
        checkedBytes: size,
        transient: 0,
        actualSize: size,
      });
    }
  });

  it('finds single flipped bits at any offset, and names their blocks merged', async () => {
    using disk = new Disk(content());
    const offset = fc.oneof(
      fc.nat(disk.size - 1),
      fc.integer({ min: 10 * MIB - 2, max: 14 * MIB + 2 }),
      fc.constantFrom(0, disk.size - 1, MIB - 1, MIB),
    );
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(offset, { minLength: 1, maxLength: 6 }), fc.nat(7), async (offsets, bit) => {
        for (const at of offsets) flip(disk.image, at, bit);
        const result = await disk.check();
        const hit = new Set(offsets.map((at) => Math.floor(at / MIB)));
        const covered = result.ranges.flatMap(({ offset, length }) =>
          Array.from({ length: Math.ceil(length / MIB) }, (_, i) => offset / MIB + i),
        );
        expect(result.outcome).toBe('altered');
        expect(covered).toEqual([...hit].toSorted((a, b) => a - b));
        for (const [i, range] of result.ranges.entries())
          expect(range.offset).toBeGreaterThan(i === 0 ? -1 : result.ranges[i - 1]!.offset + result.ranges[i - 1]!.length);
        expect(result.ranges.every(({ offset, length }) => offset + length <= disk.size)).toBe(true);
        expect(result.checkedBytes).toBe(disk.size);
        for (const at of offsets) flip(disk.image, at, bit);
      }),
      { numRuns: 15 },
    );
    expect((await disk.check()).outcome).toBe('ok');
  });

  it('names what a file cut short has lost, the block of the cut included', async () => {
    using disk = new Disk(content());
    for (const [size, from] of [
      [70 * MIB + 999, 70],
      [70 * MIB, 70],
      [33 * MIB + 1, 33],
      [5, 0],
      [0, 0],
    ] as const) {
      truncateSync(disk.image, size);
      expect(await disk.check()).toMatchObject({
        outcome: 'altered',
        actualSize: size,
        ranges: [{ offset: from * MIB, length: disk.size - from * MIB }],
        checkedBytes: from * MIB,
      });
    }
  });

  it('names the surplus of a longer file, and damage before it', async () => {
    using disk = new Disk(content());
    appendFileSync(disk.image, 'x'.repeat(3 * MIB));
    expect((await disk.check()).ranges).toEqual([{ offset: disk.size, length: 3 * MIB }]);
    flip(disk.image, 69 * MIB);
    flip(disk.image, 70 * MIB);
    expect(await disk.check()).toMatchObject({ outcome: 'altered', ranges: [{ offset: 69 * MIB, length: 1000 + 4 * MIB }] });
  });

  it('says missing, where no file is, and unreadable, where none can be read', async () => {
    using disk = new Disk(randomBytes(3 * MIB));
    renameSync(disk.image, disk.at('moved'));
    const all = [{ offset: 0, length: 3 * MIB }];
    expect(await disk.check()).toMatchObject({ outcome: 'missing', ranges: all, checkedBytes: 0 });
    symlinkSync(disk.at('moved'), disk.image);
    expect(await disk.check()).toMatchObject({ outcome: 'missing', ranges: all });
    rmSync(disk.image);
    execFileSync('mkfifo', [disk.image]);
    expect(await disk.check()).toMatchObject({ outcome: 'missing', ranges: all });
    rmSync(disk.image);
    mkdirSync(disk.image);
    expect(await disk.check()).toMatchObject({ outcome: 'missing', ranges: all });
    expect(await disk.check({ path: disk.at('x'.repeat(300)) })).toMatchObject({
      outcome: 'unreadable',
      ranges: [],
      unreadable: [{ ...all[0] }],
    });
  });

  it('tells a block that can not be read from one that is wrong', async () => {
    using disk = new Disk(randomBytes(3 * MIB));
    // A page of /proc/self/mem that is not mapped gives EIO; it has no size, so the worker is asked directly.
    const digests = new Uint8Array(64);
    const answer = await pool.run({
      kind: 'blocks',
      path: '/proc/self/mem',
      size: 2 * MIB,
      first: 0,
      digests,
      stop: new SharedArrayBuffer(4),
    });
    expect(answer).toMatchObject({ altered: [], transient: 0, checkedBytes: 0 });
    expect(answer.unreadable.map(({ block }) => block)).toEqual([0, 1]);
    expect(answer.unreadable[0]?.reason).toContain('EIO');
    expect((await disk.check()).outcome).toBe('ok');
  });

  it('goes on from any block, and tells how far everything is checked', async () => {
    using disk = new Disk(content());
    flip(disk.image, 3 * MIB);
    flip(disk.image, 40 * MIB);
    flip(disk.image, 41 * MIB);
    for (const from of [0, 3, 4, 40, 41, 42, 70, 71]) {
      const points: [number, unknown][] = [];
      const result = await disk.check({ from, onCheckpoint: (next, altered) => points.push([next, altered]) });
      expect(result.checkedBytes).toBe(Math.max(0, disk.size - from * MIB));
      const left = [block(3), block(Math.max(40, from), Math.min(2, 42 - from))].filter(
        ({ offset, length }) => offset >= from * MIB && length > 0,
      );
      expect(result.ranges).toEqual(left);
      expect(points.map(([next]) => next)).toEqual(points.map(([next]) => next).toSorted((a, b) => a - b));
      expect(points.at(-1)).toEqual(from < 71 ? [71, left] : undefined);
    }
    await expect(disk.check({ from: 72 })).rejects.toThrow(RangeError);
  });

  it('stops when told to; what was checkpointed and what follows make the whole', async () => {
    using disk = new Disk(content());
    flip(disk.image, 2 * MIB);
    flip(disk.image, 69 * MIB);
    const abort = new AbortController();
    let reached = 0;
    let found: readonly unknown[] = [];
    const onCheckpoint: BlocksRequest['onCheckpoint'] = (next, altered) => {
      [reached, found] = [next, altered];
      abort.abort(new Error('enough'));
    };
    await expect(disk.check({ signal: abort.signal, onCheckpoint })).rejects.toThrow('enough');
    expect(reached).toBeLessThan(71);
    expect([...found, ...(await disk.check({ from: reached })).ranges]).toEqual([block(2), block(69)]);
    await expect(disk.check({ signal: AbortSignal.abort(new Error('never')) })).rejects.toThrow('never');
  });

  it('blames the list, not the file, when the list is damaged or another', async () => {
    using disk = new Disk(randomBytes(3 * MIB));
    const good = readFileSync(disk.list, 'latin1');
    const digest = good.split('\n')[6]!;
    writeFileSync(disk.list, good.replace(digest, '0'.repeat(64)));
    expect((await faultOf(disk.check())).code).toBe('digest/blocks-root');
    writeFileSync(disk.list, good);
    expect((await faultOf(disk.check({ expectedSize: 3 * MIB - 1 }))).code).toBe('digest/blocks-other-file');
    await using list = await BlockList.open(disk.list);
    expect((await disk.check({ list })).outcome).toBe('ok');
    expect((await list.digests(0, 1)).toString('hex')).toBe(digest);
  });

  it('keeps to its budget, shared by all threads', async () => {
    using disk = new Disk(randomBytes(12 * MIB));
    const start = performance.now();
    await disk.check({ bytesPerSecond: 20 * MIB });
    expect(performance.now() - start).toBeGreaterThan(400);
  });
});
