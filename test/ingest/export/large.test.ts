/** Images of more than 8 GiB, through every exporter. Takes 30 GB of disk and some minutes: STRONGROOM_SLOW=1. */
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Exporter, exporters, exportPackage } from '#ingest/export';
import { makeBag, openFixture, treeOf } from './bag-fixture.ts';
import { readersOf } from './readers.ts';

const ID = 'large';
const SIZE = 9 * 1024 ** 3 + 1;

describe.runIf(process.env['STRONGROOM_SLOW'] !== undefined)('an image of more than 8 GiB', () => {
  it.each([...exporters.keys()])('comes out of %s whole', { timeout: 1_800_000 }, async (id) => {
    const exporter = exporters.get(id) as Exporter;
    const root = await mkdtemp(join(tmpdir(), 'large-'));
    try {
      const folder = await makeBag(await mkdtemp(join(root, 'bag-')), ID, { 'data/a.txt': 'a', 'data/z.txt': 'z' });
      const handle = await open(join(folder, 'data/image.img'), 'w');
      await handle.write('x', SIZE - 1);
      await handle.close();
      const sealed = await treeOf(folder);
      const target = join(await mkdtemp(join(root, 'to-')), `${ID}${exporter.extension}`);
      await exportPackage(exporter, await openFixture(folder, ID), target);
      for (const reader of readersOf(id)) {
        const into = await mkdtemp(join(root, 'out-'));
        await reader.unpack(target, into);
        expect([reader.name, await treeOf(join(into, ID))]).toEqual([reader.name, sealed]);
        await rm(into, { recursive: true });
      }
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  });

  it('keeps its holes as a bag', { timeout: 600_000 }, async () => {
    const root = await mkdtemp(join(tmpdir(), 'large-'));
    try {
      const folder = await makeBag(root, ID, {});
      const handle = await open(join(folder, 'data/image.img'), 'w');
      await handle.write('x', SIZE - 1);
      await handle.close();
      await exportPackage(exporters.get('bag') as Exporter, await openFixture(folder, ID), join(root, 'to'));
      const { size, blocks } = await stat(join(root, 'to/data/image.img'));
      expect([size, blocks < 1000]).toEqual([SIZE, true]);
    } finally {
      await rm(root, { recursive: true, force: true });
    }
  });
});
