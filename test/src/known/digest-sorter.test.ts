/** Millions of digests sorted: the same whether they are held in memory or put aside in files, each once. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { DigestSorter } from '#built/src/known/digest-sorter';
import { tmpFolder } from '../../support/tmp.ts';

const algorithms = ['md5', 'sha1', 'sha256'] as const;
const all = Array.from({ length: 3000 }, (_, index) =>
  createHash(algorithms[index % 3]!)
    .update(String(index % 2000))
    .digest('hex'),
);

it.each([
  ['in memory', 1 << 30],
  ['put aside again and again', 5000],
])('digests come out by length, in order and once: %s', async (_, heldBytes) => {
  const folder = join(await tmpFolder(), 'sorting');
  const seen: string[] = [];
  {
    await using sorter = new DigestSorter(folder, heldBytes);
    for (const digest of all) {
      sorter.add(digest);
      await sorter.settle();
    }
    expect(existsSync(folder)).toBe(heldBytes < 1 << 20);
    for await (const { width, bytes } of sorter.sorted())
      for (let at = 0; at < bytes.length; at += width) seen.push(bytes.toString('hex', at, at + width));
  }
  const expected = [...new Set(all)].toSorted((a, b) => a.length - b.length || (a < b ? -1 : 1));
  expect(seen).toEqual(expected);
  expect(existsSync(folder)).toBe(false);
});
