/** Abandoned uploads: the real server over HTTP, with a clock that the test winds on. */
import { readdir, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { expect, it, onTestFinished } from 'vitest';
import { AppModule } from '#built/src/app.module';
import { CLOCK } from '#built/src/common/clock.module';
import { configureHttp } from '#built/src/common/http';
import { readSettings } from '#built/src/config/settings';
import { openHome } from '#built/src/database/home';
import { UploadExpiry } from '#built/src/deposits/upload-expiry.service';
import { httpAdapter } from '#built/src/server';
import { HandClock } from '../../support/clock.ts';
import { tmpFolder } from '../../support/tmp.ts';

const DAY_MS = 86_400_000;

interface Serving {
  readonly app: NestFastifyApplication;
  readonly clock: HandClock;
  readonly uploads: string;
  readonly send: (method: string, id: string, headers?: Record<string, string>, body?: string) => Promise<Response>;
  /** Announces so many bytes, and sends some. Answers the id. */
  readonly upload: (size: number, sent: string) => Promise<string>;
  readonly deposit: (...uploads: string[]) => Promise<Response>;
}

async function serving(home: string, clock: HandClock): Promise<Serving> {
  await openHome(home);
  const settings = readSettings({}, { home });
  const module = await Test.createTestingModule({
    imports: [AppModule.of({ settings, access: 'write', person: 'tester', roles: ['api', 'scheduler'] })],
  })
    .overrideProvider(CLOCK)
    .useValue(clock)
    .compile();
  const app = module.createNestApplication<NestFastifyApplication>(httpAdapter(settings), { logger: false, bodyParser: false });
  configureHttp(app);
  await app.listen(0, '127.0.0.1');
  let isOpen = true;
  const close = async (): Promise<void> => {
    if (isOpen) await app.close();
    isOpen = false;
  };
  onTestFinished(close);
  const api = `${await app.getUrl()}/api/v1`;
  const send: Serving['send'] = (method, id, headers = {}, body) =>
    fetch(`${api}/uploads${id === '' ? '' : `/${id}`}`, {
      method,
      headers: { 'tus-resumable': '1.0.0', 'content-type': 'application/offset+octet-stream', ...headers },
      ...(body === undefined ? {} : { body }),
    });
  return {
    app,
    clock,
    uploads: join(home, 'uploads'),
    send,
    async upload(size, sent) {
      const metadata = `filename ${Buffer.from('disk.img').toString('base64')}`;
      const { headers } = await send('POST', '', { 'upload-length': String(size), 'upload-metadata': metadata });
      const id = (headers.get('location') ?? '').split('/').at(-1) ?? '';
      expect((await send('PATCH', id, { 'upload-offset': '0' }, sent)).status).toBe(204);
      return id;
    },
    deposit: (...uploads) =>
      fetch(`${api}/deposits`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ uploads }),
      }),
  };
}

const now = (): HandClock => new HandClock(new Date().toISOString());

it('an upload that nobody goes on with is there for seven days, and then gone with its bytes', async () => {
  const { app, clock, uploads, send, upload } = await serving(join(await tmpFolder(), 'home'), now());
  const id = await upload(100, 'half of it');
  clock.forward(6.9 * DAY_MS);
  await app.get(UploadExpiry).removeAbandoned();
  expect((await send('HEAD', id)).headers.get('upload-offset')).toBe('10');
  clock.forward(0.2 * DAY_MS);
  await app.get(UploadExpiry).removeAbandoned();
  expect((await send('HEAD', id)).status).toBe(404);
  expect(await readdir(uploads)).toEqual([]);
});

it('it counts from the last byte, and the client is told until when', async () => {
  const { app, clock, uploads, send, upload } = await serving(join(await tmpFolder(), 'home'), now());
  const id = await upload(30, 'half of it');
  // As if these ten had come six days ago, and been announced even before.
  const sixDaysAgo = new Date(Date.now() - 6 * DAY_MS);
  await utimes(join(uploads, id), sixDaysAgo, sixDaysAgo);
  await utimes(join(uploads, `${id}.json`), new Date(0), new Date(0));
  expect((await send('PATCH', id, { 'upload-offset': '10' }, 'and so ')).status).toBe(204);
  const { headers } = await send('PATCH', id, { 'upload-offset': '17' }, 'on.');
  const expires = Date.parse(headers.get('upload-expires') ?? '');
  expect(expires).toBeGreaterThan(Date.now() + 6.9 * DAY_MS);
  clock.forward(6 * DAY_MS);
  await app.get(UploadExpiry).removeAbandoned();
  expect((await send('HEAD', id)).headers.get('upload-offset')).toBe('20');
});

it('a client that comes back too late is refused, though the server has not looked since', async () => {
  const { uploads, send, upload } = await serving(join(await tmpFolder(), 'home'), now());
  const id = await upload(30, 'half of it');
  const eightDaysAgo = new Date(Date.now() - 8 * DAY_MS);
  await utimes(join(uploads, id), eightDaysAgo, eightDaysAgo);
  expect((await send('PATCH', id, { 'upload-offset': '10' }, 'and so on.')).status).toBe(410);
});

it('one that is whole but was never deposited goes too; one that a deposit waits for stays', async () => {
  const { app, clock, uploads, upload, deposit } = await serving(join(await tmpFolder(), 'home'), now());
  const [idle, waiting] = [await upload(4, 'idle'), await upload(4, 'wait')];
  expect((await deposit(waiting)).status).toBe(202);
  clock.forward(30 * DAY_MS);
  await app.get(UploadExpiry).removeAbandoned();
  expect((await readdir(uploads)).toSorted()).toEqual([waiting, `${waiting}.json`]);
  expect(idle).not.toBe(waiting);
});

it('a server that starts removes what expired while none ran, also what a kill left of an upload', async () => {
  const home = join(await tmpFolder(), 'home');
  const clock = now();
  const first = await serving(home, clock);
  const old = await first.upload(100, 'half of it');
  const older = await first.upload(100, 'half of it');
  const young = await first.upload(100, 'another half');
  await first.app.close();
  await rm(join(first.uploads, `${old}.json`));
  await rm(join(first.uploads, older));
  const names = (await readdir(first.uploads)).filter((name) => !name.startsWith(young));
  for (const name of names) await utimes(join(first.uploads, name), new Date(0), new Date(0));
  const second = await serving(home, clock);
  await second.app.get(UploadExpiry).removeAbandoned();
  expect((await readdir(first.uploads)).toSorted()).toEqual([young, `${young}.json`]);
});
