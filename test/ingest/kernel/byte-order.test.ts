/** byteOrder(): what comparing the bytes says. */
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { byteOrder } from '#ingest/kernel';

it('is the order of the bytes in UTF-8, for any text', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '/', 'ü', '中', '\ue000', '\uffff', '😀', '𐀀') });
  fc.assert(
    fc.property(text, text, (a, b) => {
      expect(Math.sign(byteOrder(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
  );
});
