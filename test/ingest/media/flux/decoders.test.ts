/** From flux to sectors, over drives of all kinds; and bytes of no kind. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cellsOfBytes } from '#built/ingest/media/flux/cells';
import { amigaSectors } from '#built/ingest/media/flux/amiga';
import { gcrSectors } from '#built/ingest/media/flux/gcr';
import { fmSectors, mfmSectors } from '#built/ingest/media/flux/ibm';
import { readStream } from '#built/ingest/media/flux/kryoflux-stream';
import { TUNINGS, cellsOfFlux, shortestPeak } from '#built/ingest/media/flux/pll';
import { continued } from '#built/ingest/media/flux/revolution';
import { dataOf, fluxOf, mfmTrack, noise, sectorsOf } from './disk.ts';

const cells = mfmTrack(sectorsOf(7, 1));

describe.each(TUNINGS)('a drive, followed with period $period and phase $phase', (tuning) => {
  it.each([
    ['that is exact', 2000, 0],
    ['that trembles', 2000, 250],
    ['of high density', 1000, 150],
    ['of extra density', 500, 60],
    ['of 360 turns a minute', 1667, 250],
    ['that is 4 % slow', 2080, 250],
  ])('%s gives all sectors', (_what, cellNs, jitterNs) => {
    const own = Float64Array.from(fluxOf(cells, cellNs, jitterNs));
    const flux = continued(own, own);
    const peak = shortestPeak(flux) ?? 0;
    expect(Math.abs(peak / (2 * cellNs) - 1)).toBeLessThan(0.05);
    const sectors = mfmSectors(cellsOfFlux(flux, peak / 2, tuning));
    expect(sectors.map(({ record }) => record)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for (const { record, data } of sectors) expect(data).toEqual(dataOf(7, 1, record));
  });
});

it('a sector across the index is whole, wherever the track begins', () => {
  const own = fluxOf(cells, 2000, 0);
  fc.assert(
    fc.property(fc.nat(own.length - 1), (start) => {
      const turned = Float64Array.from([...own.slice(start), ...own.slice(0, start)]);
      const sectors = mfmSectors(cellsOfFlux(continued(turned, turned), 2000, { period: 0.05, phase: 0.6 }));
      const good = new Set(sectors.filter(({ data }) => data !== undefined).map(({ record }) => record));
      expect([...good].toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }),
    { numRuns: 30 },
  );
});

it('noise and silence have no cells to lock to, or give no sectors', () => {
  expect(shortestPeak(continued(new Float64Array(100), new Float64Array()))).toBeUndefined();
  const flux = continued(Float64Array.from(noise()), new Float64Array());
  expect(mfmSectors(cellsOfFlux(flux, 2000, { period: 0.05, phase: 0.6 }))).toEqual([]);
});

it('any bytes at all give no good sector, and an answer', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 3000 }), fc.boolean(), (bytes, lowFirst) => {
      const track = cellsOfBytes(bytes, bytes.length * 8, lowFirst);
      for (const decode of [mfmSectors, fmSectors, amigaSectors, gcrSectors])
        expect(decode(track).filter(({ data }) => data !== undefined)).toEqual([]);
      readStream(Buffer.from(bytes));
    }),
  );
});
