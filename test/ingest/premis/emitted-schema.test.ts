/** Our own schema refuses what the official one lets through: each broken document differs from the golden one in one place. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { complaint, emittedXsd, hasOfficial, hasXmllint, officialXsd, xmllintComplaint } from './judges.ts';

const golden = readFileSync(new URL('../../golden/premis/disk-image.xml', import.meta.url), 'utf8');

function changed(from: string | RegExp, to: string): string {
  const xml = golden.replace(from, to);
  expect(xml).not.toBe(golden);
  return xml;
}

const narrower: [string, string | RegExp, string][] = [
  ['a time without a zone', '2026-08-20T12:02:11.000Z', '2026-08-20T12:02:11.000'],
  ['a time in words', '2026-08-20T12:02:11.000Z', 'yesterday'],
  ['the 25th hour', '2026-08-20T12:02:11.000Z', '2026-08-20T25:02:11.000Z'],
  ['a word outside the vocabulary', '>imaging<', '>registration<'],
  ['an outcome of Archivematica', '>success<', '>pass<'],
  ['an https valueURI', 'valueURI="http:', 'valueURI="https:'],
  ['a code that does not exist', 'eventType/ima"', 'eventType/imag"'],
  ['a term without its authority', / authority="eventType"/, ''],
  ['a negative size', '<size>104857600</size>', '<size>-1</size>'],
  ['a size above 2^53-1', '<size>104857600</size>', '<size>9007199254740992</size>'],
  ['a size with leading zeros', '<size>104857600</size>', '<size>0104857600</size>'],
  ['an upper-case digest', 'a1a1a1', 'A1A1A1'],
  ['a digest that is too short', /(<messageDigest>)[0-9a-f]+/, '$1abcdef'],
  ['an algorithm in another spelling', '>SHA-256<', '>sha256<'],
  ['an empty name', /(<originalName>)[^<]+/, '$1'],
  ['a note of white space', />16 bad sectors[^<]*/, '> &#xA;'],
  ['an event without an outcome', /<eventOutcome [^]*?<\/eventOutcome>/, ''],
  ['an event without an agent', / *<linkingAgentIdentifier>.*guymager.*\n.*\n/, ''],
  ['an agent without a role', /<linkingAgentRole [^]*?<\/linkingAgentRole>/, ''],
  ['an event without an object', /(?: *<linkingObjectIdentifier>.*\n){2}/, ''],
  ['an agent without a name', / *<agentName>.*\n/, ''],
  ['an agent without a type', / *<agentType .*\n/, ''],
  ['a registry other than PRONOM', '>PRONOM<', '>GDFR<'],
  ['a PRONOM key of another shape', 'fmt/803', 'fmt 803'],
  ['a format without a name', /<formatDesignation>.*<\/formatDesignation>/, ''],
  ['a creation date in words', '2026-08-20T14:02:11<', '20 August 2026<'],
  ['a grant from an impossible day', '<startDate>2026-08-21<', '<startDate>2026-02-30<'],
  ['an open end in another spelling', '>OPEN<', '>open<'],
  [
    'an entity as root',
    /<premis[^>]*>[^]*?(<object)( [^]*?<\/object>)[^]*/,
    '$1 xmlns="http://www.loc.gov/premis/v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"$2',
  ],
];

const wrongForBoth: [string, string | RegExp, string][] = [
  ['no version', ' version="3.0"', ''],
  ['another version', ' version="3.0"', ' version="2.2"'],
  ['the namespace of PREMIS 2', 'http://www.loc.gov/premis/v3', 'info:lc/xmlns/premis-v2'],
  ['an object without xsi:type', ' xsi:type="file"', ''],
  ['a category that does not exist', 'xsi:type="file"', 'xsi:type="folder"'],
  ['a file without a format', /<format>[^]*?<\/format>/, ''],
  ['elements in the wrong order', /( *<compositionLevel>.*\n)( *<fixity>.*\n)/, '$2$1'],
  [
    'an original name on a bitstream',
    /(xsi:type="bitstream">\n.*\n(?:.*significantProperties.*\n)+[^]*?<\/objectCharacteristics>\n)/,
    '$1<originalName>x</originalName>',
  ],
  ['a name of PREMIS 2', /relatedObjectIdentifier>/g, 'relatedObjectIdentification>'],
  ['an element of our own invention', '<originalName>', '<nickname>x</nickname><originalName>'],
  ['an identifier without a value', /<eventIdentifierValue>.*<\/eventIdentifierValue>/, ''],
  ['the composition level "unknown"', '<compositionLevel>0<', '<compositionLevel>unknown<'],
];

describe('premis-emitted.xsd', () => {
  it.each(narrower)('refuses %s, which the official schema accepts', (_, from, to) => {
    const xml = changed(from, to);
    expect(complaint(xml, emittedXsd)).toMatch(/\S/);
    expect(hasOfficial ? complaint(xml, officialXsd) : undefined).toBeUndefined();
  });

  it.each(wrongForBoth)('refuses %s, as the official schema does', (_, from, to) => {
    const xml = changed(from, to);
    expect(complaint(xml, emittedXsd)).toMatch(/\S/);
    expect(hasOfficial ? complaint(xml, officialXsd) : 'not asked').toMatch(/\S/);
  });

  it.skipIf(!hasXmllint)('gives the same verdicts in xmllint (needs xmllint)', () => {
    expect(xmllintComplaint(golden, emittedXsd)).toBeUndefined();
    const accepted = [...narrower, ...wrongForBoth].filter(
      ([, from, to]) => xmllintComplaint(changed(from, to), emittedXsd) === undefined,
    );
    expect(accepted.map(([name]) => name)).toEqual([]);
  });
});
