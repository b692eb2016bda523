/** The reader of our own DFXML agrees with saxes, which reads any XML, however the text is cut; what is no XML it refuses. */
import * as fc from 'fast-check';
import { SaxesParser } from 'saxes';
import { expect, it } from 'vitest';
import { Utf8Pieces } from '#built/ingest/survey/utf8-pieces';
import { XmlScanner } from '#built/ingest/survey/xml-scanner';
import { xmlText } from '#ingest/kernel';

/** Each element as it opens and closes, with the text before its end. */
function scanned(pieces: readonly string[]): unknown[] {
  const told: unknown[] = [];
  const scanner = new XmlScanner({
    opened: (name, attributes) => told.push([name, { ...attributes }]),
    closed: (name, text) => told.push([name, text]),
  });
  for (const piece of pieces) scanner.write(piece);
  scanner.close();
  return told;
}

function bySaxes(document: string): unknown[] {
  const told: unknown[] = [];
  const parser = new SaxesParser();
  let text = '';
  parser.on('opentag', ({ name, attributes }) => {
    text = '';
    told.push([name, { ...attributes }]);
  });
  parser.on('text', (more) => {
    text += more;
  });
  parser.on('closetag', ({ name }) => {
    told.push([name, text]);
    text = '';
  });
  parser.write(document).close();
  return told;
}

const text = fc.string({ unit: 'binary', maxLength: 20 }).map((value) => xmlText(value));
const value = text.map((each) => each.replaceAll('"', '&quot;'));
const leaf = fc
  .tuple(fc.constantFrom('a', 'sr:b', 'c-1'), value, text)
  .map(([name, of, inside]) => `<${name} x="${of}">${inside}</${name}>`);
const documents = fc
  .array(fc.oneof(leaf, fc.constantFrom('<e/>', "<e y = '\"' />", '<!-- <no> -->', '\r\n  ', '<?p i?>')), { maxLength: 12 })
  .map((parts) => `<?xml version="1.0"?>\n<root sr:x="1">${parts.join('')}</root>\n`);

it('reads what saxes reads, however the text is cut', () => {
  fc.assert(
    fc.property(documents, fc.integer({ min: 1, max: 40 }), (document, length) => {
      const normal = document.replaceAll('\r\n', '\n');
      const pieces = Array.from({ length: Math.ceil(normal.length / length) }, (_, i) =>
        normal.slice(i * length, (i + 1) * length),
      );
      expect(scanned(pieces)).toEqual(bySaxes(normal));
    }),
  );
});

it.each([
  ['nothing', ''],
  ['no end', '<a><b></b>'],
  ['crossed elements', '<a><b></a></b>'],
  ['a second root', '<a></a><b></b>'],
  ['text outside', '<a></a>text'],
  ['a document type', '<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>'],
  ['CDATA', '<a><![CDATA[x]]></a>'],
  ['an unknown entity', '<a>&nbsp;</a>'],
  ['a lone ampersand', '<a>R&D</a>'],
  ['a character that XML has not', '<a>\u0001</a>'],
  ['a reference to one', '<a>&#1;</a>'],
  ['an attribute without a value', '<a b></a>'],
  ['an attribute twice', '<a b="1" b="2"></a>'],
  ['a name that is none', '<1></1>'],
  ['a name that objects have', '<a __proto__="x"></a>'],
  ['a tag in an attribute', '<a b="<"></a>'],
  ['elements without end in each other', '<a>'.repeat(100)],
])('refuses %s', (_, document) => {
  expect(() => scanned([document])).toThrow(Error);
});

it('refuses a tag that never ends before it fills the memory', () => {
  const piece = 'x'.repeat(1 << 20);
  expect(() => scanned(['<a b="', ...Array.from({ length: 100 }, () => piece)])).toThrow('longer than');
});

it('puts characters together that are cut', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.integer({ min: 1, max: 7 }), (whole, length) => {
      const bytes = Buffer.from(whole);
      const decoder = new Utf8Pieces();
      let told = '';
      for (let at = 0; at < bytes.length; at += length) told += decoder.text(bytes.subarray(at, at + length));
      decoder.close();
      expect(told).toBe(new TextDecoder().decode(bytes));
    }),
  );
});

it.each([[[0xff]], [[0x61, 0xc3, 0x28]], [[0xe2, 0x82]], [[0xed, 0xa0, 0x80]], [[0x80]]])(
  'refuses bytes that are no UTF-8: %j',
  (bytes) => {
    const decoder = new Utf8Pieces();
    expect(() => {
      decoder.text(Buffer.from(bytes));
      decoder.close();
    }).toThrow(Error);
  },
);
