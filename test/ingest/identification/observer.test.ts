/** The observer in the digest threads: what it keeps of a stream tells the same as the whole. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type FileFormat, Identifier, identificationBy, ownSignatures } from '#ingest/identification';
import { fileSource, openMedia } from '#ingest/media';
import { dataOf, surveyOf } from '#ingest/survey';
import { tmpFolder } from '../../support/tmp.ts';
import { bufferSource } from '../media/buffer-source.ts';
import { ole2 } from './ole2-builder.ts';

interface Observed {
  update(bytes: Buffer): void;
  finish(): FileFormat | undefined;
}
const { observer } = await identificationBy('');
const { observe } = (await import(observer.href)) as { observe: (hint: unknown) => Observed };
const ours = new Identifier(ownSignatures());

const gif = Buffer.concat([Buffer.from('GIF89a'), Buffer.alloc(300_000, 7), Buffer.from(';')]);
const word = ole2(
  {
    WordDocument: Buffer.alloc(600),
    '\u0001CompObj': Buffer.concat([Buffer.alloc(60), Buffer.from('\u0010\0\0\0Word.Document.8\0')]),
  },
  3000,
);
const FILES: readonly (readonly [name: string, bytes: Buffer, puid: string])[] = [
  ['a.gif', gif, 'fmt/4'],
  ['small.gif', Buffer.from('GIF87a;'), 'fmt/3'],
  ['text.txt', Buffer.from('It was a fine day.\r\n'.repeat(20_000)), 'x-fmt/111'],
  ['letter.doc', word, 'fmt/40'],
];

describe('what is observed', () => {
  it.each(FILES)('of %s in pieces of any size is what the whole says', (name, bytes, puid) => {
    const whole = ours.identify({ size: bytes.length, head: bytes, tail: bytes }, name);
    expect(whole?.puid).toBe(puid);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 8 }), (sizes) => {
        const observed = observe({ name, size: bytes.length });
        for (let at = 0, piece = 0; at < bytes.length; piece++) {
          const length = sizes[piece % sizes.length] ?? 1;
          // The caller takes its bytes back after each update.
          const lent = Buffer.from(bytes.subarray(at, at + Math.max(length, bytes.length / 50)));
          observed.update(lent);
          at += lent.length;
          lent.fill(0xaa);
        }
        expect(observed.finish()).toEqual(whole);
      }),
      { numRuns: 30 },
    );
  });

  it('is nothing for a stream that is no data, an empty one, and one that is not as long as was said', () => {
    const finished = (hint: object, bytes: Buffer): unknown => {
      const observed = observe(hint);
      observed.update(bytes);
      return observed.finish();
    };
    expect(finished({ name: '', size: 7 }, Buffer.from('GIF87a;'))).toBeUndefined();
    expect(finished({ name: 'x.txt', size: 0 }, Buffer.alloc(0))).toBeUndefined();
    expect(finished({ name: 'x.gif', size: 9 }, Buffer.from('GIF87a;'))).toBeUndefined();
    expect(observe({ name: 'x.gif', size: 7 }).finish()).toBeUndefined();
  });
});

const EXAMPLE = new URL('../../../examples/donated-disk/carrier/marrowby-disk-07.img', import.meta.url);

async function formatsOf(
  disk: Parameters<typeof openMedia>[0],
  signatures = observer,
): Promise<Map<string, FileFormat | undefined>> {
  await using media = await openMedia(disk);
  const formats = new Map<string, FileFormat | undefined>();
  for await (const item of surveyOf(media, { algorithms: ['sha256'], observer: signatures }))
    for (const file of item.kind === 'files' ? item.files : []) formats.set(file.path, dataOf(file)?.format);
  return formats;
}

describe('a survey', () => {
  it('tells the formats of the example disk: texts of three code pages, a table, and none of folders', async () => {
    const formats = await formatsOf(await fileSource(EXAMPLE.pathname, 'disk'));
    expect(formats.get('BIBLIO.TXT')).toMatchObject({ puid: 'x-fmt/111', basis: 'text', encoding: 'ibm437' });
    expect(formats.get('LETTERS/1994/GARAND1.TXT')).toMatchObject({ puid: 'x-fmt/111', encoding: 'ibm850' });
    expect(formats.get('Reading at Nørvik 1996.txt')).toMatchObject({ puid: 'x-fmt/111', encoding: 'windows-1252' });
    expect(formats.get('TIDES.CSV')).toMatchObject({ puid: 'x-fmt/18', basis: 'extension' });
    expect(formats.get('NOVEL/TIDE2.TXT')).toMatchObject({ puid: 'x-fmt/111', basis: 'extension' });
    expect(formats.get('NOVEL')).toBeUndefined();
  });

  it('tells those of a FAT floppy', async () => {
    const volume = gunzipSync(readFileSync(new URL('../../fixtures/filesystems/fat/floppy.img.gz', import.meta.url)));
    const found = [...(await formatsOf(bufferSource(volume))).values()].filter((format) => format !== undefined);
    expect(found.length).toBeGreaterThan(0);
  });
});

describe('a folder of signatures', () => {
  const FILE = `<?xml version="1.0"?><FFSignatureFile Version="99"><InternalSignatureCollection><InternalSignature ID="1"><ByteSequence>
    <SubSequence Position="1" SubSeqMinOffset="0"><Sequence>20</Sequence></SubSequence></ByteSequence></InternalSignature></InternalSignatureCollection>
    <FileFormatCollection><FileFormat ID="1" Name="Ours" PUID="test/1"><InternalSignatureID>1</InternalSignatureID></FileFormat></FileFormatCollection></FFSignatureFile>`;

  it('is used instead of our table, the newest file of it', async () => {
    const folder = await tmpFolder();
    await writeFile(join(folder, 'DROID_SignatureFile-V9.xml'), 'an old one');
    await writeFile(join(folder, 'DROID_SignatureFile-V99.xml'), FILE);
    const { observer: theirs, signatures } = await identificationBy(folder);
    expect(signatures).toEqual({ name: 'PRONOM', version: '99' });
    const formats = await formatsOf(await fileSource(EXAMPLE.pathname, 'disk'), theirs);
    expect(formats.get('README.TXT')).toEqual({ puid: 'test/1', title: 'Ours', basis: 'signature' });
  });

  it('that holds none, or is none, or holds something else, is refused in words', async () => {
    const folder = await tmpFolder();
    await expect(identificationBy(folder)).rejects.toMatchObject({ code: 'identification/no-signatures' });
    await expect(identificationBy(join(folder, 'nowhere'))).rejects.toMatchObject({ code: 'identification/no-signatures' });
    await mkdir(join(folder, 'other'));
    await writeFile(join(folder, 'other', 'DROID_SignatureFile-V1.xml'), '<html/>');
    await expect(identificationBy(join(folder, 'other'))).rejects.toMatchObject({ code: 'identification/not-readable' });
  });
});
