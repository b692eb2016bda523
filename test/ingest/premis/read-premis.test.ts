/** What is read: everything that was written, and a Fault for everything that is damaged or hostile. */
import { existsSync, readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PremisLimits, readPremis } from '#ingest/premis';
import { diskImage } from './disk-image.ts';
import { all, document, written } from './entities.ts';

const examples = new URL('../../../../shared/data/examples/', import.meta.url);
const NAMESPACE = 'xmlns="http://www.loc.gov/premis/v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"';
const root = (content: string): string => `<premis ${NAMESPACE} version="3.0">${content}</premis>`;
const identifier =
  '<objectIdentifier><objectIdentifierType>local</objectIdentifierType><objectIdentifierValue>1</objectIdentifierValue></objectIdentifier>';
const representation = `<object xsi:type="representation">${identifier}</object>`;
const read = (xml: string, limits?: Partial<PremisLimits>) => all(readPremis([xml], limits));

/** The same bytes in pieces of a given size: borders fall inside names, entities and UTF-8 sequences. */
function* pieces(text: string, size: number): Generator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

describe('readPremis', () => {
  it('gives back what writePremis was given, however the stream is cut', async () => {
    await fc.assert(
      fc.asyncProperty(document, fc.integer({ min: 1, max: 5000 }), async (content, size) => {
        const xml = await written(content);
        const expected = [...content.objects, ...content.events, ...content.agents, ...content.rights];
        expect(await all(readPremis(pieces(xml, size)))).toStrictEqual(expected);
      }),
      { numRuns: 150 },
    );
  });

  it('reads the golden record back', async () => {
    const { objects, events, agents, rights } = diskImage as unknown as Record<string, unknown[]>;
    const xml = readFileSync(new URL('../../golden/premis/disk-image.xml', import.meta.url), 'utf8');
    expect(await read(xml)).toStrictEqual(
      [...objects!, ...events!, ...agents!, ...rights!].map((one) => JSON.parse(JSON.stringify(one), revive)),
    );
  });

  it.skipIf(!existsSync(examples))(
    'reads the record of another hand, passing over what we do not write (needs ../shared)',
    async () => {
      const kinds = (await read(readFileSync(new URL('premis-disk-image.xml', examples), 'utf8'))).map((entity) => entity.kind);
      expect(kinds).toEqual([
        'intellectualEntity',
        'representation',
        'file',
        'bitstream',
        ...Array.from({ length: 5 }, () => 'event'),
        'agent',
        'agent',
        'agent',
        'rights',
      ]);
      expect(await read(readFileSync(new URL('premis-minimal.xml', examples), 'utf8'))).toStrictEqual([
        {
          kind: 'file',
          identifiers: [{ type: 'UUID', value: '5f0f5c1e-6d0b-4a53-9c0a-8b4f7d3a2f10' }],
          characteristics: [{ formats: [{ name: 'Raw disk image' }] }],
        },
      ]);
    },
  );

  it('hands an entity over before the document has ended', async () => {
    async function* endless(): AsyncGenerator<string> {
      yield root('').replace('</premis>', representation);
      throw new Error('asked for more than the first entity');
    }
    for await (const entity of readPremis(endless())) {
      expect(entity.kind).toBe('representation');
      break;
    }
  });

  it('reads prefixed names, and passes over elements of other namespaces', async () => {
    const xml = `<p:premis xmlns:p="http://www.loc.gov/premis/v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" version="3.0" xmlns:o="urn:o">
      <p:object xsi:type="p:representation"><o:objectIdentifier><p:objectIdentifierType>no</p:objectIdentifierType></o:objectIdentifier>${identifier.replaceAll(/<(\/?)/g, '<$1p:')}</p:object></p:premis>`;
    expect(await read(xml)).toStrictEqual([{ kind: 'representation', identifiers: [{ type: 'local', value: '1' }] }]);
  });

  const file = (characteristics: string): string =>
    root(
      `<object xsi:type="file">${identifier}<objectCharacteristics>${characteristics}<format/></objectCharacteristics></object>`,
    );
  const event = (type: string, time: string): string =>
    root(`${representation}<event><eventIdentifier><eventIdentifierType>l</eventIdentifierType><eventIdentifierValue>1</eventIdentifierValue></eventIdentifier>
      <eventType>${type}</eventType><eventDateTime>${time}</eventDateTime><eventOutcomeInformation><eventOutcome>success</eventOutcome></eventOutcomeInformation></event>`);

  it.each([
    ['corrupt', 'premis/not-well-formed', root(`<object xsi:type="representation">${identifier}</objekt>`)],
    ['corrupt', 'premis/not-well-formed', root('&lol;')],
    ['corrupt', 'premis/not-well-formed', `${root(representation)}${root('')}`],
    ['corrupt', 'premis/not-well-formed', 'not XML at all'],
    ['truncated', 'premis/truncated', root(representation).slice(0, -20)],
    ['truncated', 'premis/truncated', ''],
    ['refused', 'premis/doctype', `<!DOCTYPE premis [<!ENTITY a "b">]>${root('')}`],
    ['unsupported', 'premis/encoding-name', `<?xml version="1.0" encoding="ISO-8859-1"?>${root('')}`],
    ['unsupported', 'premis/not-premis-3', '<premis xmlns="info:lc/xmlns/premis-v2" version="2.2"/>'],
    ['unsupported', 'premis/not-premis-3', root('').replace('3.0', '4.0')],
    ['unsupported', 'premis/not-premis-3', `<mets ${NAMESPACE}/>`],
    ['corrupt', 'premis/incomplete', root('<object xsi:type="representation"/>')],
    ['corrupt', 'premis/incomplete', root(`<object xsi:type="file">${identifier}</object>`)],
    ['corrupt', 'premis/incomplete', root(`<rights/>`)],
    ['corrupt', 'premis/object-category', root(`<object>${identifier}</object>`)],
    ['corrupt', 'premis/bad-value', file('<size>-1</size>')],
    ['corrupt', 'premis/bad-value', file('<size>9007199254740992</size>')],
    ['corrupt', 'premis/bad-value', file('<size/>')],
    ['corrupt', 'premis/bad-value', event('imaging', '2026-08-20 14:02')],
    ['corrupt', 'premis/bad-value', event('imaging', '2026-08-20T14:02:11')],
    ['corrupt', 'premis/bad-value', event('imaging', '2026-13-20T14:02:11Z')],
    ['unsupported', 'premis/unknown-term', event('registration', '2026-08-20T14:02:11Z')],
    [
      'unsupported',
      'premis/unknown-term',
      file('<fixity><messageDigestAlgorithm>tiger</messageDigestAlgorithm><messageDigest>00</messageDigest></fixity>'),
    ],
    ['unsupported', 'premis/several-statements', root(`<rights><rightsStatement/><rightsStatement/></rights>`)],
  ])('answers %s %s', async (kind, code, xml) => {
    await expect(read(xml)).rejects.toMatchObject({ kind, code });
  });

  it('answers bytes that are not UTF-8', async () => {
    const bytes = Buffer.from(root(representation).replace('local', 'l\u00e4cal'), 'latin1');
    await expect(all(readPremis([bytes]))).rejects.toMatchObject({ code: 'premis/encoding' });
    await expect(all(readPremis([Buffer.from([...Buffer.from('<premis'), 0xc3])]))).rejects.toMatchObject({
      code: 'premis/encoding',
    });
  });

  it.each([
    ['depth', { depth: 5 }, root(`<object xsi:type="representation">${'<a>'.repeat(9)}${'</a>'.repeat(9)}</object>`)],
    ['elements', { elements: 50 }, root(`<object xsi:type="representation">${'<a/>'.repeat(60)}</object>`)],
    ['entities', { entities: 2 }, root(representation.repeat(3))],
    ['text', { text: 1000 }, root(`<object xsi:type="representation"><originalName>${'x'.repeat(2000)}</originalName></object>`)],
    ['text', { text: 70_000 }, root(`<object><!--${'x'.repeat(300_000)}--></object>`)],
    ['text', { text: 70_000 }, root(`<object a="${'x'.repeat(300_000)}"/>`)],
    ['text', { text: 70_000 }, `<${'x'.repeat(300_000)}`],
  ] as [string, Partial<PremisLimits>, string][])('stops at too much %s', async (limit, limits, xml) => {
    await expect(read(xml, limits)).rejects.toMatchObject({ kind: 'refused', code: 'premis/too-large', facts: { limit } });
  });

  it('answers any damage with a Fault or with entities, never with another error', async () => {
    const xml = Buffer.from(await written(diskImage));
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: xml.length - 1 }), fc.nat({ max: 255 }), async (at, byte) => {
        const damaged = Buffer.from(xml);
        damaged[at] = byte;
        const outcome = await all(readPremis([damaged])).then(
          () => 'read',
          (error: unknown) =>
            error instanceof Error && error.name === 'Fault' ? (error as Error & { code: string }).code : error,
        );
        expect(outcome).toMatch(/^(read|premis\/.+)$/);
      }),
      { numRuns: 400 },
    );
  });
});

function revive(key: string, value: unknown): unknown {
  return key === 'at' ? new Date(String(value)) : value;
}
