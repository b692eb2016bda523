/** From a deposit with logs to what is known of the acquisition: digests matched, contradictions told, what can't be read noted. */
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Acquisition, acquisitionOf, contradictions, readDeposit, readPapers } from '#ingest/acquisition';
import { bytesIn, isoTime, LogRecordBuilder, wholeNumber } from '#built/ingest/acquisition/log-record';
import { tmpFolder } from '../../support/tmp.ts';

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');
const M = md5('medium');

async function of(path: string, files: Readonly<Record<string, string | Buffer>>): Promise<Acquisition> {
  const root = await tmpFolder();
  for (const [name, content] of Object.entries({ 'c/disk.img': Buffer.alloc(9000, 0x81), ...files })) {
    await mkdir(dirname(join(root, name)), { recursive: true });
    await writeFile(join(root, name), content);
  }
  const deposit = await readDeposit(join(root, path));
  return acquisitionOf(deposit, await readPapers(deposit));
}
const codes = ({ notes }: Acquisition): string[] => notes.map(({ code }) => code);
const total = (digest: string): string => `Total (md5): ${digest}\n`;
const generated = (name: string): string =>
  `\nGUYMAGER ACQUISITION INFO FILE\n====\n\nGuymager\n===\n\nVersion : 1\n\n\nDevice information\n===\n\nAcquisition\n===\n\n\nGenerated image files and their MD5 hashes\n===\n\n${M}  ${name}\n`;

describe('a digest of a log', () => {
  it('is expected of the medium, by the line that gives it', async () => {
    const { expected } = await of('c', { 'c/dcfldd.log': `0 - 512: ${md5('a')}\n\n${total(M)}` });
    expect(expected).toEqual([{ algorithm: 'md5', digest: M, of: 'medium', source: { file: 'dcfldd.log', line: 3 } }]);
  });

  it('is expected of the file that the log names', async () => {
    const { expected, notes } = await of('c', { 'c/disk.info': generated('/media/target/disk.img') });
    expect(expected).toMatchObject([{ algorithm: 'md5', digest: M, of: { file: 'disk.img' } }]);
    expect(notes).toEqual([]);
  });

  it('of a file that is not here is noted, not missed', async () => {
    const acquisition = await of('c', { 'c/disk.info': generated('other.E02') });
    expect(acquisition.expected).toEqual([]);
    expect(codes(acquisition)).toEqual(['acquisition/log-names-missing-file']);
  });

  it.each([
    ['another log', { 'c/a.log': total(M), 'c/b.log': total(md5('other')) }],
    ['a list', { 'c/a.log': total(M), 'c/disk.md5': md5('other') }],
  ])('that %s contradicts is a refusal', async (_, files) => {
    await expect(of('c', files)).rejects.toMatchObject({ code: 'acquisition/checksum-contradiction' });
  });
});

describe('a log', () => {
  it('comes along with an image given by itself, when it is named like it', async () => {
    const sidecar = '<CICMMetadata><BlockMedia><Model>HD</Model></BlockMedia></CICMMetadata>';
    const { logs } = await of('c/disk.img', {
      'c/disk.cicm.xml': sidecar,
      'c/disk_disc.txt': 'x',
      'c/disk.mlog': total(M),
      'c/else.log': total(M),
    });
    expect(logs.map(({ file, kind }) => `${file}: ${kind}`)).toEqual(['disk.cicm.xml: aaru', 'disk.mlog: dcfldd']);
  });

  it('that can not be read to its end is a note', async () => {
    const acquisition = await of('c', { 'c/a.log': Buffer.concat([Buffer.from(total(M)), Buffer.alloc(17 << 20, 0x20)]) });
    expect(codes(acquisition)).toEqual(['acquisition/log-unread']);
    expect(acquisition.logs).toEqual([]);
  });
});

describe('sources that disagree', () => {
  const a = { called: '"a.log"', facts: [{ name: 'caseNumber', value: '2026-014', line: 3 }] };
  it('are named with both values', () => {
    const b = { called: 'the image itself', facts: [{ name: 'caseNumber', value: '2026-015' }] };
    expect(contradictions([a, b])).toEqual([
      {
        code: 'acquisition/contradiction',
        message:
          'contradiction in caseNumber: line 3 of "a.log" says "2026-014", the image itself says "2026-015"; both are kept',
      },
    ]);
  });

  it.each([
    [
      'spaces and upper case',
      [{ name: 'deviceModel', value: 'Brackwater HD 40' }],
      [{ name: 'deviceModel', value: 'BRACKWATER  HD40' }],
    ],
    ['times', [{ name: 'startedAt', value: '2015-01-01T00:00:00' }], [{ name: 'startedAt', value: '2015-01-01T00:00:01' }]],
    [
      'sectors and bytes',
      [
        { name: 'sectorCount', value: 8 },
        { name: 'sectorSize', value: 512 },
      ],
      [{ name: 'deviceSize', value: 4096 }],
    ],
  ])('do not, over %s', (_, one, other) => {
    expect(
      contradictions([
        { called: 'a', facts: one },
        { called: 'b', facts: other },
      ]),
    ).toEqual([]);
  });
});

describe('what logs write', () => {
  it.each([
    ['Tue Aug 25 13:01:45 2015', '2015-08-25T13:01:45'],
    ['Nov 23, 2026 04:22:47', '2026-11-23T04:22:47'],
    ['Nov  3, 2026 04:22:47', undefined],
    ['2026-11-23 04:22:47 +0000', '2026-11-23T04:22:47Z'],
    ['2026-11-23 04:22:47 +0530', '2026-11-23T04:22:47+05:30'],
    ['2022-05-16 14:46:53 (ISO format YYYY-MM-DD HH:MM:SS)', '2022-05-16T14:46:53'],
    ['2022-03-04T10:00:00.25Z', '2022-03-04T10:00:00Z'],
    ['2022-02-30 10:00:00', undefined],
    ['0000-01-01 00:00:00', undefined],
    ['03/04/2022 10:00:00', undefined],
  ])('the time "%s" is %s', (written, iso) => expect(isoTime(written)).toBe(iso));

  it.each([
    ['1,972,224', 1_972_224],
    ['1 972 224', 1_972_224],
    ['1.972.224', 1_972_224],
    ['512', 512],
    ['1.5', undefined],
    ['99999999999999999999', undefined],
  ])('the number "%s" is %s', (written, value) => expect(wholeNumber(written)).toBe(value));

  it.each([
    ['1.0 MiB (1048576 bytes)', 1_048_576],
    ['54083584 (54.1MB)', 54_083_584],
    ['512 bytes logical/physical', 512],
    ['963 MB', undefined],
  ])('the size "%s" is %s', (written, value) => expect(bytesIn(written)).toBe(value));

  it('sectors become bytes only where their size is told', () => {
    const record = new LogRecordBuilder();
    record.sectorList({ number: 9, text: '  300-301, 302; 7' });
    expect(record.finish()).toMatchObject({
      badRanges: [],
      badSectors: [{ first: 300, count: 2 }, { first: 302 }, { first: 7 }],
    });
    record.fact('sectorSize', 2048, 1);
    expect(record.finish()).toMatchObject({
      badRanges: [
        { offset: 7 * 2048, length: 2048 },
        { offset: 300 * 2048, length: 3 * 2048 },
      ],
      badSectors: [],
    });
  });
});
