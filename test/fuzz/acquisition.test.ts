/**
 * Parsers of lists and mapfiles against anything: they answer, or refuse with a Fault. The corpus keeps every input that ever broke
 * one of them, and the edges they were written for; STRONGROOM_FUZZ_SECONDS makes the search longer.
 */
import { readFile, readdir } from 'node:fs/promises';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fault } from '#ingest/kernel';
import { parseChecksumList } from '#built/ingest/acquisition/checksum-list';
import { parseMapfile } from '#built/ingest/acquisition/mapfile';

const corpus = new URL('./corpus/acquisition/', import.meta.url);
const seconds = Number(process.env['STRONGROOM_FUZZ_SECONDS'] ?? '2');
const timeBound = { numRuns: 1_000_000, interruptAfterTimeLimit: seconds * 1000, markInterruptAsFailure: false };

/** Cuts `bytes` into chunks, so that lines fall across their ends. */
function chunksOf(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
}

/** The answer as JSON, or the Fault's code: the same however the bytes are cut. */
async function answer(read: () => Promise<unknown>): Promise<string> {
  try {
    return JSON.stringify(await read());
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    if (Array.from(error.message).some((c) => c < ' ' || c === '\u007f'))
      throw new Error(`unsafe to print: ${JSON.stringify(error.message)}`, { cause: error });
    return `${error.code} ${String(error.facts['line'])}`;
  }
}

async function readMap(chunks: readonly Buffer[]): Promise<unknown> {
  const map = await parseMapfile(() => chunks, 'f');
  let end = map.start;
  let sum = 0;
  for await (const block of map.blocks()) {
    expect(block.offset).toBe(end);
    end += block.length;
    sum += block.length;
  }
  expect(end).toBe(map.end);
  expect(Object.values(map.ranges).reduce((all, { bytes }) => all + bytes, 0)).toBe(sum);
  return map;
}

const parsers: readonly (readonly [string, (chunks: readonly Buffer[]) => Promise<unknown>])[] = [
  ['checksum list', (chunks) => parseChecksumList(chunks, 'f.hash')],
  ['mapfile', readMap],
];

const MD5 = 'd41d8cd98f00b204e9800998ecf8427e';
const words = fc.constantFrom(
  '\n',
  '\r\n',
  ' ',
  '  ',
  ' *',
  '\t',
  '\\',
  '\\n',
  '#',
  '%%%% HASHDEEP-1.0\n',
  '%%%% size,md5,filename\n',
  ',',
  '(',
  ') = ',
  ')= ',
  MD5,
  `${MD5}0`,
  MD5.repeat(2),
  'SHA256 ',
  'MD5 ',
  'a.img',
  '-',
  '+',
  '?',
  '*',
  '/',
  'F',
  '0',
  '0x',
  '0x200',
  '512',
  '010',
  '08',
  '9007199254740991',
  '\ufeff',
  'ü',
  '\0',
  '# Mapfile. Created by GNU ddrescue version 1.27\n',
  '# Command line: ',
  '0 + 1\n',
  '0 512 +\n',
  '512 512 -\n',
); // prettier-ignore
const text = fc.array(words, { maxLength: 25 }).map((parts) => Buffer.from(parts.join('')));
const bytes = fc.oneof(
  text,
  fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)),
);

describe.each(parsers)('a %s', (_name, read) => {
  it('of any bytes ends in an answer or a Fault, however the bytes are cut', { timeout: (seconds + 30) * 1000 }, async () => {
    await fc.assert(
      fc.asyncProperty(bytes, fc.integer({ min: 1, max: 40 }), async (input, size) => {
        const whole = await answer(() => read([input]));
        expect(await answer(() => read(chunksOf(input, size)))).toBe(whole);
      }),
      timeBound,
    );
  });

  it('of the corpus ends in an answer or a Fault', async () => {
    const files = await readdir(corpus);
    expect(files).not.toEqual([]);
    for (const file of files) {
      const input = await readFile(new URL(file, corpus));
      for (const size of [1, 7, 1 << 20])
        expect(await answer(() => read(chunksOf(input, size)))).toBe(await answer(() => read([input])));
    }
  });
});
