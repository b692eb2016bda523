/** LZHUF: against what another program unpacks of the same bytes, and against bytes that are no such stream. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lzhuf } from '#built/ingest/media/floppy/lzhuf';
import { fixture } from './fixture.ts';

const LIMIT = 32 * 1024 * 1024;

describe('lzhuf', () => {
  it('unpacks what is packed in an advanced Teledisk image to what the plain one has', () => {
    const plain = fixture('td0/pc180.td0').subarray(12);
    const unpacked = lzhuf(fixture('td0/advanced.td0').subarray(12), LIMIT);
    expect(unpacked.subarray(0, plain.length).equals(plain)).toBe(true);
    expect(unpacked.length - plain.length).toBeLessThan(2);
  });

  it('gives the beginning of a stream that is cut', () => {
    const packed = fixture('td0/advanced.td0').subarray(12);
    const whole = lzhuf(packed, LIMIT);
    const part = lzhuf(packed.subarray(0, 4000), LIMIT);
    expect(part.length).toBeGreaterThan(4000);
    expect(whole.subarray(0, part.length).equals(part)).toBe(true);
  });

  it('ends with any bytes, within its limit and within a second', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), (bytes) => {
        expect(lzhuf(bytes, 100_000).length).toBeLessThanOrEqual(100_000);
      }),
      { numRuns: 50 },
    );
    for (const byte of [0x00, 0x55, 0xff])
      expect(lzhuf(Buffer.alloc(4_000_000, byte), 1_000_000).length).toBeLessThanOrEqual(1_000_000);
    expect(lzhuf(Buffer.alloc(0), LIMIT).length).toBe(0);
  });
});
