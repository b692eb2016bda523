/** Every string comes back from XML as it was, and ordinary names stay legible. */
import * as fc from 'fast-check';
import { SaxesParser } from 'saxes';
import { XmlDocument } from 'libxml2-wasm';
import { describe, expect, it } from 'vitest';
import { plainText, xmlText } from '#ingest/kernel';
import { anyName } from '../premis/entities.ts';

function bySaxes(xml: string): string {
  const parser = new SaxesParser();
  let text = '';
  parser.on('text', (piece) => {
    text += piece;
  });
  parser.write(`<a>${xml}</a>`).close();
  return text;
}

function byLibxml2(xml: string): string {
  const document = XmlDocument.fromString(`<a>${xml}</a>`);
  try {
    return document.root.content;
  } finally {
    document.dispose();
  }
}

describe('text in XML', () => {
  it.each([bySaxes, byLibxml2])('comes back unchanged, whatever it holds (%o)', (parse) => {
    const strings = fc.oneof(anyName, fc.string({ unit: fc.nat({ max: 0xffff }).map((code) => String.fromCharCode(code)) }));
    const same = fc.property(strings, (text) => {
      expect(plainText(parse(xmlText(text)))).toBe(text);
    });
    fc.assert(same, { numRuns: 2000 });
  });

  it('writes every single UTF-16 unit so that it comes back', () => {
    const units = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code));
    const wrong = units.filter((unit) => plainText(bySaxes(xmlText(unit))) !== unit);
    expect(wrong).toEqual([]);
  });

  it.each([
    ['C:\\DOS\\u2.txt', 'C:\\DOS\\u2.txt'],
    ['100 % & <done>', '100 % &amp; &lt;done&gt;'],
    ['a\r\n\tb', 'a&#xD;&#xA;&#x9;b'],
    ['bell\u0007', 'bell\\u{7}'],
    ['lone \ud83d half', 'lone \\u{D83D} half'],
    ['whole 😀', 'whole 😀'],
    ['already \\u{7}', 'already \\u{5C}u{7}'],
    ['DEL \u007f NEL \u0085', 'DEL &#x7F; NEL &#x85;'],
  ])('writes %j as %j', (text, xml) => {
    expect(xmlText(text)).toBe(xml);
    expect(plainText(bySaxes(xml))).toBe(text);
  });

  it.each(['\\u{41}', '\\u{0007}', '\\u{7', '\\u{110000}', '\\u{d800}', '\\u{}'])(
    'leaves %j alone: we never write it',
    (text) => {
      expect(plainText(text)).toBe(text);
    },
  );

  it('refuses a text that is too long for other parsers', () => {
    expect(() => xmlText('x'.repeat((1 << 20) + 1))).toThrow(RangeError);
  });
});
