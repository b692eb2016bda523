/** What every HTTP answer has in common: problems in words, fields named, ETags, pages. */
import { Body, Controller, Get, NotFoundException, Param, Post, Query, Res, StreamableFile } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Id } from '#built/src/common/ids';
import { cut, PageQuery } from '#built/src/common/paging';
import { Fault, type FaultKind } from '#built/ingest/kernel/index';
import { startApp } from '../../support/app.ts';

const Disk = z.strictObject({ title: z.string().min(1), 'a/b~c': z.array(z.number()).optional() });

@Controller('disks')
class Disks {
  @Post() create(@Body({ schema: Disk }) disk: z.infer<typeof Disk>): unknown {
    return disk;
  }
  @Get() list(@Query({ schema: PageQuery }) page: PageQuery): unknown {
    return cut(
      Array.from({ length: page.limit + 1 }, (_, n) => n),
      page.limit,
      (n) => [n],
    );
  }
  @Get('fault/:kind') fault(@Param('kind') kind: FaultKind): never {
    throw new Fault(kind, 'disk/odd', 'the disk is odd', { sector: 7 });
  }
  @Get('bug') bug(): never {
    throw new TypeError('secret path /etc/shadow');
  }
  @Get('zod') zod(): unknown {
    return Disk.parse({ title: 7 });
  }
  @Get('gone') gone(): never {
    throw new NotFoundException('no such disk');
  }
  @Get('bytes') bytes(): StreamableFile {
    return new StreamableFile(Buffer.from('abc'));
  }
  @Get('late') late(@Res() reply: FastifyReply): void {
    reply.raw.write('half');
    throw new Error('late');
  }
  @Get('id/:id') one(@Param('id', { schema: Id }) id: string): unknown {
    return { id };
  }
}

async function get(url: string, headers: Record<string, string> = {}) {
  const app = await startApp({ controllers: [Disks] });
  return app.inject({ url: `/api/v1/disks${url}`, headers });
}

async function post(payload: unknown, headers: Record<string, string> = {}) {
  const app = await startApp({ controllers: [Disks] });
  return app.inject({ method: 'POST', url: '/api/v1/disks', payload: payload as object, headers });
}

describe('a problem', () => {
  it.each([
    ['corrupt', 422],
    ['truncated', 422],
    ['unsupported', 415],
    ['missing', 404],
    ['unreadable', 503],
    ['refused', 409],
  ])('of kind %s is a %i with code and facts', async (kind, status) => {
    const answer = await get(`/fault/${kind}`);
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(answer.headers['retry-after']).toBe(kind === 'unreadable' ? '10' : undefined);
    expect(answer.json()).toMatchObject({ status, code: 'disk/odd', detail: 'the disk is odd', facts: { sector: 7 } });
  });

  it('of ours tells outsiders nothing but where it is logged', async () => {
    const answer = await get('/bug');
    expect(answer.statusCode).toBe(500);
    expect(answer.body).not.toContain('shadow');
    expect(answer.json()).toMatchObject({ code: 'http/unexpected', instance: expect.stringMatching(/^urn:strongroom:request:/) });
  });

  it('of Nest and of Fastify has the same form', async () => {
    expect((await get('/gone')).json()).toMatchObject({ status: 404, code: 'http/not-found', detail: 'no such disk' });
    expect((await get('/no/such/page')).json()).toMatchObject({ status: 404, code: 'http/not-found' });
    const malformed = await post('{"title":', { 'content-type': 'application/json' });
    expect(malformed.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(malformed.json()).toMatchObject({ status: 400, code: 'http/bad-request' });
    expect((await post('<a/>', { 'content-type': 'text/xml' })).json()).toMatchObject({ status: 415 });
  });

  it('after the first byte breaks the connection, so that half an answer never looks whole', async () => {
    const app = await startApp({ controllers: [Disks] });
    await app.listen(0, '127.0.0.1');
    await expect(fetch(`${await app.getUrl()}/api/v1/disks/late`).then((answer) => answer.text())).rejects.toThrow(
      /terminated|fetch failed/,
    );
  });

  it('names every wrong field of a body by pointer', async () => {
    const answer = await post({ title: '', 'a/b~c': [1, 'x'], more: 1 });
    expect(answer.statusCode).toBe(422);
    expect(answer.json().errors).toEqual([
      { detail: expect.any(String), pointer: '#/title' },
      { detail: expect.any(String), pointer: '#/a~1b~0c/1' },
      { detail: expect.stringContaining('more'), pointer: '#' },
    ]);
  });

  it('names the wrong fields of what a service refuses', async () => {
    expect((await get('/zod')).json()).toMatchObject({
      status: 422,
      code: 'http/wrong-fields',
      errors: [{ pointer: '#/title' }],
    });
  });

  it('names every wrong parameter of the address', async () => {
    expect((await get('?limit=201')).json()).toMatchObject({ status: 400, errors: [{ parameter: 'limit' }] });
    expect((await get('/id/x')).json()).toMatchObject({ status: 400, errors: [{ parameter: 'id' }] });
  });
});

describe('an ETag', () => {
  it('is on every JSON answer and spares the second', async () => {
    const first = await get('?limit=2');
    expect(first.json()).toEqual({ items: [0, 1], next: expect.any(String) });
    const etag = String(first.headers.etag);
    expect(etag).toMatch(/^"[\w-]{43}"$/);
    const second = await get('?limit=2', { 'if-none-match': `"x", W/${etag}` });
    expect([second.statusCode, second.body]).toEqual([304, '']);
    expect(second.headers.etag).toBe(etag);
    expect((await get('?limit=3', { 'if-none-match': etag })).statusCode).toBe(200);
  });

  it('is not on bytes', async () => {
    const answer = await get('/bytes');
    expect([answer.body, answer.headers.etag]).toEqual(['abc', undefined]);
  });
});
