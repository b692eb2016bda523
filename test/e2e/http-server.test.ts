/** strongroom serve: starts, tells where, keeps to this machine, does what the clock asks, stops when it is told to. */
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { done, ownerOf, serve, type Serving, strongroom } from '../support/serve.ts';

const disk = fileURLToPath(new URL('../../examples/donated-disk/carrier', import.meta.url));
let home = '';
let server: Serving;

/** A package that no audit has read, and a budget at which the audit of its 1.5 MB takes most of an hour. */
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'strongroom-e2e-'));
  await done(home, 'ingest', disk);
  server = await serve({ STRONGROOM_AUDIT_BYTES_PER_SECOND: '512' }, home);
});
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

describe('strongroom serve', () => {
  it('tells where it answers, to people and in lock.json, which only its owner can read', async () => {
    expect(JSON.parse(server.said)).toEqual({ url: server.url, api: `${server.url}/api/docs`, home });
    expect(await ownerOf(home)).toMatchObject({
      pid: server.pid,
      url: server.url,
      token: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect((await stat(join(home, 'lock.json'))).mode & 0o777).toBe(0o600);
    expect((await server.get('health/live')).json).toMatchObject({ status: 'alive' });
  });

  it('listens on loopback alone unless it is told otherwise', async () => {
    const { hostname, port } = new URL(server.url);
    expect(hostname).toBe('127.0.0.1');
    const elsewhere = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
    const addresses = elsewhere.filter(({ internal, family }) => !internal && family === 'IPv4').map(({ address }) => address);
    expect(await Promise.all(addresses.map((address) => reaches(address, Number(port))))).toEqual(addresses.map(() => false));
  });

  it('does not answer to another name that leads to loopback, as a rebound DNS name does', async () => {
    const { port } = new URL(server.url);
    const [answer] = (
      await new Promise<string>((resolve, reject) => {
        const socket = connect(Number(port), '127.0.0.1', () => {
          socket.write('GET /api/v1/packages HTTP/1.1\r\nHost: archive.example\r\nConnection: close\r\n\r\n');
        });
        let said = '';
        socket.on('data', (data: Buffer) => (said += data.toString()));
        socket.once('end', () => resolve(said));
        socket.once('error', reject);
      })
    ).split('\r\n');
    expect(answer).toBe('HTTP/1.1 403 Forbidden');
  });

  it('begins by itself to check the copy that was never checked', async () => {
    const { json } = await server.get('jobs?kind=fixity.due');
    expect(json.items).toMatchObject([{ state: expect.stringMatching(/queued|active/) }]);
    expect((await server.get('fixity')).json).toMatchObject({ copies: 1, unchecked: 1, due: 1, bytesPerSecond: 512 });
  });

  it('says in words that a home, or a port, is taken', async () => {
    const again = await strongroom(home, 'serve', '--json');
    expect({ code: again.code, said: JSON.parse(again.stdout) }).toMatchObject({
      code: 1,
      said: { error: { code: 'home/in-use', message: expect.stringContaining(server.url) } },
    });
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    await expect(serve({ STRONGROOM_PORT: String(port) })).rejects.toThrow(/server\/not-listening.*port/);
    other.close();
  });

  it('stops within five seconds of SIGTERM in the middle of an audit to which somebody listens, and frees the home', async () => {
    const { json } = await server.get('jobs?kind=fixity.due');
    const [{ id }] = json.items as [{ id: string }];
    const events = await fetch(`${server.url}/api/v1/jobs/${id}/events`);
    const reader = events.body?.getReader();
    let heard = '';
    while (!heard.includes('event: progress')) heard += Buffer.from((await reader?.read())?.value ?? []).toString();
    const { code, signal, tookMs } = await server.stop();
    expect({ code, signal }).toEqual({ code: 0, signal: null });
    expect(tookMs).toBeLessThan(5000);
    await expect(stat(join(home, 'lock.json'))).rejects.toThrow(/ENOENT/);
    expect(JSON.parse((await strongroom(home, 'list', '--json')).stdout)).toMatchObject({ packages: [{ status: 'unchecked' }] });
  });
});

function reaches(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 2000 });
    const answered = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => answered(true));
    socket.once('error', () => answered(false)).once('timeout', () => answered(false));
  });
}
