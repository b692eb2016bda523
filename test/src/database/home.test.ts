/** What may become a home, and what is left alone. */
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openHome } from '#built/src/database/home';
import { tmpFolder } from '../../support/tmp.ts';

describe('a home', () => {
  it('is made of nothing or of an empty folder, and opens again', async () => {
    const home = join(await tmpFolder(), 'deep', 'home');
    await openHome(home);
    await openHome(home);
    expect(await readdir(home)).toEqual(['home.json']);
    expect(await readFile(join(home, 'home.json'), 'utf8')).toBe('{"strongroomHome":1}\n');
  });

  it('is finished after a crash in the middle of making it', async () => {
    const home = await tmpFolder();
    await writeFile(join(home, 'home.json.tmp'), '{"stro');
    await openHome(home);
    expect(await readdir(home)).toEqual(['home.json']);
  });

  it('is not made where other things are', async () => {
    const folder = await tmpFolder();
    await writeFile(join(folder, 'holiday.jpg'), '');
    await expect(openHome(folder)).rejects.toMatchObject({ code: 'home/not-a-home' });
    await expect(openHome(join(folder, 'holiday.jpg'))).rejects.toMatchObject({ code: 'home/not-a-home' });
    expect(await readdir(folder)).toEqual(['holiday.jpg']);
  });

  it.each(['', '[]', '{"strongroomHome":"1"}', '{'])('is not one with the marker "%s"', async (marker) => {
    const folder = await tmpFolder();
    await writeFile(join(folder, 'home.json'), marker);
    await expect(openHome(folder)).rejects.toMatchObject({ code: 'home/not-a-home' });
  });

  it('of a newer version is left alone', async () => {
    const folder = await tmpFolder();
    await writeFile(join(folder, 'home.json'), '{"strongroomHome":2}');
    await expect(openHome(folder)).rejects.toMatchObject({ code: 'home/newer-version', facts: { version: 2 } });
  });

  it('is not made by those who only want to read', async () => {
    const folder = await tmpFolder();
    await expect(openHome(join(folder, 'none'), { create: false })).rejects.toMatchObject({ code: 'home/missing' });
    expect(await readdir(folder)).toEqual([]);
  });

  it('in a folder that may not be written is refused, in words', async () => {
    const folder = await tmpFolder();
    await mkdir(join(folder, 'home'));
    await chmod(folder, 0o755);
    await chmod(join(folder, 'home'), 0o555);
    const script = `import { openHome } from ${JSON.stringify(new URL('../../../dist/src/database/home.js', import.meta.url).href)};
      await openHome(${JSON.stringify(join(folder, 'home'))}).catch((e) => console.log(e.code, e.message));`;
    const asNobody = process.getuid?.() === 0 ? { uid: 65_534 } : {};
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { ...asNobody, encoding: 'utf8' });
    expect(stdout).toContain('home/not-writable');
    expect(stdout).toContain('may not be read or written by this user');
  });
});
