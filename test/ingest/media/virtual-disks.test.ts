/** VDI, VHD and VHDX as qemu-img writes and reads them: random contents, odd sizes, blocks in any order. */
import { closeSync, ftruncateSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileSource, openMedia } from '#ingest/media';
import { has, run } from './tools.ts';

const MIB = 1 << 20;
const VARIANTS = [
  ['vdi', 'vdi', ''],
  ['vdi', 'vdi', 'static=on'],
  ['vhd', 'vpc', 'force_size=on'],
  ['vhd', 'vpc', 'force_size=on,subformat=fixed'],
  ['vhd', 'vpc', ''],
  ['vhd', 'vpc', 'subformat=fixed'],
  ['vhdx', 'vhdx', 'block_size=1M'],
  ['vhdx', 'vhdx', 'block_size=2M,log_size=4M'],
  ['vhdx', 'vhdx', 'block_size=32M'],
  ['vhdx', 'vhdx', 'subformat=fixed'],
  ['vhdx', 'vhdx', 'block_state_zero=off'],
] as const;

/** Random bytes at random places of a disk of that many sectors. */
const disks = fc.record({
  sectorCount: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 12_000 }), fc.constant(4 * 2048)),
  writes: fc.array(
    fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), bytes: fc.uint8Array({ minLength: 1, maxLength: 3000 }) }),
    {
      maxLength: 8,
    },
  ),
});

describe.runIf(has('qemu-img') && has('qemu-io'))('what qemu-img reads of its own images', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'virtual-disks-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function same(image: string, id: string, driver: string): Promise<void> {
    run('qemu-img', ['convert', '-f', driver, '-O', 'raw', image, 'out.raw'], folder);
    const truth = readFileSync(join(folder, 'out.raw'));
    await using container = await fileSource(join(folder, image));
    await using media = await openMedia(container);
    expect(media.format).toBe(id);
    expect(media.warnings).toEqual([]);
    expect(media.size).toBe(truth.length);
    expect((await media.read(0, media.size)).equals(truth)).toBe(true);
  }

  it.each(VARIANTS)('of %s (%s %s), we read too', async (id, driver, options) => {
    await fc.assert(
      fc.asyncProperty(disks, async ({ sectorCount, writes }) => {
        const raw = openSync(join(folder, 'in.raw'), 'w');
        ftruncateSync(raw, sectorCount * 512);
        for (const { at, bytes } of writes)
          writeSync(raw, bytes, 0, Math.min(bytes.length, 512), Math.floor(at * (sectorCount - 1)) * 512);
        closeSync(raw);
        run(
          'qemu-img',
          ['convert', '-f', 'raw', '-O', driver, ...(options === '' ? [] : ['-o', options]), 'in.raw', 'image'],
          folder,
        );
        // Blocks that come later lie behind, wherever they belong.
        const size = statSync(join(folder, 'in.raw')).size;
        const later = Math.floor(size / 1024 / 2) * 512;
        run(
          'qemu-io',
          ['-f', driver, '-c', `write -P 0x5a ${size - 512} 512`, '-c', `write -P 0xa5 ${later} 512`, 'image'],
          folder,
        );
        await same('image', id, driver);
      }),
      { numRuns: 4 },
    );
  });

  it('of a VHDX image with blocks behind bitmap entries, we read too', async () => {
    run('qemu-img', ['create', '-q', '-f', 'vhdx', '-o', 'block_size=1M', 'far.vhdx', '9G'], folder);
    const places = [4095, 4096, 8191, 8192, 9215].map((block) => block * MIB);
    run('qemu-io', ['-f', 'vhdx', ...places.flatMap((at, i) => ['-c', `write -P ${i + 1} ${at} 64k`]), 'far.vhdx'], folder);
    await using container = await fileSource(join(folder, 'far.vhdx'));
    await using media = await openMedia(container);
    const extents = [];
    for await (const { offset, kind } of media.extents()) extents.push([offset / MIB, kind]);
    expect(extents).toEqual([
      [0, 'zero'],
      [4095, 'data'],
      [4097, 'zero'],
      [8191, 'data'],
      [8193, 'zero'],
      [9215, 'data'],
    ]);
    for (const [i, at] of places.entries()) expect((await media.read(at, 65_536)).every((byte) => byte === i + 1)).toBe(true);
  });
});
