/** The block list: written once, read back, and refused when anything about it is odd. */
import { execFileSync } from 'node:child_process';
import { open } from 'node:fs/promises';
import { readFileSync, writeFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlockListWriter, decodePath, encodePath } from '#built/ingest/digest/block-list-format';
import { BlockList } from '#ingest/digest';
import { faultOf, Folder, MIB, naiveRoot, sha256 } from './support.ts';

/** A list of `count` digests for a file that ends `short` bytes before its last block does. */
function written(
  folder: Folder,
  count: number,
  short = 0,
  path = 'data/image/disk.img',
): { list: string; digests: Buffer[]; size: number } {
  const list = folder.at(`list-${count}-${short}.blocks`);
  const size = count * MIB - short;
  const digests = Array.from({ length: count }, (_, i) => sha256(Buffer.from(`${i}`)));
  const writer = new BlockListWriter(list, path, size, () => undefined);
  for (const digest of digests) writer.add(digest);
  const summary = writer.finish();
  const bytes = readFileSync(list);
  expect(summary).toEqual({
    root: naiveRoot(digests).toString('hex'),
    size: bytes.length,
    sha256: sha256(bytes).toString('hex'),
  });
  return { list, digests, size };
}

describe('a block list', () => {
  it('gives back what was written, any range of it', async () => {
    using folder = new Folder();
    for (const [count, short] of [
      [0, 0],
      [1, 0],
      [2, 1],
      [5, MIB - 1],
      [9000, 3],
    ] as const) {
      const { list, digests, size } = written(folder, count, short);
      await using read = await BlockList.open(list);
      expect([read.path, read.size, read.count, read.root]).toEqual([
        'data/image/disk.img',
        size,
        count,
        naiveRoot(digests).toString('hex'),
      ]);
      await read.verifyRoot();
      await read.verifyRoot();
      expect((await read.digests(0, count)).equals(Buffer.concat(digests))).toBe(true);
      for (const first of [0, count >> 1, count]) {
        expect((await read.digests(first, count - first)).equals(Buffer.concat(digests.slice(first)))).toBe(true);
      }
      await expect(read.digests(count, 1)).rejects.toThrow(RangeError);
      await expect(read.digests(-1, 1)).rejects.toThrow(RangeError);
    }
  });

  it('opens from a handle that stays open', async () => {
    using folder = new Folder();
    const handle = await open(written(folder, 3).list, 'r');
    try {
      const list = await BlockList.open(handle);
      await list.close();
      expect((await list.digests(0, 3)).length).toBe(96);
    } finally {
      await handle.close();
    }
  });

  it('keeps any path', async () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '%', '\r', '\n', 'ü', '0', 'D', 'A', '2', '5') }), (path) => {
        expect(decodePath(encodePath(path))).toBe(path);
      }),
    );
    using folder = new Folder();
    const { list } = written(folder, 2, 0, 'data/100%\r\nüö.img');
    expect(readFileSync(list, 'utf8').split('\n')[1]).toBe('path data/100%25%0D%0Aüö.img');
    await using read = await BlockList.open(list);
    expect(read.path).toBe('data/100%\r\nüö.img');
  });

  it('is never sealed with blocks missing', () => {
    using folder = new Folder();
    const writer = new BlockListWriter(folder.at('l'), 'p', 2 * MIB, () => undefined);
    writer.add(sha256());
    expect(() => writer.finish()).toThrow(RangeError);
    writer.abandon();
  });

  it('is refused with any single byte changed, missing or added', async () => {
    using folder = new Folder();
    const { list } = written(folder, 3, 10);
    const good = readFileSync(list);
    const check = async (bytes: Buffer): Promise<string> => {
      writeFileSync(list, bytes);
      const fault = await faultOf(
        (async () => {
          await using read = await BlockList.open(list);
          if (read.path !== 'data/image/disk.img' || read.size !== 3 * MIB - 10)
            throw Object.assign(new Error(), { name: 'Fault', code: 'told by path or size' });
          await read.verifyRoot();
        })(),
      );
      return fault.code;
    };
    const told = ['digest/blocks-malformed', 'digest/blocks-root', 'told by path or size'];
    for (let at = 0; at < good.length; at += 1) {
      const bytes = Buffer.from(good);
      bytes[at]! ^= 1 << (at % 8);
      expect(told).toContain(await check(bytes));
    }
    for (let length = 0; length < good.length; length += 1) expect(told).toContain(await check(good.subarray(0, length)));
    expect(told).toContain(await check(Buffer.concat([good, Buffer.from('\n')])));
    expect(told).toContain(await check(Buffer.from(good.toString().toUpperCase())));
  });

  it('is refused in versions and spellings we do not write', async () => {
    using folder = new Folder();
    const { list } = written(folder, 2);
    const good = readFileSync(list, 'utf8');
    const bad: [string, string][] = [
      ['blocks 1\n', 'blocks 2\n'],
      ['size 2', 'size 02'],
      ['disk.img', 'di%20k.img'],
      ['1048576\n', '1048576\r\n'],
      ['sha256\n', 'sha512\n'],
      ['size 2097152', 'size 9007199254740993'],
    ];
    for (const [what, instead] of bad) {
      writeFileSync(list, good.replace(what, instead));
      expect([instead, (await faultOf(BlockList.open(list))).code]).toEqual([instead, 'digest/blocks-malformed']);
    }
    expect((await faultOf(BlockList.open(folder.at('none')))).code).toBe('digest/blocks-missing');
    execFileSync('mkfifo', [folder.at('pipe')]);
    expect((await faultOf(BlockList.open(folder.at('pipe')))).code).toBe('digest/blocks-malformed');
    expect((await faultOf(BlockList.open(folder.path))).code).toMatch(/^digest\/blocks-(malformed|unreadable)$/);
  });
});
