/** Every volume scheme in the registry must pass this, unasked: drop fixtures in test/fixtures/volumes/<id>/ (see volume-cases.ts). */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fault } from '#ingest/kernel';
import { schemes, volumesOf } from '#ingest/volumes';
import { bufferSource } from '../ingest/media/buffer-source.ts';
import { casesOf } from './volume-cases.ts';

/** Everything an inspection does. What is no Fault is thrown on. */
async function exercise(medium: Buffer, sectorSize: number): Promise<void> {
  try {
    const { volumes, gaps } = await volumesOf(bufferSource(medium), sectorSize);
    for (const { offset, length } of [...volumes, ...gaps]) {
      expect(offset).toBeGreaterThanOrEqual(0);
      expect(offset + length).toBeLessThanOrEqual(medium.length);
    }
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
  }
}

describe.each([...schemes.keys()])('%s', (id) => {
  const cases = casesOf(id);

  it('has at least one fixture', () => expect(cases).not.toEqual([]));

  it('names its sources', () => expect(schemes.get(id)?.sources).not.toEqual([]));

  describe.each(cases)('$name', ({ medium, truth }) => {
    const sectorSize = truth.sectorSize ?? 512;

    it('lists the volumes that the truth lists, and nothing else', async () => {
      const { tables, volumes, warnings } = await volumesOf(bufferSource(medium), sectorSize);
      expect(tables.map(({ scheme }) => scheme)).toContain(id);
      expect(volumes).toHaveLength(truth.volumes.length);
      for (const [index, expected] of truth.volumes.entries()) expect(volumes[index]).toMatchObject(expected);
      const table = tables.find(({ scheme }) => scheme === id);
      expect(truth.diskId === undefined || table?.diskId === truth.diskId).toBe(true);
      expect(new Set(warnings.map(({ code }) => code))).toEqual(new Set(truth.faults));
    });

    it('has gaps that no volume and no table reaches into', async () => {
      const { tables, volumes, gaps } = await volumesOf(bufferSource(medium), sectorSize);
      const taken = [
        ...volumes.filter(({ isContainer }) => !isContainer),
        ...tables.flatMap(({ base, areas }) => areas.map((area) => ({ ...area, offset: base + area.offset }))),
      ];
      for (const gap of gaps)
        for (const { offset, length } of taken)
          expect(offset >= gap.offset + gap.length || offset + length <= gap.offset).toBe(true);
      const bytes = new Uint8Array(medium.length);
      for (const { offset, length } of [...taken, ...gaps]) bytes.fill(1, offset, offset + length);
      expect(bytes.includes(0)).toBe(false);
    });

    it('answers damage and cuts with warnings, never a crash or a hang', async () => {
      const size = medium.length;
      const near = fc.oneof(
        fc.nat(Math.min(size, 4096) - 1),
        fc.nat(size - 1),
        fc.integer({ min: Math.max(0, size - 34 * 512), max: size - 1 }),
      );
      const changes = fc.array(fc.tuple(near, fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 8 });
      await fc.assert(
        fc.asyncProperty(changes, fc.oneof(fc.constant(size), fc.nat(size)), async (places, length) => {
          const damaged = Buffer.from(medium);
          for (const [at, change] of places) damaged[at] = (damaged[at] ?? 0) ^ change;
          await exercise(damaged.subarray(0, length), sectorSize);
        }),
        { numRuns: 100, interruptAfterTimeLimit: 2000 },
      );
    });
  });
});
