/** VMDK and Parallels images of random disks: qemu-img writes them and says what they hold. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { companionsOf, fileSource, openMedia } from '#ingest/media';
import { has, run } from './tools.ts';

const SUBFORMATS = [
  ['vmdk', 'subformat=monolithicSparse'],
  ['vmdk', 'subformat=monolithicSparse,zeroed_grain=on'],
  ['vmdk', 'subformat=monolithicSparse,compat6'],
  ['vmdk', 'subformat=monolithicFlat'],
  ['vmdk', 'subformat=twoGbMaxExtentSparse'],
  ['vmdk', 'subformat=twoGbMaxExtentFlat'],
  ['vmdk', 'subformat=streamOptimized'],
  ['parallels', ''],
] as const;

/** Sizes around the borders of grains and tables, and pieces of data anywhere. */
const disks = fc.record({
  sectors: fc.oneof(
    fc.integer({ min: 1, max: 300 }),
    fc.constantFrom(127, 128, 129, 2047, 2048, 2049, 65_535, 65_536, 65_537),
    fc.integer({ min: 1, max: 140_000 }),
  ),
  pieces: fc.array(
    fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      length: fc.integer({ min: 1, max: 300_000 }),
      packs: fc.boolean(),
    }),
    { maxLength: 6 },
  ),
});

async function digestOf(folder: string, own: string): Promise<string> {
  await using companions = companionsOf(own, readdirSync(folder), (name) => fileSource(join(folder, name)));
  await using container = await fileSource(join(folder, own));
  await using media = await openMedia(container, companions);
  expect(media.warnings).toEqual([]);
  const hash = createHash('sha256');
  for (let at = 0; at < media.size; at += 4 << 20) hash.update(await media.read(at, Math.min(4 << 20, media.size - at)));
  return hash.digest('hex');
}

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

describe.skipIf(!has('qemu-img'))('what qemu-img writes of random disks (skipped where it is not installed)', () => {
  it.each(SUBFORMATS)('is read back: %s %s', async (format, options) => {
    const folder = mkdtempSync(join(tmpdir(), 'vmdk-'));
    try {
      await fc.assert(
        fc.asyncProperty(disks, async ({ sectors, pieces }) => {
          const disk = Buffer.alloc(sectors * 512);
          for (const { at, length, packs } of pieces) {
            const from = Math.floor(at * disk.length);
            const bytes = packs ? Buffer.alloc(length, 'Strongroom ') : randomBytes(length);
            bytes.copy(disk, from, 0, Math.min(length, disk.length - from));
          }
          for (const name of readdirSync(folder)) rmSync(join(folder, name));
          writeFileSync(join(folder, 'disk.raw'), disk);
          const more = options === '' ? [] : ['-o', options];
          run('qemu-img', ['convert', '-q', '-f', 'raw', '-O', format, ...more, 'disk.raw', 'disk.img'], folder);
          rmSync(join(folder, 'disk.raw'));
          expect(await digestOf(folder, 'disk.img')).toBe(digest(disk));
        }),
        { numRuns: 8 },
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe.skipIf(!has('qemu-img') || !has('qemu-io'))(
  'what qemu-io writes to a chain of snapshots (skipped where it is not installed)',
  () => {
    it('is what qemu-img reads from it', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'vmdk-'));
      try {
        const writes = fc.array(fc.tuple(fc.nat(20_000), fc.integer({ min: 1, max: 700 }), fc.integer({ min: 1, max: 255 })), {
          maxLength: 5,
        });
        await fc.assert(
          fc.asyncProperty(fc.array(writes, { minLength: 1, maxLength: 4 }), async (layers) => {
            for (const name of readdirSync(folder)) rmSync(join(folder, name));
            for (const [i, layer] of layers.entries()) {
              const base = i === 0 ? ['-o', 'subformat=monolithicSparse'] : ['-b', `${i - 1}.vmdk`, '-F', 'vmdk'];
              run('qemu-img', ['create', '-q', '-f', 'vmdk', ...base, `${i}.vmdk`, ...(i === 0 ? ['10500K'] : [])], folder);
              const commands = layer.flatMap(([at, count, fill]) => ['-c', `write -P ${fill} ${at * 512} ${count * 512}`]);
              if (commands.length > 0) run('qemu-io', ['-f', 'vmdk', ...commands, `${i}.vmdk`], folder);
            }
            const own = `${layers.length - 1}.vmdk`;
            run('qemu-img', ['convert', '-q', '-f', 'vmdk', '-O', 'raw', own, 'judged'], folder);
            await using judged = await fileSource(join(folder, 'judged'));
            expect(await digestOf(folder, own)).toBe(digest(await judged.read(0, judged.size)));
          }),
          { numRuns: 8 },
        );
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  },
);
