/** Who reads a package and who changes it: never both at once, and nobody waits for ever. */
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { PackageLocks } from '#built/src/packages/package-locks.service';

describe('the locks of packages', () => {
  it('let many read at once, and a change wait for all of them, but not for other packages', async () => {
    const locks = new PackageLocks();
    const [first, second] = [await locks.reading('a'), await locks.reading('a')];
    using _ = await locks.reading('b');
    let isChanging = false;
    const change = locks.changing('a').then((held) => {
      isChanging = true;
      return held;
    });
    using __ = await locks.changing('c');
    first[Symbol.dispose]();
    await pause(400);
    expect(isChanging).toBe(false);
    second[Symbol.dispose]();
    (await change)[Symbol.dispose]();
  });

  it('let nobody read or change while a change is made, and everybody afterwards', async () => {
    const locks = new PackageLocks();
    const change = await locks.changing('a');
    const seen: string[] = [];
    const others = [1, 2, 3].map(async (number) => {
      using _ = number === 3 ? await locks.changing('a') : await locks.reading('a');
      seen.push(`${number}`);
    });
    await pause(50);
    expect(seen).toEqual([]);
    change[Symbol.dispose]();
    await Promise.all(others);
    expect(seen.toSorted()).toEqual(['1', '2', '3']);
  });

  it('let who waits to read go on reading while another change waits', async () => {
    const locks = new PackageLocks();
    const reading = await locks.reading('a');
    const stop = new AbortController();
    const change = locks.changing('a', stop.signal);
    using again = await locks.reading('a');
    expect(again).toBeDefined();
    stop.abort(new Error('enough'));
    await expect(change).rejects.toThrow('enough');
    reading[Symbol.dispose]();
  });
});
