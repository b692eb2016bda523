/** The journal: what was acknowledged is there, in order, as it was; what was not may be gone; and nobody changes it unseen. */
import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Json, openJournal, readJournal } from '#ingest/journal';
import { Fault } from '#ingest/kernel';

type Value = Record<string, Json>;

const signing = { origin: 'test/journal', signer: { name: 'test/journal', key: generateKeyPairSync('ed25519').privateKey } };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'journal-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const FIRST = '000000000000.log';
const segment = (name = FIRST): string => join(folder, name);

async function append(...values: Value[]): Promise<number> {
  await using journal = await openJournal(folder, signing);
  return await journal.append(values);
}

async function entries(from = 0): Promise<{ index: number; value: Record<string, unknown> }[]> {
  const read = [];
  for await (const entry of readJournal(folder, from)) read.push(entry);
  return read;
}

async function faultOf(work: () => Promise<unknown>): Promise<string> {
  const error: unknown = await work().then(
    () => 'nothing',
    (reason: unknown) => reason,
  );
  return error instanceof Fault ? error.code : String(error);
}

const json = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.string({ unit: 'binary' }),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.string({ unit: 'binary' }), tie('value'), { maxKeys: 4 }),
  ),
})).value;
const value = fc.dictionary(fc.string({ unit: 'binary' }), json, { maxKeys: 5, noNullPrototype: true }) as fc.Arbitrary<Value>;
/** As JSON has it: -0 is 0. */
const asJson = (given: unknown): unknown => JSON.parse(JSON.stringify(given)) as unknown;

describe('a journal', () => {
  it('gives back what was appended, in order, over any number of openings', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(value, { maxLength: 4 }), { maxLength: 4 }), async (batches) => {
        rmSync(folder, { recursive: true, force: true });
        for (const batch of batches) await append(...batch);
        const all = batches.flat();
        expect(await entries()).toEqual(all.map((each, index) => ({ index, value: asJson(each) })));
        const from = Math.floor(all.length / 2);
        expect(await entries(from)).toEqual((await entries()).slice(from));
      }),
      { numRuns: 40 },
    );
  });

  it('is nothing where there is no folder', async () => {
    rmSync(folder, { recursive: true });
    expect(await entries()).toEqual([]);
  });

  it('serves calls that come together in the order in which they came', async () => {
    await using journal = await openJournal(folder, signing);
    const indices = await Promise.all(Array.from({ length: 200 }, (_, n) => journal.append([{ n }, { n, again: true }])));
    expect(indices).toEqual(Array.from({ length: 200 }, (_, n) => 2 * n));
    expect((await entries()).map(({ value: read }) => read['n'])).toEqual(Array.from({ length: 400 }, (_, n) => n >> 1));
  });

  it('writes lines that sha256sum can check: RFC 9162 leaf hash, space, JSON', async () => {
    await append({ b: 1, a: 'ä' });
    const hash = createHash('sha256')
      .update(Buffer.concat([Buffer.of(0), Buffer.from('{"a":"ä","b":1}')]))
      .digest('hex');
    expect(readFileSync(segment(), 'utf8')).toBe(`${hash} {"a":"ä","b":1}\n`);
  });

  it('refuses an entry that it could not read again, and goes on', async () => {
    await using journal = await openJournal(folder, signing);
    expect(await faultOf(() => journal.append([{ text: 'x'.repeat(16 << 20) }]))).toBe('journal/entry-too-long');
    expect(await journal.append([{ text: 'x'.repeat(1 << 20) }])).toBe(0);
    expect(await entries()).toHaveLength(1);
  });

  it('refuses what has no JSON form, and leaves nothing of the call', async () => {
    await using journal = await openJournal(folder, signing);
    await expect(journal.append([{ fine: 1 }, { wrong: Number.NaN }])).rejects.toThrow(TypeError);
    expect(await journal.append([{ fine: 2 }])).toBe(0);
    expect(await entries()).toEqual([{ index: 0, value: { fine: 2 } }]);
  });

  it('goes on in a new segment after 65,536 entries, and notices when one is missing', async () => {
    const many = Array.from({ length: 65_535 }, (_, n) => ({ n }));
    await append(...many);
    expect(await append({ n: 65_535 }, { n: 65_536 })).toBe(65_535);
    // A call is never cut in two: the segment is a little longer, and the next begins with the next call.
    expect(await append({ n: 65_537 })).toBe(65_537);
    expect(await append({ n: 65_538 })).toBe(65_538);
    expect(readdirSync(folder).toSorted()).toEqual([FIRST, '000000065537.log']);
    const read = await entries(65_530);
    expect(read.map(({ index, value: each }) => [index, each['n']])).toEqual(
      Array.from({ length: 9 }, (_, n) => [65_530 + n, 65_530 + n]),
    );
    rmSync(segment());
    expect(await faultOf(() => entries())).toBe('journal/gap');
  });
});

describe('a journal whose last append was cut short', () => {
  const before = [{ n: 1 }, { n: 2, text: 'grüß Gott' }];

  it('keeps every earlier entry and cuts the rest off, wherever the cut is', async () => {
    await append(...before);
    const acknowledged = readFileSync(segment());
    await append({ n: 3, text: 'line\nfeed, \u{1F4BE}' });
    const whole = readFileSync(segment());
    for (let size = acknowledged.length; size < whole.length; size += 1) {
      writeFileSync(segment(), whole);
      truncateSync(segment(), size);
      expect(
        (await entries()).map(({ value: each }) => each['n']),
        `cut at ${size}`,
      ).toEqual([1, 2]);
      expect(await append({ n: 4 }), `cut at ${size}`).toBe(2);
      expect((await entries()).map(({ value: each }) => each['n'])).toEqual([1, 2, 4]);
    }
  });

  it('goes on when the crash came between making a segment and writing to it', async () => {
    await append(...before);
    writeFileSync(segment('000000000002.log'), '');
    expect(await append({ n: 3 })).toBe(2);
    expect(await entries()).toHaveLength(3);
  });
});

describe('a byte of an acknowledged line that has changed', () => {
  it('is a Fault, for readers and for who wants to write, whichever byte it is', async () => {
    await append({ n: 1 }, { text: 'a \u{FFFD} and a \u{1F4BE}' }, { n: 3 });
    const whole = readFileSync(segment());
    for (let offset = 0; offset < whole.length; offset += 1) {
      for (const other of [whole[offset]! ^ 1, whole[offset]! ^ 0x80, 0x0a, 0xf0]) {
        if (other === whole[offset]) continue;
        const changed = Buffer.from(whole);
        changed[offset] = other;
        writeFileSync(segment(), changed);
        expect(await faultOf(() => entries()), `byte ${offset} = ${other}`).toBe('journal/altered');
        expect(await faultOf(() => openJournal(folder, signing)), `byte ${offset} = ${other}`).toBe('journal/altered');
      }
    }
  }, 300_000);

  it('is told with the place where the line begins', async () => {
    await append({ n: 1 }, { n: 2 });
    const whole = readFileSync(segment());
    const second = whole.indexOf(10) + 1;
    whole[second + 70]! ^= 4;
    writeFileSync(segment(), whole);
    await expect(entries()).rejects.toMatchObject({ code: 'journal/altered', facts: { path: segment(), offset: second } });
  });
});
