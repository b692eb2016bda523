/**
 * Every kind of log in the registry must pass this, unasked: drop samples in test/fixtures/logs/<id>/, and what is to be read from
 * them in expected.json. A log is told by its content, in whatever code page; damage is never a crash, a hang or a flood.
 */
import { readFile, readdir, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FACT_NAMES, readDeposit } from '#ingest/acquisition';
import { logLines } from '#built/ingest/acquisition/log-lines';
import { imagingLogs, kindOfLog } from '#built/ingest/acquisition/log-registry';
import type { ImagingLog, LogRecord } from '../../ingest/acquisition/imaging-log.ts';
import { tmpFolder } from '../support/tmp.ts';

const fixtures = new URL('../fixtures/logs/', import.meta.url);
const MILLION = 1_000_000;

const kinds = await Promise.all(
  [...imagingLogs.values()].map(async (log: ImagingLog) => {
    const folder = new URL(`${log.id}/`, fixtures);
    const names = (await readdir(folder).catch(() => [])).filter((name) => name !== 'expected.json').toSorted();
    const expected = await readFile(new URL('expected.json', folder), 'utf8').catch(() => '{}');
    const samples = await Promise.all(
      names.map(async (name) => ({ name, bytes: await readFile(new URL(name, folder)), expected: JSON.parse(expected)[name] })),
    );
    return { id: log.id, log, samples, expected: Object.keys(JSON.parse(expected)).toSorted() };
  }),
);

const parse = (log: ImagingLog, bytes: Iterable<Buffer>): Promise<LogRecord> =>
  log.parse(logLines(bytes, 'log', log.longestLine));

function pieces(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
}

/** A sample as text, whatever it is written in. */
function textOf(bytes: Buffer): string {
  const mark = bytes.readUInt16BE(0);
  if (mark === 0xfffe) return new TextDecoder('utf-16le').decode(bytes);
  if (mark === 0xfeff) return new TextDecoder('utf-16be').decode(bytes);
  const text = bytes.toString('utf8');
  return (text.includes('\ufffd') ? new TextDecoder('windows-1252').decode(bytes) : text).replace(/^\ufeff/, '');
}

const encodings: readonly (readonly [string, (text: string) => Buffer])[] = [
  ['UTF-8', (text) => Buffer.from(text)],
  ['UTF-8 with a byte order mark', (text) => Buffer.from(`\ufeff${text}`)],
  ['UTF-16, little end first', (text) => Buffer.from(`\ufeff${text}`, 'utf16le')],
  ['UTF-16, big end first', (text) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16()],
  ['windows-1252', (text) => Buffer.from(text, 'latin1')],
];

/** The papers of a folder with an image and one file of these bytes. */
async function deposited(name: string, bytes: Buffer | string): Promise<{ logs: string[]; lists: string[]; maps: string[] }> {
  const folder = join(await tmpFolder(), 'carrier');
  await mkdir(folder);
  await writeFile(join(folder, 'disk.img'), Buffer.alloc(4096, 7));
  await writeFile(join(folder, name), bytes);
  const { logs, checksumLists, mapfiles } = await readDeposit(folder);
  return {
    logs: logs.map(({ log }) => log.id),
    lists: checksumLists.map((file) => file.name),
    maps: mapfiles.map((file) => file.name),
  };
}

it('knows more than one kind', () => expect(kinds.length).toBeGreaterThan(9));

describe.each(kinds)('$id', ({ id, log, samples, expected }) => {
  it('has a title, its sources, and samples that are all expected', () => {
    expect(log.title).not.toBe('');
    expect(log.sources).not.toEqual([]);
    expect(samples.length).toBeGreaterThan(0);
    expect(expected).toEqual(samples.map(({ name }) => name));
  });

  describe.each(samples)('$name', ({ bytes, expected: record }) => {
    it.each(encodings)('is told by its content and read right, written in %s', async (_, encode) => {
      const encoded = encode(textOf(bytes));
      expect(kindOfLog(textOf(encoded).replace(/\r\n?/g, '\n'))?.id).toBe(id);
      for (const size of [1, 7, 4096]) expect(await parse(log, pieces(encoded, size))).toEqual(record);
    });

    it.each(['imaging.log', 'disk.img.md5', 'notes', 'disk.txt'])(
      'is a log and no list of digests when it is called %s',
      async (name) => {
        expect(await deposited(name, bytes)).toEqual({ logs: [id], lists: [], maps: [] });
      },
    );

    it('gives facts of the vocabulary only, fit to print', async () => {
      const { facts } = await parse(log, [bytes]);
      expect(facts.filter(({ name }) => !(name in FACT_NAMES))).toEqual([]);
      expect(JSON.stringify(facts)).not.toMatch(/\\u00[01]/);
      const lines = textOf(bytes).split('\n').length;
      expect(facts.filter(({ line }) => line < 1 || line > lines)).toEqual([]);
    });

    it('answers to any damage', async () => {
      const damage = fc.record({
        at: fc.nat(bytes.length - 1),
        cut: fc.nat(bytes.length),
        with: fc.uint8Array({ maxLength: 40 }),
        swap: fc.constantFrom('', '\0', '\r', '9'.repeat(400), ':'.repeat(400), '[2', '<![CDATA[', '{"a":'),
      });
      await fc.assert(
        fc.asyncProperty(damage, async ({ at, cut, with: noise, swap }) => {
          const spoilt = Buffer.concat([bytes.subarray(0, at), noise, Buffer.from(swap), bytes.subarray(at + noise.length)]);
          const { facts } = await parse(log, [spoilt.subarray(0, Math.max(cut, 1))]);
          expect(facts.length).toBeLessThanOrEqual(Object.keys(FACT_NAMES).length);
        }),
        { numRuns: 60 },
      );
    });
  });

  it('reads a million lines without holding them', async () => {
    const lines = samples.flatMap(({ bytes }) => textOf(bytes).split(/\r?\n/));
    const block = Buffer.from(`${lines.join('\n')}\n`);
    const times = Math.ceil(MILLION / lines.length);
    function* many(): Generator<Buffer> {
      for (let i = 0; i < times; i++) yield block;
    }
    const { facts, digests, badRanges, badSectors } = await parse(log, many());
    expect(facts.length).toBeLessThanOrEqual(Object.keys(FACT_NAMES).length);
    expect(digests.length).toBeLessThanOrEqual(10_000);
    expect(badRanges.length + badSectors.length).toBeLessThanOrEqual(20_000);
  });

  it.each([' ', '1 ', ':', '1-', '<a>', '[1,', 'a: ', '(1 ', '='])('reads a line of 4 MiB of "%s" in no time', async (sign) => {
    const start = samples[0]?.bytes ?? Buffer.alloc(0);
    const began = performance.now();
    await parse(log, [start, Buffer.from(`\n${sign.repeat((4 << 20) / sign.length)}\n`), start]);
    expect(performance.now() - began).toBeLessThan(10_000);
  });
});

describe('what is no log', () => {
  const md5 = 'd41d8cd98f00b204e9800998ecf8427e';
  it.each([
    ['a list of md5sum', `${md5}  disk.img\n`],
    ['a list of BSD', `MD5 (disk.img) = ${md5}\n`],
    ['a list of openssl', `MD5(disk.img)= ${md5}\n`],
    ['a list of hashdeep', `%%%% HASHDEEP-1.0\n%%%% size,md5,filename\n## Invoked from: /\n4096,${md5},disk.img\n`],
  ])('%s stays a list of digests', async (_, text) => {
    expect(await deposited('digests.txt', text)).toEqual({ logs: [], lists: ['digests.txt'], maps: [] });
  });

  it('a mapfile stays a mapfile', async () => {
    const text = '# Mapfile. Created by GNU ddrescue version 1.27\n0x0 + 1\n0x0 0x1000 +\n';
    expect(await deposited('disk.map', text)).toEqual({ logs: [], lists: [], maps: ['disk.map'] });
  });

  it.each([
    ['a letter', 'Dear archive,\nthe disk was imaged with FTK Imager 4.2 and with Guymager.\nMD5 hash: see below\n'],
    ['an XML of another kind', '<?xml version="1.0"?><dfxml><creator><program>fiwalk</program></creator></dfxml>'],
    ['a JSON of another kind', '{"metadata": {"AaruMetadata": 1}}'],
    ['bytes', Buffer.from([0, 1, 2, 3, 255, 254, 0, 0])],
    ['nothing but blanks', ' \n \n'],
  ])('%s is left as it is', async (_, text) => {
    expect(await deposited('paper.txt', text)).toEqual({ logs: [], lists: [], maps: [] });
  });
});
