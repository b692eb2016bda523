/** Accessions over HTTP: recorded, changed, listed; every refusal a problem that says what is wrong; nothing lost in a crowd. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, serve, type Serving } from '../support/serve.ts';

let server: Serving;
beforeAll(async () => {
  server = await serve();
});
afterAll(() => server?.[Symbol.asyncDispose]());

function expectProblem(answer: Answer, status: number, code: string): void {
  expect(answer).toMatchObject({
    status,
    json: {
      type: `urn:strongroom:problem:${code}`,
      status,
      code,
      title: expect.stringMatching(/\S/),
      detail: expect.stringMatching(/\S/),
    },
  });
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
}

describe('an accession', () => {
  it('is recorded, found again with an ETag, and changed field by field', async () => {
    const asked = { number: '2026-014', donor: 'Ada Marrowby', received: '2026-11-20' };
    const added = await server.send('POST', 'accessions', asked);
    expect(added).toMatchObject({ status: 201, json: { ...asked, title: asked.number, notes: null, packages: 0 } });
    const got = await server.get(`accessions/${asked.number}`);
    expect(got).toMatchObject({ status: 200, json: added.json });
    const etag = got.headers.get('etag') ?? '';
    expect(await server.get(`accessions/${asked.number}`, { 'if-none-match': etag })).toMatchObject({ status: 304, text: '' });
    const changed = await server.send('PATCH', `accessions/${asked.number}`, { title: 'Disks', donor: null });
    expect(changed).toMatchObject({ status: 200, json: { title: 'Disks', donor: null, received: '2026-11-20' } });
    expect(await server.get(`accessions/${asked.number}`, { 'if-none-match': etag })).toMatchObject({
      status: 200,
      json: changed.json,
    });
  });

  it('may have a number in any script, a hundred characters long', async () => {
    const number = '馆'.repeat(100);
    expect((await server.send('POST', 'accessions', { number })).status).toBe(201);
    expect(await server.get(`accessions/${encodeURIComponent(number)}`)).toMatchObject({ status: 200, json: { number } });
  });

  it.each([
    [{}, ['#/number']],
    [{ number: 7 }, ['#/number']],
    [{ number: 'a/b' }, ['#/number']],
    [{ number: ' a' }, ['#/number']],
    [{ number: 'x', title: '', received: '2026-02-30' }, ['#/title', '#/received']],
    [{ number: 'x', colour: 'red' }, ['#']],
    [[], ['#']],
    ['null', ['#']],
  ])('is refused as %j, and the field is named', async (body, pointers) => {
    const answer = await server.send('POST', 'accessions', body);
    expectProblem(answer, 422, 'http/wrong-fields');
    expect(answer.json.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(pointers);
  });

  it('is refused as broken JSON, as a form, as text, and as too much', async () => {
    expectProblem(await server.send('POST', 'accessions', '{"number":'), 400, 'http/bad-request');
    expectProblem(await server.send('POST', 'accessions', '{"__proto__":{"number":"x"}}'), 400, 'http/bad-request');
    for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data; boundary=x']) {
      const answer = await server.send('POST', 'accessions', 'number=x', { 'content-type': type });
      expectProblem(answer, 415, 'http/unsupported-media-type');
    }
    const large = JSON.stringify({ number: 'x', notes: 'x'.repeat(1 << 20) });
    expectProblem(await server.send('POST', 'accessions', large), 413, 'http/payload-too-large');
    expectProblem(await server.get('accessions/x'), 404, 'accession/unknown');
  });

  it('is one: a second of the same number is refused, an unknown one not found', async () => {
    expect((await server.send('POST', 'accessions', { number: 'once' })).status).toBe(201);
    expectProblem(await server.send('POST', 'accessions', { number: 'once' }), 409, 'accession/exists');
    expectProblem(await server.get('accessions/never'), 404, 'accession/unknown');
    expectProblem(await server.send('PATCH', 'accessions/never', { title: 'x' }), 404, 'accession/unknown');
  });
});

describe('the list of accessions', () => {
  it('comes in pages that together are the list, in order', async () => {
    for (const number of ['p3', 'p1', 'p2']) await server.send('POST', 'accessions', { number });
    const numbers: string[] = [];
    for (let after: string | undefined; ; ) {
      const page = await server.get(`accessions?limit=2${after === undefined ? '' : `&after=${after}`}`);
      expect(page.json.items.length).toBeLessThanOrEqual(2);
      numbers.push(...page.json.items.map(({ number }: { number: string }) => number));
      after = page.json.next;
      if (after === undefined) break;
    }
    const whole = await server.get('accessions?limit=200');
    expect(numbers).toEqual(whole.json.items.map(({ number }: { number: string }) => number));
    expect(numbers).toEqual(expect.arrayContaining(['p1', 'p2', 'p3']));
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  it.each(['limit=0', 'limit=201', 'limit=many'])('refuses %s', async (query) => {
    expectProblem(await server.get(`accessions?${query}`), 400, 'http/wrong-fields');
  });

  it('refuses a cursor that is not its own', async () => {
    expectProblem(await server.get('accessions?after=zzz'), 400, 'paging/wrong-cursor');
  });
});

describe('changes at the same time', () => {
  it('of different fields are all kept', async () => {
    await server.send('POST', 'accessions', { number: 'shared' });
    const changes = { title: 'T', donor: 'D', received: '2026-11-20', restrictions: 'R', notes: 'N' };
    const patch = ([key, value]: [string, string]) => server.send('PATCH', 'accessions/shared', { [key]: value });
    await Promise.all(Object.entries(changes).map(patch));
    expect((await server.get('accessions/shared')).json).toMatchObject(changes);
  });
});

describe('forty requests at a time', () => {
  it('lose nothing: what is answered 201 is there, once, and what is refused is not', async () => {
    const wishes = Array.from({ length: 40 }, (_, n) => ({ n, kind: ['new', 'same', 'wrong', 'read'][n % 4] ?? '' }));
    const answers = await Promise.all(
      wishes.map(async ({ n, kind }) => {
        if (kind === 'new') return server.send('POST', 'accessions', { number: `crowd-${n}`, notes: `note ${n}` });
        if (kind === 'same') return server.send('POST', 'accessions', { number: 'crowd-same', notes: `note ${n}` });
        if (kind === 'wrong') return server.send('POST', 'accessions', { number: `crowd-${n}`, received: 'soon' });
        return server.get('accessions?limit=200');
      }),
    );
    const statusOf = (which: string): number[] => answers.filter((_, n) => wishes[n]?.kind === which).map(({ status }) => status);
    expect(statusOf('new')).toEqual(Array.from({ length: 10 }, () => 201));
    expect(statusOf('wrong')).toEqual(Array.from({ length: 10 }, () => 422));
    expect(statusOf('read')).toEqual(Array.from({ length: 10 }, () => 200));
    expect(statusOf('same').toSorted((a, b) => a - b)).toEqual([201, ...Array.from({ length: 9 }, () => 409)]);

    const { json } = await server.get('accessions?limit=200');
    const crowd = (json.items as { number: string; notes: string }[]).filter(({ number }) => number.startsWith('crowd-'));
    const expected = wishes.filter(({ kind }) => kind === 'new').map(({ n }) => `crowd-${n}`);
    expect(crowd.map(({ number }) => number).toSorted()).toEqual([...expected, 'crowd-same'].toSorted());
    for (const { number, notes } of crowd.filter((each) => each.number !== 'crowd-same'))
      expect(notes).toBe(`note ${number.slice(6)}`);
    const winner = answers.find((answer, n) => wishes[n]?.kind === 'same' && answer.status === 201);
    expect(crowd.find(({ number }) => number === 'crowd-same')?.notes).toBe(winner?.json.notes);
    expect((await server.get('health/checkup')).json.checks).toContainEqual(
      expect.objectContaining({ name: 'journal', ok: true }),
    );
  });
});
