/** Random PREMIS entities for property tests: every field, every term, and texts with whatever a string can hold. */
import * as fc from 'fast-check';
import {
  type PremisAgent,
  type PremisEntity,
  type PremisEvent,
  type PremisObject,
  type PremisRights,
  vocabularies,
  writePremis,
  openPremisGuard,
} from '#ingest/premis';

type Fields = Record<string, fc.Arbitrary<unknown>>;

/** A record of which the fields in `optional` may be missing. */
function record(required: Fields, optional: Fields = {}): fc.Arbitrary<Record<string, unknown>> {
  return fc.record({ ...required, ...optional }, { requiredKeys: Object.keys(required), noNullPrototype: true });
}

const term = (table: object): fc.Arbitrary<string> => fc.constantFrom(...Object.keys(table));
const any = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 });
const rough = fc.array(
  fc.constantFrom(
    '\r',
    '\n',
    '\t',
    '\u0001',
    '\ufffe',
    '\ud800',
    '\\',
    '\\u{',
    '\\u{1}',
    '}',
    '&',
    '<',
    ']]>',
    ' ',
    'ü',
    '\u2028',
    '😀',
  ),
  {
    minLength: 1,
    maxLength: 8,
  },
);
/** What a file name may be: anything but nothing. */
export const anyName = fc.oneof(
  any,
  rough.map((parts) => parts.join('')),
);
/** What a note may be: something besides white space. */
const text = fc.tuple(anyName, fc.constantFrom('a', '0', '\\')).map((parts) => parts.join(''));
const some = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(one, { minLength: 1, maxLength: 3 });
const count = fc.oneof(fc.nat(), fc.maxSafeNat());
const identifierFields: Fields = { type: fc.constantFrom('UUID', 'local', 'ARK'), value: text };
const identifier = record(identifierFields);
const day = fc.constantFrom('2026', '2026-08', '2026-02-28', '1904-01-01');
const hex = (length: number): fc.Arbitrary<string> =>
  fc.string({ unit: fc.nat({ max: 15 }).map((digit) => digit.toString(16)), minLength: length, maxLength: length });
const fixity = fc
  .constantFrom<[string, number][]>(['md5', 32], ['sha1', 40], ['sha256', 64], ['sha384', 96], ['sha512', 128])
  .chain(([algorithm, length]) => record({ algorithm: fc.constant(algorithm), digest: hex(length) }, { originator: text }));

const characteristics = record(
  {
    formats: some(record({ name: text }, { version: text, puid: fc.constantFrom('fmt/803', 'x-fmt/111'), notes: some(text) })),
  },
  {
    compositionLevel: fc.nat({ max: 4 }),
    fixity: some(fixity),
    size: count,
    creatingApplication: record(
      { name: text },
      { version: text, created: fc.oneof(day, fc.constantFrom('2026-08-20T14:02:11', '2026-08-20T14:02:11.5+02:00')) },
    ),
    inhibitors: some(record({ type: text }, { targets: some(text) })),
  },
);

const objectFields: Fields = {
  significantProperties: some(record({ type: text, value: anyName })),
  relationships: some(
    record(
      {
        type: term(vocabularies.relationshipType),
        subType: term(vocabularies.relationshipSubType),
        objects: some(record(identifierFields, { sequence: count })),
      },
      { events: some(identifier) },
    ),
  ),
  linkedEvents: some(identifier),
  linkedRights: some(identifier),
};
const storage = some(record({ type: text, value: anyName }));
const identifiers = some(identifier);

export const object = fc.oneof(
  record(
    { kind: fc.constant('file'), identifiers, characteristics: some(characteristics) },
    { ...objectFields, originalName: anyName, storage },
  ),
  record({ kind: fc.constant('bitstream'), identifiers, characteristics: some(characteristics) }, { ...objectFields, storage }),
  record({ kind: fc.constant('representation'), identifiers }, { ...objectFields, originalName: anyName, storage }),
  record({ kind: fc.constant('intellectualEntity'), identifiers }, { ...objectFields, originalName: anyName }),
) as unknown as fc.Arbitrary<PremisObject>;

export const event = record(
  {
    kind: fc.constant('event'),
    identifier,
    type: term(vocabularies.eventType),
    at: fc.date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true }),
    outcome: term(vocabularies.eventOutcome),
    agents: some(record({ ...identifierFields, role: term(vocabularies.eventRelatedAgentRole) })),
    objects: some(record({ ...identifierFields, role: term(vocabularies.eventRelatedObjectRole) })),
  },
  { detail: text, notes: some(text) },
) as unknown as fc.Arbitrary<PremisEvent>;

export const agent = record(
  { kind: fc.constant('agent'), identifiers, name: text, type: term(vocabularies.agentType) },
  { version: text, notes: some(text) },
) as unknown as fc.Arbitrary<PremisAgent>;

const span = record({ start: day }, { end: fc.oneof(day, fc.constant('OPEN')) });

export const rights = record(
  { kind: fc.constant('rights'), identifier, basis: term(vocabularies.rightsBasis) },
  {
    copyright: record({ status: term(vocabularies.copyrightStatus), jurisdiction: text }, { notes: some(text) }),
    license: record({ terms: text }, { notes: some(text) }),
    statutes: some(record({ jurisdiction: text, citation: text }, { notes: some(text) })),
    other: record({ basis: text }, { notes: some(text) }),
    granted: some(record({ act: text }, { restrictions: some(text), grant: span, restriction: span, notes: some(text) })),
    objects: some(identifier),
    agents: some(identifier),
  },
) as unknown as fc.Arbitrary<PremisRights>;

export const document = fc.record({
  objects: fc.array(object, { minLength: 1, maxLength: 4 }),
  events: fc.array(event, { maxLength: 3 }),
  agents: fc.array(agent, { maxLength: 2 }),
  rights: fc.array(rights, { maxLength: 2 }),
});

const guard = await openPremisGuard();

/** The document as one string. */
export async function written(content: Parameters<typeof writePremis>[1]): Promise<string> {
  const chunks: string[] = [];
  await writePremis((chunk) => void chunks.push(chunk), content, guard);
  return chunks.join('');
}

export async function all(entities: AsyncIterable<PremisEntity>): Promise<PremisEntity[]> {
  const found: PremisEntity[] = [];
  for await (const entity of entities) found.push(entity);
  return found;
}
