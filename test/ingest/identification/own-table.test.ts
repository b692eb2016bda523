/** Our own table against PRONOM's signature files, and against samples that hold what the format asks for. */
import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type FileFormat, Identifier, ownSignatures } from '#ingest/identification';
import { zip } from '../media/zip-builder.ts';
import { ole2 } from './ole2-builder.ts';
import { pronomSet } from './pronom.ts';
import { bytesFor } from './sample-bytes.ts';

const own = ownSignatures();
const pronom = pronomSet();
const ours = new Identifier(own);
const theirs = pronom && new Identifier(pronom);

function told(identifier: Identifier | undefined, bytes: Buffer, name = ''): FileFormat | undefined {
  return identifier?.identify({ size: bytes.length, head: bytes, tail: bytes }, name);
}

const compObj = (name: string): Buffer =>
  Buffer.concat([Buffer.alloc(60), Buffer.from([name.length + 1, 0, 0, 0]), Buffer.from(`${name}\0`)]);
const biff = (version: number): Buffer => Buffer.from([0x09, 0x08, 0x08, 0x02, 0x00, version, 0x05, 0x00]);
const openXml = (kind: string): Buffer => {
  const text = `<Override ContentType="application/vnd.openxmlformats-officedocument.${kind}.main+xml"/>`;
  return zip([
    { name: '[Content_Types].xml', method: 8, bytes: deflateRawSync(text), size: text.length },
    { name: 'docProps/app.xml', bytes: Buffer.from('<Properties/>') },
  ]);
};
const openDocument = (kind: string, version: string): Buffer =>
  zip([
    { name: 'mimetype', bytes: Buffer.from(`application/vnd.oasis.opendocument.${kind}`) },
    { name: 'content.xml', bytes: Buffer.from(`<office:document-content office:version="${version}">`) },
    {
      name: 'META-INF/manifest.xml',
      bytes: Buffer.from(`<manifest:file-entry manifest:media-type="application/vnd.oasis.opendocument.${kind}"/>`),
    },
  ]);

const CONTAINERS: readonly (readonly [puid: string, title: string, bytes: Buffer])[] = [
  ['fmt/39', 'Word 6', ole2({ WordDocument: Buffer.alloc(600), '\u0001CompObj': compObj('Word.Document.6') })],
  [
    'fmt/40',
    'Word 97',
    ole2({ '1Table': Buffer.alloc(9), WordDocument: Buffer.alloc(600), '\u0001CompObj': compObj('Word.Document.8') }),
  ],
  ['fmt/59', 'Excel 5', ole2({ Book: biff(5) })],
  ['fmt/61', 'Excel 97', ole2({ Workbook: biff(6) })],
  ['fmt/126', 'PowerPoint 97', ole2({ 'Current User': Buffer.alloc(40), 'PowerPoint Document': Buffer.alloc(100) })],
  ['fmt/233', 'Works 3', ole2({ MatOST: Buffer.alloc(9), '\u0001CompObj': compObj('Microsoft Works') })],
  [
    'x-fmt/430',
    'an Outlook message',
    ole2({ '__nameid_version1.0': Buffer.alloc(1), '__properties_version1.0': Buffer.alloc(32) }),
  ],
  ['fmt/111', 'a compound file of something else', ole2({ Something: Buffer.alloc(100) })],
  ['fmt/412', 'Word 2007', openXml('wordprocessingml.document')],
  ['fmt/214', 'Excel 2007', openXml('spreadsheetml.sheet')],
  ['fmt/215', 'PowerPoint 2007', openXml('presentationml.presentation')],
  ['fmt/136', 'OpenDocument text 1.0', openDocument('text', '1.0')],
  ['fmt/291', 'OpenDocument text 1.2', openDocument('text', '1.2')],
  ['fmt/295', 'OpenDocument spreadsheet 1.2', openDocument('spreadsheet', '1.2')],
  ['fmt/483', 'an electronic book', zip([{ name: 'mimetype', bytes: Buffer.from('application/epub+zip') }])],
  ['x-fmt/412', 'a Java archive', zip([{ name: 'META-INF/MANIFEST.MF', bytes: Buffer.from('Manifest-Version: 1.0\r\n') }])],
  ['x-fmt/263', 'a zip of anything', zip([{ name: 'LETTER.TXT', bytes: Buffer.from('Dear') }])],
];

describe('our own table', () => {
  it.each(own.signatures.map((signature) => ({ puid: signature.puids[0] ?? '', signature })))(
    'tells $puid',
    ({ puid, signature }) => {
      expect(told(ours, bytesFor(signature))).toMatchObject({ puid, basis: 'signature' });
    },
  );

  it.each(CONTAINERS)('tells %s by what lies in it: %s', (puid, _title, bytes) => {
    expect(told(ours, bytes)?.puid).toBe(puid);
  });

  it('outranks nothing that it does not hold', () => {
    const unknown = [...own.formats.values()].flatMap(({ above }) => above.filter((puid) => !own.formats.has(puid)));
    expect(unknown).toEqual([]);
  });
});

// Skipped where ../shared/data/pronom is absent: PRONOM's files are not kept here.
describe.skipIf(pronom === undefined)("PRONOM's signatures", () => {
  it('are all understood', () => {
    expect(pronom?.notUnderstood).toEqual([]);
    expect(pronom?.version).toBe('116, containers 36');
    expect(pronom?.signatures.length).toBeGreaterThan(2000);
  });

  it.each(own.signatures.map((signature) => ({ puid: signature.puids[0] ?? '', signature })))(
    'say $puid as our table does',
    ({ puid, signature }) => {
      expect(told(theirs, bytesFor(signature))?.puid).toBe(puid);
    },
  );

  it.each(CONTAINERS)('say %s as our table does: %s', (puid, _title, bytes) => {
    expect(told(theirs, bytes)?.puid).toBe(puid);
  });

  it.each([...own.formats.values()].map((format) => ({ puid: format.puid, format })))(
    'have $puid with its title',
    ({ format }) => {
      const { title, version, mime, extensions } = pronom?.formats.get(format.puid) ?? {};
      expect({ title, version, mime, extensions }).toEqual({
        title: format.title,
        version: format.version,
        mime: format.mime,
        extensions: [...format.extensions],
      });
    },
  );
});

describe('the name of a file', () => {
  const word = ole2({ WordDocument: Buffer.alloc(600), '\u0001CompObj': compObj('Word.Document.8') });

  it('is a mismatch when its ending is that of other formats only', () => {
    expect(told(ours, word, 'LETTER.DOC')?.mismatch).toBeUndefined();
    expect(told(ours, word, 'LETTER.GIF')?.mismatch).toBe(true);
    expect(told(ours, word, 'LETTER.MUM')?.mismatch).toBeUndefined();
    expect(told(ours, word, 'LETTER')?.mismatch).toBeUndefined();
  });

  it('tells a format that has no signature, and nothing more than a guess', () => {
    expect(told(ours, Buffer.from([0, 1, 2, 3]), 'CHAPTER.DOX')).toEqual({
      puid: 'x-fmt/347',
      title: 'MultiMate Text File',
      version: '4.x',
      basis: 'extension',
    });
    expect(told(ours, Buffer.from([0, 1, 2, 3]), 'CHAPTER.GIF')).toBeUndefined();
  });
});

describe('a text', () => {
  it.each([
    ['us-ascii', Buffer.from('Dear Sir,\r\nthank you.\r\n\u001a')],
    ['utf-8', Buffer.from('Grüße aus Nørvik\n')],
    ['utf-16le', Buffer.from('\ufeffGrüße aus Nørvik', 'utf16le')],
    ['windows-1252', Buffer.from('Gr\u00fc\u00dfe aus N\u00f8rvik, the house of the sea\r\n', 'latin1')],
    [
      'ibm437',
      Buffer.from(
        'c9cdcdcdcdbb0d0aba204d656e7520ba0d0ac8cdcdcdcdbc0d0a4e65772067616d652c206c6f61642067616d652c207361766520616e642071756974',
        'hex',
      ),
    ],
    ['ibm850', Buffer.from('5468616e6b20796f752066726f6d204e9b727669632c206d792066726965', 'hex')],
    ['macintosh', Buffer.from('Fran\u008dais et anglais\rdeux langues\r', 'latin1')],
  ])('in %s is told with its encoding', (encoding, bytes) => {
    expect(told(ours, bytes)).toEqual({
      puid: 'x-fmt/111',
      title: 'Plain Text File',
      mime: 'text/plain',
      basis: 'text',
      encoding,
    });
  });

  it('is not what an empty file is', () => {
    expect(told(ours, Buffer.alloc(0), 'README.TXT')).toBeUndefined();
  });
});
