/** What is written: valid, the same every time, in bounded pieces, and never before the guard has seen it. */
import { readdirSync, readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { local, openPremisGuard, type PremisFile, type PremisObject, preservationEvent, uuid, writePremis } from '#ingest/premis';
import { diskImage } from './disk-image.ts';
import { document, written } from './entities.ts';
import { complaint, emittedXsd, hasOfficial, hasXmllint, officialXsd, xmllintComplaint } from './judges.ts';

const golden = new URL('../../golden/premis/', import.meta.url);
const id = (n: number): string => `019a0000-0000-7000-8000-${String(n).padStart(12, '0')}`;
const file = (more: object = {}): PremisFile => ({
  kind: 'file',
  identifiers: [uuid(id(1))],
  characteristics: [{ formats: [{ name: 'Raw disk image' }] }],
  ...more,
});
const sink = (): void => {};

describe('writePremis', () => {
  it('writes the record of a disk image as the golden file has it', async () => {
    await expect(await written(diskImage)).toMatchFileSnapshot(new URL('disk-image.xml', golden).pathname);
  });

  it('writes the same bytes every time', async () => {
    expect(await written(diskImage)).toBe(await written(diskImage));
  });

  it.skipIf(!hasOfficial)('writes only what the official schema accepts, random records included (needs ../shared)', async () => {
    await fc.assert(
      fc.asyncProperty(document, async (content) => {
        const xml = await written(content);
        expect(complaint(xml, emittedXsd)).toBeUndefined();
        expect(complaint(xml, officialXsd)).toBeUndefined();
      }),
      { numRuns: 150 },
    );
  });

  it.skipIf(!hasOfficial || !hasXmllint)(
    'writes what xmllint accepts, by both schemas (needs ../shared and xmllint)',
    async () => {
      const samples = [diskImage, ...fc.sample(document, { numRuns: 15, seed: 7 })];
      for (const content of samples) {
        const xml = await written(content);
        expect(xmllintComplaint(xml, emittedXsd)).toBeUndefined();
        expect(xmllintComplaint(xml, officialXsd)).toBeUndefined();
      }
    },
  );

  it.each(readdirSync(golden))('has the golden file %s valid by every schema at hand', (name) => {
    const xml = readFileSync(new URL(name, golden), 'utf8');
    expect(complaint(xml, emittedXsd)).toBeUndefined();
    expect(hasOfficial ? complaint(xml, officialXsd) : undefined).toBeUndefined();
    expect(hasOfficial && hasXmllint ? xmllintComplaint(xml, officialXsd) : undefined).toBeUndefined();
  });

  it('takes objects from a generator as fast as the sink lets it', async () => {
    using guard = await openPremisGuard();
    let made = 0;
    let taken = 0;
    let ahead = 0;
    async function* many(): AsyncGenerator<PremisObject> {
      for (; made < 5000; made += 1) yield file();
    }
    const slow = async (chunk: string): Promise<void> => {
      ahead = Math.max(ahead, made - taken);
      await new Promise((resolve) => setImmediate(resolve));
      taken += chunk.split('<object ').length - 1;
    };
    await expect(writePremis(slow, { objects: many() }, guard)).resolves.toEqual({
      objects: 5000,
      events: 0,
      agents: 0,
      rights: 0,
    });
    expect(taken).toBe(5000);
    expect(ahead).toBeLessThanOrEqual(256);
  });

  it('stops with the error of the sink', async () => {
    using guard = await openPremisGuard();
    const full = async (): Promise<void> => {
      throw new Error('the disk is full');
    };
    await expect(writePremis(full, { objects: [file()] }, guard)).rejects.toThrow('the disk is full');
  });

  it('names the line of the whole document when the guard refuses, and gives the sink nothing of that batch', async () => {
    using guard = await openPremisGuard();
    const objects = [...Array.from({ length: 1000 }, () => file()), file({ originalName: '' })];
    const chunks: string[] = [];
    const refusal = await writePremis((chunk) => void chunks.push(chunk), { objects }, guard).catch((error: unknown) => error);
    expect(refusal).toMatchObject({
      kind: 'refused',
      code: 'premis/not-valid',
      facts: { validator: expect.stringContaining('originalName') },
    });
    const { line } = (refusal as { facts: { line: number } }).facts;
    const whole = await written({ objects: [...objects.slice(0, 1000), file({ originalName: 'UNIQUE' })] });
    expect(whole.split('\n')[line - 1]).toContain('UNIQUE');
    expect(chunks.join('')).not.toContain('<originalName></originalName>');
  });

  const event = preservationEvent({
    id: id(2),
    type: 'imaging',
    at: new Date(0),
    outcome: 'success',
    agents: [{ ...local('x'), role: 'executing program' }],
    objects: [{ ...local('y'), role: 'source' }],
  });
  const oneFormat = [{ name: 'Unknown' }];

  it.each([
    [
      'an upper-case digest',
      file({ characteristics: [{ fixity: [{ algorithm: 'md5', digest: 'A'.repeat(32) }], formats: oneFormat }] }),
    ],
    ['a negative size', file({ characteristics: [{ size: -1, formats: oneFormat }] })],
    ['a fraction of a byte', file({ characteristics: [{ size: 1.5, formats: oneFormat }] })],
    ['no format', file({ characteristics: [{ formats: [] }] })],
    ['no identifier', file({ identifiers: [] })],
    ['an empty name', file({ originalName: '' })],
    ['a PRONOM key of another shape', file({ characteristics: [{ formats: [{ name: 'x', puid: 'fmt/' }] }] })],
    [
      'a date in words',
      file({ characteristics: [{ formats: oneFormat, creatingApplication: { name: 'x', created: '20 August' } }] }),
    ],
    [
      '30 February',
      file({ characteristics: [{ formats: oneFormat, creatingApplication: { name: 'x', created: '2026-02-30' } }] }),
    ],
  ])('lets the guard stop %s', async (_, object) => {
    using guard = await openPremisGuard();
    await expect(writePremis(sink, { objects: [object] }, guard)).rejects.toMatchObject({ code: 'premis/not-valid' });
  });

  it.each([
    ['an event without an agent', { ...event, agents: [] as unknown as typeof event.agents }],
    ['an event without an object', { ...event, objects: [] as unknown as typeof event.objects }],
    ['a note of white space', { ...event, notes: [' \n'] as const }],
  ])('lets the guard stop %s', async (_, broken) => {
    using guard = await openPremisGuard();
    await expect(writePremis(sink, { objects: [file()], events: [broken] }, guard)).rejects.toMatchObject({
      code: 'premis/not-valid',
    });
  });

  it.each([
    ['an unknown event type', { objects: [file()], events: [{ ...event, type: 'registration' as 'imaging' }] }],
    [
      'a digest of the wrong length',
      { objects: [file({ characteristics: [{ fixity: [{ algorithm: 'md5', digest: 'aa' }], formats: oneFormat }] })] },
    ],
    ['no object at all', { objects: [], events: [event] }],
    ['an event among the objects', { objects: [event as unknown as PremisFile] }],
  ])('stops at once with a TypeError for %s', async (_, content) => {
    using guard = await openPremisGuard();
    await expect(writePremis(sink, content, guard)).rejects.toThrow(TypeError);
  });

  it.each(['+010000-01-01', 'no date'])('stops with an error for the impossible time %s', async (time) => {
    using guard = await openPremisGuard();
    await expect(writePremis(sink, { objects: [file()], events: [{ ...event, at: new Date(time) }] }, guard)).rejects.toThrow(
      /Invalid time value|not be valid|would break/,
    );
  });

  it('refuses an entity that readPremis would not read', async () => {
    const objects = Array.from(
      { length: 200_000 },
      () => ({ ...local('y'), role: 'source' }) as const,
    ) as unknown as typeof event.objects;
    await expect(
      writePremis(sink, { objects: [file()], events: [{ ...event, objects }] }, { check: sink, [Symbol.dispose]: sink }),
    ).rejects.toThrow(/link to the representation/);
  });

  it('makes identifiers only of UUIDs', () => {
    expect(() => uuid('019A0000-0000-7000-8000-000000000001')).toThrow(TypeError);
    expect(() => preservationEvent({ ...event, id: 'event 1' })).toThrow(TypeError);
  });
});
