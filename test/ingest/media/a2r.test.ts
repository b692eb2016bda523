/** A2R: what is told, and what is refused. */
import { describe, expect, it } from 'vitest';
import { type Media, openMedia } from '#ingest/media';
import { bufferSource } from './buffer-source.ts';
import { changed, codes, fixture } from './flux/fixture.ts';

const open = (bytes: Buffer): Promise<Media> => openMedia(bufferSource(bytes), undefined, 'a2r');
const v2 = fixture('a2r/dos-v2.a2r');
const v3 = fixture('a2r/dos-v3.a2r');

it.each([
  ['2', v2, { drive: '5.25-inch, one side, quarter tracks', encoding: ['Apple II GCR (6-and-2), 16 × 256 bytes: 2 tracks'] }],
  ['3', v3, { drive: '5.25-inch, one side, quarter tracks', sectorOrder: 'DOS 3.3' }],
  [
    '3',
    fixture('a2r/mac-800k.a2r'),
    { drive: '3.5-inch, two sides, Apple', encoding: ['Macintosh GCR, 12 × 512 bytes: 2 tracks'] },
  ],
])('of version %s says what captured it, and what', async (version, bytes, facts) => {
  await using media = await open(bytes);
  expect(media.facts).toMatchObject({
    ...facts,
    subformat: `A2R ${version}`,
    captureTool: 'Applesauce',
    captureToolVersion: '1.88.4',
    capturedAt: '2021-02-03T04:05:06Z',
    title: 'Strongroom',
  });
  expect(media.warnings).toEqual([]);
});

describe('is refused or warned of', () => {
  it.each([
    ['no chunks', v3.subarray(0, 8), 'a2r/chunks'],
    ['no captures', v3.subarray(0, v3.indexOf('RWCP')), 'a2r/no-sectors'],
    ['ticks of no length', changed(v3, v3.indexOf('RWCP') + 9, 0, 0, 0, 0), 'a2r/resolution'],
    ['ticks of a second', changed(v3, v3.indexOf('RWCP') + 9, 0xff, 0xff, 0xff, 0xff), 'a2r/resolution'],
  ])('%s', async (_what, bytes, code) => {
    await expect(open(bytes)).rejects.toMatchObject({ code });
  });

  it.each([
    ['2', v2.subarray(0, 60_000)],
    ['3', v3.subarray(0, 60_000)],
  ])('a cut, version %s', async (_version, bytes) => {
    await using media = await open(bytes);
    expect(codes(media)).toEqual(['a2r/chunk-cut', 'a2r/captures-cut']);
    expect(media.facts['goodSectors']).toBe(16);
  });
});
