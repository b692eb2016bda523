/** readDeposit(): what it says no to, and in which words. */
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Deposit, readDeposit } from '#ingest/acquisition';
import { has, run } from '../media/tools.ts';

let base: string;
let root: string;
let count = 0;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'deposit-'));
});
beforeEach(async () => {
  root = join(base, String(count++));
  await mkdir(root);
});
afterAll(() => rm(base, { recursive: true }));

/** Writes files into the root: text, bytes, or so many bytes that are no format's. */
async function lay(files: Readonly<Record<string, string | Buffer | number>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), typeof content === 'number' ? Buffer.alloc(content, 0x81) : content);
  }
}
const at = (name: string): Promise<Deposit> => readDeposit(join(root, name));
describe('what cannot be kept', () => {
  it.each([
    ['acquisition/not-found', 'nowhere.img', () => Promise.resolve()],
    ['acquisition/not-found', 'file/inside', () => lay({ file: 'x' })],
    ['acquisition/not-found', 'a\0b', () => Promise.resolve()],
    ['acquisition/dangling-link', 'link', () => symlink('gone', join(root, 'link'))],
    ['acquisition/link-loop', 'loop', () => symlink('loop', join(root, 'loop'))],
    ['acquisition/is-pipe', 'fifo', async () => void run('mkfifo', [join(root, 'fifo')])],
    ['acquisition/is-device', '../../../../../../../../dev/null', () => Promise.resolve()],
    ['acquisition/empty-folder', '', () => Promise.resolve()],
    ['acquisition/empty-folder', 'a', async () => void (await mkdir(join(root, 'a/b'), { recursive: true }))],
    ['acquisition/empty-file', 'zero.img', () => lay({ 'zero.img': '' })],
  ])('is refused with %s: %j', async (code, path, prepare) => {
    await prepare();
    await expect(readDeposit(`${root}/${path}`)).rejects.toMatchObject({ name: 'Fault', code });
  });

  it('is no socket', async () => {
    const server = createServer();
    await new Promise<void>((done) => server.listen(join(root, 's'), done));
    await expect(at('s')).rejects.toMatchObject({ code: 'acquisition/is-socket' });
    await lay({ 'a.img': 9000 });
    await expect(readDeposit(root)).rejects.toMatchObject({ code: 'acquisition/special-files', facts: { files: ['s'] } });
    await new Promise((done) => server.close(done));
  });

  it('is an empty path', async () => {
    await expect(readDeposit('')).rejects.toMatchObject({ code: 'acquisition/not-found' });
  });

  it('names the links inside a folder', async () => {
    await lay({ 'a.img': 9000, 'sub/x.txt': 'x' });
    await symlink('/etc/passwd', join(root, 'sub/passwd'));
    await symlink(root, join(root, 'round'));
    await expect(readDeposit(root)).rejects.toMatchObject({
      code: 'acquisition/links-inside',
      facts: { files: ['round', 'sub/passwd'], count: 2 },
    });
  });

  it('refuses a piece that is a link', async () => {
    await lay({ 'd.001': 10 });
    await symlink('/etc/passwd', join(root, 'd.002'));
    await expect(at('d.001')).rejects.toMatchObject({ code: 'acquisition/links-inside' });
  });

  it('shows names that are no UTF-8', async () => {
    await lay({ 'a.img': 9000 });
    await writeFile(Buffer.concat([Buffer.from(`${root}/M`), Buffer.of(0xfc), Buffer.from('ller\n.txt')]), 'x');
    await expect(readDeposit(root)).rejects.toMatchObject({
      code: 'acquisition/name-not-utf8',
      facts: { files: ['M\\xfcller\\x0a.txt'] },
    });
    expect((await at('a.img')).image.name).toBe('a.img');
  });

  it.runIf(process.getuid?.() === 0 && has('setpriv'))('says who may not read what', async () => {
    await lay({ 'a.img': 9000, 'secret.log': 'l' });
    for (const path of [base, root]) await chmod(path, 0o755);
    await chmod(join(root, 'secret.log'), 0o600);
    const script = `import('${new URL('../../../dist/ingest/acquisition/index.js', import.meta.url).href}').then(({ readDeposit }) => readDeposit(process.argv[1])).then(() => 'taken', (fault) => JSON.stringify(fault)).then((answer) => process.stdout.write(answer))`;
    const asNobody = (path: string): string =>
      run('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath, '-e', script, path]);
    expect(JSON.parse(asNobody(root))).toMatchObject({ code: 'acquisition/no-permission', facts: { files: ['secret.log'] } });
    expect(asNobody(join(root, 'a.img'))).toBe('taken');
    await chmod(join(root, 'a.img'), 0o600);
    expect(JSON.parse(asNobody(join(root, 'a.img')))).toMatchObject({
      code: 'acquisition/no-permission',
      facts: { files: ['a.img'] },
    });
    await chmod(root, 0o700);
    expect(JSON.parse(asNobody(root))).toMatchObject({ code: 'acquisition/no-permission' });
  });
});
