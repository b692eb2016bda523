/** One process for each home: proven with real processes, and with kill -9. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { acquireHomeLock, homeOwner } from '#built/src/database/home-lock';
import { tmpFolder } from '../../support/tmp.ts';

async function holder(home: string): Promise<ChildProcess> {
  const script = `import { acquireHomeLock } from ${JSON.stringify(new URL('../../../dist/src/database/home-lock.js', import.meta.url).href)};
    await acquireHomeLock(${JSON.stringify(home)}, { command: 'strongroom serve', url: 'http://127.0.0.1:1', token: 't' });
    console.log('held'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}

describe('the lock of a home', () => {
  it('keeps a second process out, says who has it, and is free after kill -9', async () => {
    const home = await tmpFolder();
    const child = await holder(home);
    const attempt = acquireHomeLock(home, { command: 'strongroom ingest' });
    await expect(attempt).rejects.toMatchObject({ code: 'home/in-use', facts: { pid: child.pid, command: 'strongroom serve' } });
    await expect(attempt).rejects.toThrow(
      /by process \d+ \("strongroom serve"\) since 20.*it answers at http:\/\/127\.0\.0\.1:1/,
    );
    expect(await homeOwner(home)).toMatchObject({ pid: child.pid, url: 'http://127.0.0.1:1', token: 't' });

    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await homeOwner(home)).toBeUndefined();
    const lock = await acquireHomeLock(home, { command: 'strongroom ingest' });
    expect(await homeOwner(home)).toMatchObject({ pid: process.pid, command: 'strongroom ingest' });
    await lock.release();
    await lock.release();
    expect(await homeOwner(home)).toBeUndefined();
  });

  it('keeps a second holder in the same process out too', async () => {
    const home = await tmpFolder();
    const lock = await acquireHomeLock(home, { command: 'a' });
    await expect(acquireHomeLock(home, { command: 'b' })).rejects.toMatchObject({ code: 'home/in-use' });
    await lock.release();
    await (await acquireHomeLock(home, { command: 'c' })).release();
  });

  it('shows its key to its owner alone', async () => {
    const home = await tmpFolder();
    const lock = await acquireHomeLock(home, { command: 'a' });
    await lock.tell({ command: 'a', url: 'http://127.0.0.1:2', token: 'secret' });
    expect((await stat(join(home, 'lock.json'))).mode & 0o777).toBe(0o600);
    expect(await readFile(join(home, 'lock.json'), 'utf8')).toContain('secret');
    await lock.release();
  });
});
