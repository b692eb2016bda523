/** Runs of bits are what counting bit by bit gives. */
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { bitRuns } from '#built/ingest/media/sector-bitmap';

const bytes = fc.array(fc.oneof(fc.constant(0), fc.constant(0xff), fc.integer({ min: 0, max: 255 })), {
  minLength: 1,
  maxLength: 40,
});

it.each([['highest'], ['lowest']] as const)(
  'bits counted from the %s are runs without gaps, each as long as it can be',
  (firstBit) => {
    fc.assert(
      fc.property(bytes, fc.nat(), fc.nat(), (list, a, b) => {
        const bitmap = Buffer.from(list);
        const count = list.length * 8;
        const [from, to] = [a % count, b % (count + 1)].toSorted((x, y) => x - y) as [number, number];
        const isSet = (bit: number): boolean =>
          ((bitmap[bit >> 3]! >> (firstBit === 'highest' ? 7 - (bit % 8) : bit % 8)) & 1) === 1;
        let at = from;
        let before: boolean | undefined;
        for (const run of bitRuns(bitmap, from, to, firstBit)) {
          expect(run.first).toBe(at);
          expect(run.isSet).not.toBe(before);
          for (let bit = run.first; bit < run.end; bit++) expect(isSet(bit)).toBe(run.isSet);
          before = run.isSet;
          at = run.end;
        }
        expect(at).toBe(to);
      }),
    );
  },
);
