/** Uploads by tus, with a client not of our making: sent, cut off, resumed, deposited, cleaned away; and what is refused. */
import { readdir, readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Upload } from 'tus-js-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serve, type Serving } from '../support/serve.ts';

const carrier = fileURLToPath(new URL('../../examples/donated-disk/carrier/', import.meta.url));
const IMAGE = 'marrowby-disk-07.img';
let server: Serving;

beforeAll(async () => {
  server = await serve({ STRONGROOM_UPLOAD_MAX_BYTES: '8 MiB' });
  await server.send('POST', 'accessions', { number: '2026-014' });
});
afterAll(() => server?.[Symbol.asyncDispose]());

/** Sends a file by tus and answers the id of the upload. `cutAfter`: aborts once so many bytes are there, then goes on anew. */
async function upload(name: string, bytes: Buffer, { cutAfter = Number.POSITIVE_INFINITY } = {}): Promise<string> {
  const chunkSize = Number.isFinite(cutAfter) ? 128 << 10 : Number.POSITIVE_INFINITY;
  const options = {
    endpoint: `${server.url}/api/v1/uploads`,
    metadata: { filename: name },
    chunkSize,
    retryDelays: null,
    storeFingerprintForResuming: false,
  };
  const begun = await new Promise<string>((resolve, reject) => {
    const first = new Upload(bytes, {
      ...options,
      onError: reject,
      onSuccess: () => resolve(first.url ?? ''),
      onChunkComplete: (_, sent) => {
        if (sent >= cutAfter) void first.abort().then(() => resolve(first.url ?? ''));
      },
    });
    first.start();
  });
  if (Number.isFinite(cutAfter)) {
    if ((await offsetOf(begun)) >= bytes.length) throw new Error('nothing was left to be resumed');
    await new Promise<void>((resolve, reject) => {
      new Upload(bytes, { ...options, uploadUrl: begun, onError: reject, onSuccess: () => resolve() }).start();
    });
  }
  expect(await offsetOf(begun)).toBe(bytes.length);
  return begun.split('/').at(-1) ?? '';
}

async function offsetOf(url: string): Promise<number> {
  const { headers } = await fetch(url, { method: 'HEAD', headers: { 'tus-resumable': '1.0.0' } });
  return Number(headers.get('upload-offset'));
}

/** A request of the protocol, by hand. */
function tus(method: string, path: string, headers: Record<string, string> = {}, body?: string) {
  const type = body === undefined ? {} : { 'content-type': 'application/offset+octet-stream' };
  return server.send(method, `uploads${path}`, body, { 'tus-resumable': '1.0.0', ...type, ...headers });
}

/** Announces a file and answers the id of the upload. */
async function announce(length: number, name: string): Promise<string> {
  const metadata = `filename ${Buffer.from(name).toString('base64')}`;
  const { status, headers } = await tus('POST', '', { 'upload-length': String(length), 'upload-metadata': metadata });
  expect(status).toBe(201);
  const location = headers.get('location') ?? '';
  expect(location).toMatch(/^\/api\/v1\/uploads\/[0-9a-f]{32}$/);
  return location.split('/').at(-1) ?? '';
}

describe('a carrier', () => {
  it('is uploaded in files, one of them cut off and resumed, becomes a package, and leaves no upload behind', async () => {
    const names = await readdir(carrier);
    const uploads: string[] = [];
    for (const name of names)
      uploads.push(await upload(name, await readFile(join(carrier, name)), name === IMAGE ? { cutAfter: 400_000 } : {}));
    const asked = await server.send('POST', 'deposits', { uploads, accession: '2026-014', title: 'Marrowby 7' });
    expect(asked).toMatchObject({ status: 202, json: { job: expect.any(String) } });

    const news = await server.watch(asked.json.job);
    expect(news.length).toBeGreaterThan(1);
    expect(news.slice(0, -1).every(({ type }) => type === 'progress')).toBe(true);
    const last = news.at(-1);
    expect(last).toMatchObject({
      type: 'done',
      data: { kind: 'deposit.ingest', state: 'done', attempts: 1, result: { title: 'Marrowby 7', files: names.length } },
    });
    expect((await server.get(`jobs/${asked.json.job}`)).json).toEqual(last?.data);

    const id = String(last?.data.result.id);
    expect((await server.get('packages')).json.items).toMatchObject([{ id, accession: '2026-014', image: IMAGE }]);
    const paths = (await server.get(`packages/${id}/files`)).json.items.map(({ path }: { path: string }) => path) as string[];
    expect(paths).toEqual(
      expect.arrayContaining([
        `data/image/${IMAGE}`,
        ...names.filter((name) => name !== IMAGE).map((name) => `data/submission/${name}`),
      ]),
    );
    expect(await readdir(join(server.home, 'uploads'))).toEqual([]);
    expect((await server.get('accessions/2026-014')).json).toMatchObject({ packages: 1 });
  });

  it('that the archive holds already is refused with the reason, and its uploads can be deposited again', async () => {
    const id = await upload('copy.img', await readFile(join(carrier, IMAGE)));
    const asked = await server.send('POST', 'deposits', { uploads: [id] });
    const refused = (await server.watch(asked.json.job)).at(-1);
    expect(refused).toMatchObject({
      type: 'failed',
      data: { error: { code: expect.stringMatching(/\//), message: expect.stringContaining('Marrowby 7') } },
    });
    expect((await readdir(join(server.home, 'uploads'))).toSorted()).toEqual([id, `${id}.json`]);
    const again = await server.send('POST', 'deposits', { uploads: [id], again: true });
    expect((await server.watch(again.json.job)).at(-1)).toMatchObject({ type: 'done' });
    expect(await readdir(join(server.home, 'uploads'))).toEqual([]);
  });
});

describe('an upload', () => {
  it('keeps what had arrived when the connection broke in the middle of a piece', async () => {
    const bytes = Buffer.alloc(3 << 20, 'tide');
    const id = await announce(bytes.length, 'broken.img');
    const url = `${server.url}/api/v1/uploads/${id}`;
    await new Promise<void>((resolve) => {
      const headers = {
        'tus-resumable': '1.0.0',
        'upload-offset': '0',
        'content-type': 'application/offset+octet-stream',
        'content-length': bytes.length,
      };
      const piece = request(url, { method: 'PATCH', headers });
      piece.once('error', () => resolve());
      piece.write(bytes.subarray(0, 2 << 20), () => piece.destroy(new Error('the line broke')));
    });
    const arrived = await offsetOf(url);
    expect(arrived).toBeLessThan(bytes.length);
    const rest = await fetch(url, {
      method: 'PATCH',
      headers: { 'tus-resumable': '1.0.0', 'upload-offset': String(arrived), 'content-type': 'application/offset+octet-stream' },
      body: bytes.subarray(arrived),
    });
    expect(rest.status).toBe(204);
    expect(bytes.equals(await readFile(join(server.home, 'uploads', id)))).toBe(true);
    expect((await tus('DELETE', `/${id}`)).status).toBe(204);
    expect(await tus('DELETE', `/${id}`)).toMatchObject({ status: 404 });
  });

  it('can be empty', async () => {
    const id = await announce(0, 'empty.txt');
    const image = await upload('x.img', Buffer.alloc(512, 3));
    const { json } = await server.send('POST', 'deposits', { uploads: [id, image] });
    expect((await server.watch(json.job)).at(-1)).toMatchObject({ type: 'done', data: { result: { files: 2 } } });
  });

  it('is refused by tus with a problem', async () => {
    const id = await announce(4, 'four.img');
    const refusals = [
      [await server.send('POST', 'uploads'), 412],
      [await tus('POST', ''), 400],
      [await tus('POST', '', { 'upload-length': String(9 << 20) }), 413],
      [await tus('POST', '', { 'upload-length': '-1' }), 400],
      [await tus('PATCH', `/${id}`, { 'upload-offset': '2' }, 'xx'), 409],
      [await tus('PATCH', '/0123456789abcdef0123456789abcdef', { 'upload-offset': '0' }, 'xx'), 404],
      [await tus('PATCH', '/..%2f..%2fhome', { 'upload-offset': '0' }, 'xx'), 404],
      [await server.get(`uploads/${id}`), 405],
      [await server.get('uploads'), 405],
    ] as const;
    expect(refusals.map(([{ status }]) => status)).toEqual(refusals.map(([, status]) => status));
    for (const [answer, status] of refusals) {
      expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
      expect(answer.json).toMatchObject({ status, code: expect.stringMatching(/^http\//), detail: expect.stringMatching(/\S/) });
    }
    const head = await fetch(`${server.url}/api/v1/uploads/${'0'.repeat(32)}`, {
      method: 'HEAD',
      headers: { 'tus-resumable': '1.0.0' },
    });
    expect(head.status).toBe(404);
  });

  it('is nothing that another web site can see or make', async () => {
    const { headers } = await server.send('OPTIONS', 'uploads', undefined, {
      origin: 'https://elsewhere.example',
      'access-control-request-method': 'POST',
    });
    expect(headers.get('access-control-allow-origin')).toBeNull();
    expect(headers.get('tus-version')).toBe('1.0.0');
  });
});

describe('a deposit', () => {
  it('is refused while its uploads are unknown, unfinished, or badly named; and leaves nothing behind', async () => {
    const good = await announce(0, 'good.img');
    const same = await announce(0, 'good.img');
    const below = await announce(0, 'good.img/inside.txt');
    const unfinished = await announce(10, 'later.img');
    const traversing = await announce(0, '../../../home.json');
    const absolute = await announce(0, '/etc/passwd');
    const before = await readdir(join(server.home, 'uploads'));
    const unknown = '0'.repeat(32);
    const cases = [
      [{ uploads: [good, unknown] }, 404, 'upload/unknown'],
      [{ uploads: [good, unfinished] }, 409, 'upload/unfinished'],
      [{ uploads: [good, traversing] }, 409, 'upload/bad-name'],
      [{ uploads: [good, absolute] }, 409, 'upload/bad-name'],
      [{ uploads: [good, same] }, 409, 'upload/same-name'],
      [{ uploads: [good, good] }, 409, 'upload/same-name'],
      [{ uploads: [good, below] }, 409, 'upload/same-name'],
      [{ uploads: [good], accession: 'none' }, 404, 'accession/unknown'],
      [{ uploads: ['../../home'] }, 422, 'http/wrong-fields'],
      [{ uploads: [] }, 422, 'http/wrong-fields'],
      [{ uploads: [good], path: '/etc/passwd' }, 422, 'http/wrong-fields'],
    ] as const;
    for (const [body, status, code] of cases) {
      expect(await server.send('POST', 'deposits', body)).toMatchObject({ status, json: { code } });
    }
    expect(await readdir(join(server.home, 'uploads'))).toEqual(before);
  });

  it('keeps the folders that the uploads name', async () => {
    const image = await upload('y.img', Buffer.alloc(512, 4));
    const metadata = `filename ${btoa('label.jpg')},relativePath ${btoa('photos/label.jpg')}`;
    const { headers } = await tus('POST', '', { 'upload-length': '0', 'upload-metadata': metadata });
    const paper = headers.get('location')?.split('/').at(-1);
    const { json } = await server.send('POST', 'deposits', { uploads: [image, paper] });
    const done = (await server.watch(json.job)).at(-1);
    expect(done?.type).toBe('done');
    const files = (await server.get(`packages/${done?.data.result.id}/files`)).json.items.map(
      ({ path }: { path: string }) => path,
    );
    expect(files).toContain('data/submission/photos/label.jpg');
  });
});
