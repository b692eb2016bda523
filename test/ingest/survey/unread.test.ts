/** Which bytes of a file were never read from the carrier: the ranges of the medium, joined to where the file lies. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergedRanges, unreadParts } from '#built/ingest/survey/unread';

describe('unread parts of a file', () => {
  it('are exactly its bytes that lie in an unread range', () => {
    const ranges = fc.array(fc.record({ offset: fc.nat(300), length: fc.nat(40) }), { maxLength: 8 });
    const pieces = fc.array(fc.record({ imageOffset: fc.nat(300), length: fc.integer({ min: 1, max: 30 }) }), { maxLength: 8 });
    fc.assert(
      fc.property(ranges, pieces, (unread, places) => {
        let fileOffset = 0;
        const runs = places.map(({ imageOffset, length }) => {
          const run = { kind: 'stored' as const, fileOffset, length, imageOffset };
          fileOffset += length;
          return run;
        });
        const isUnread = (at: number): boolean => unread.some(({ offset, length }) => offset <= at && at < offset + length);
        const expected = runs.flatMap(({ fileOffset: start, length, imageOffset }) =>
          Array.from({ length }, (_, i) => i).flatMap((i) => (isUnread(imageOffset + i) ? [start + i] : [])),
        );
        const found = unreadParts(runs, mergedRanges(unread)).flatMap(({ offset, length }) => Array.from({ length }, (_, i) => offset + i));
        expect(found).toEqual(expected);
      }),
    );
  });

  it('are all of a packed run, since nothing of it can be unpacked for sure', () => {
    const runs = [{ kind: 'packed' as const, fileOffset: 0, length: 65_536, imageOffset: 4096, packedLength: 9000 }];
    expect(unreadParts(runs, [{ offset: 8192, length: 512 }])).toEqual([{ offset: 0, length: 65_536 }]);
    expect(unreadParts(runs, [{ offset: 13_096, length: 512 }])).toEqual([]);
  });
});
