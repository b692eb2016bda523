/** `npm run demo` takes the example disk all the way, can be run again, and fails when an answer is not the promised one. */
import { spawnSync } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { tmpFolder } from '../support/tmp.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const MINUTES = 60_000;

function demo(folder: string, path = process.env['PATH'] ?? ''): { status: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, PATH: path };
  return spawnSync(process.execPath, [join(root, 'bin/demo.js'), folder], { cwd: '/', env, encoding: 'utf8' });
}

describe('the demo', () => {
  it('ends well, in plain text, and tells where things lie', { timeout: 5 * MINUTES }, async () => {
    const folder = join(await tmpFolder(), 'demo');
    const { status, stdout, stderr } = demo(folder);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('Everything was as promised.');
    expect(stdout).not.toContain('\u001b');
    const lying = /^ {3}the package {6}(\S+)/m.exec(stdout)?.[1] ?? '';
    expect(await readFile(join(lying, 'bagit.txt'), 'utf8')).toContain('BagIt-Version: 1.0');

    // The same again, with a sha256sum that says nothing: silence is not taken for a yes.
    if (!stdout.includes('sha256sum')) return;
    const liars = await tmpFolder();
    await writeFile(join(liars, 'sha256sum'), '#!/bin/sh\n');
    await chmod(join(liars, 'sha256sum'), 0o755);
    const doubted = demo(folder, `${liars}${delimiter}${process.env['PATH'] ?? ''}`);
    expect(doubted.status).toBe(1);
    expect(doubted.stderr).toContain('not so: coreutils finds all 6 files of tagmanifest-sha256.txt right');
  });

  it('touches no folder that is not its own', async () => {
    const folder = join(await tmpFolder(), 'mine');
    await mkdir(folder);
    await writeFile(join(folder, 'letter.txt'), 'dear');
    const { status, stderr } = demo(folder);
    expect(status).toBe(1);
    expect(stderr).toContain('holds other things');
    expect(await readFile(join(folder, 'letter.txt'), 'utf8')).toBe('dear');
  });
});
