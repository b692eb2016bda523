/** The tables of the Library of Congress, the schema that repeats them, and the words that are refused. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { vocabularies } from '#ingest/premis';
import { knownAlgorithm, knownTerm, writtenAlgorithm, writtenTerm } from '#built/ingest/premis/vocabulary';
import { emittedXsd } from './judges.ts';

const xsd = readFileSync(emittedXsd, 'utf8');

describe('vocabularies', () => {
  it.each(Object.entries(vocabularies))('%s has the same terms in the schema, in the same order', (name, table) => {
    const type = xsd.slice(
      xsd.indexOf(`<xs:simpleType name="${name}Label">`),
      xsd.indexOf(`</xs:complexType>`, xsd.indexOf(`name="${name}Term"`)),
    );
    const values = [...type.matchAll(/enumeration value="([^"]+)"/g)].map(([, value]) => value);
    const base = `http://id.loc.gov/vocabulary/preservation/${name}/`;
    expect(values).toEqual([...Object.keys(table), ...Object.values(table).map((code) => `${base}${code}`)]);
  });

  it.each(Object.entries(vocabularies))('%s has every code once', (_, table) => {
    const codes = Object.values(table);
    expect(new Set(codes).size).toBe(codes.length);
  });

  it('writes a term with authority, authorityURI and valueURI, all http', () => {
    expect(writtenTerm('eventType', 'fixity check').attributes).toBe(
      ' authority="eventType" authorityURI="http://id.loc.gov/vocabulary/preservation/eventType" valueURI="http://id.loc.gov/vocabulary/preservation/eventType/fix"',
    );
  });

  it.each([
    ['eventType', 'registration'],
    ['eventType', 'Imaging'],
    ['eventOutcome', 'pass'],
    ['eventType', 'constructor'],
  ] as const)('refuses to write "%s" as "%s"', (vocabulary, word) => {
    expect(() => writtenTerm(vocabulary, word)).toThrow(TypeError);
  });

  it('reads a term by its label, or by its valueURI where the label is worded differently', () => {
    expect(knownTerm('eventOutcome', 'fail')).toBe('fail');
    expect(knownTerm('eventOutcome', 'Failure', 'http://id.loc.gov/vocabulary/preservation/eventOutcome/fai')).toBe('fail');
    expect(knownTerm('eventOutcome', 'Failure', 'http://id.loc.gov/vocabulary/preservation/eventType/fai')).toBeUndefined();
    expect(knownTerm('eventOutcome', 'pass')).toBeUndefined();
  });

  it('spells digests as PREMIS does, and only with as many digits as the algorithm has', () => {
    expect(writtenAlgorithm('sha256', 'a'.repeat(64)).label).toBe('SHA-256');
    expect(() => writtenAlgorithm('sha256', 'a'.repeat(32))).toThrow(/64 hex digits, not 32/);
    expect(() => writtenAlgorithm('blake2b512' as 'sha512', 'a'.repeat(128))).toThrow(TypeError);
  });

  it.each([
    ['SHA-256', 'sha256'],
    ['sha256', 'sha256'],
    ['MD5', 'md5'],
    ['tiger', undefined],
    ['constructor', undefined],
  ])('reads the algorithm %s as %s', (text, algorithm) => {
    expect(knownAlgorithm(text)).toBe(algorithm);
  });
});
