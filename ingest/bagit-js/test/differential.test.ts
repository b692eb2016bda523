/** Bags made here, judged by the Library of Congress' bagit-python where it is installed; elsewhere skipped, in so many words. */
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createBag } from 'bagit-js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { asDirectory, makeBag, removed, temporary } from './make-bag.ts';
import { VALID } from './valid-cases.ts';

let home = '';
beforeAll(async () => {
  home = await temporary();
});
afterAll(() => removed(home));

const installed = spawnSync('python3', ['-c', 'import bagit']).status === 0;
const note = installed ? '' : ' (skipped: python3 has no bagit here)';

function judge(bag: string): string {
  return execFileSync('python3', ['-c', 'import bagit, sys; print(bagit.Bag(sys.argv[1]).is_valid())', bag], {
    encoding: 'utf8',
  }).trim();
}

it.skipIf(!installed)(`bagit-python finds a created bag valid${note}`, async () => {
  const source = await asDirectory(
    new Map([
      ['a.txt', Buffer.from('a')],
      ['dir/\u00e9 b.txt', Buffer.from('b')],
    ]),
    join(home, 'source'),
    false,
  );
  const target = join(home, 'made');
  await createBag(source, target, { algorithms: ['sha256', 'sha512'] });
  expect(judge(target)).toBe('True');
  await writeFile(join(target, 'data/a.txt'), 'b');
  expect(judge(target)).toBe('False');
});

it.skipIf(!installed)(`bagit-python agrees on the plain valid cases${note}`, async () => {
  for (const [i, { recipe }] of VALID.slice(0, 8).entries())
    expect(judge(await asDirectory(makeBag(recipe), join(home, `case${i}`)))).toBe('True');
});
