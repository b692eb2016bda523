/** `npm run demo` takes the example disk all the way, can be run again, and fails when an answer is not the promised one. */
import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { tmpFolder } from '../support/tmp.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const MINUTES = 60_000;

function demo(folder: string, at = root): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [join(at, 'bin/demo.js'), folder], { cwd: '/', encoding: 'utf8' });
}

describe('the demo', () => {
  it('ends well, in plain text, and tells where things lie', { timeout: 5 * MINUTES }, async () => {
    const { status, stdout, stderr } = demo(join(await tmpFolder(), 'demo'));
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain('Everything was as promised.');
    expect(stdout).not.toContain('\u001b');
    const lying = /^ {3}the package {6}(\S+)/m.exec(stdout)?.[1] ?? '';
    expect(await readFile(join(lying, 'bagit.txt'), 'utf8')).toContain('BagIt-Version: 1.0');
  });

  it('takes no exit code for an answer, and can be run again', async () => {
    const liar = await tmpFolder();
    await mkdir(join(liar, 'bin'));
    await writeFile(join(liar, 'package.json'), '{"type":"module"}');
    await copyFile(join(root, 'bin/demo.js'), join(liar, 'bin/demo.js'));
    await writeFile(join(liar, 'bin/strongroom.js'), "process.stdout.write('2024-017, all is well\\n');\n");
    for (let run = 1; run <= 2; run += 1) {
      const { status, stdout, stderr } = demo(join(liar, 'demo'), liar);
      expect(status).toBe(1);
      expect(stdout).toContain('ok: the accession is recorded');
      expect(stderr).toContain('not so: the disk is in the archive, under an id of its own');
    }
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
