/** What is special to Alcohol images. */
import { describe, expect, it } from 'vitest';
import { formats } from '#ingest/media';
import { bufferSource } from './buffer-source.ts';
import { changed, codes, extentsIn, fixture, openDisc } from './disc-set.ts';

const mds = fixture('mds/mixed/mixed.mds');
const mdf = fixture('mds/mixed/mixed.mdf');
const opened = (bytes: Buffer, data = mdf) => openDisc({ 'mixed.mds': bytes, 'mixed.mdf': data });
const FIRST_BLOCK = 88 + 24;
const BLOCK = FIRST_BLOCK + 2 * 80; // track 1: two blocks of the lead-in stand before it
const little = (n: number): number[] => [n & 255, (n >> 8) & 255, (n >> 16) & 255, (n >> 24) & 255];

describe('an Alcohol image', () => {
  it('tells the disc, and its file', async () => {
    await using media = await opened(mds);
    expect(media.facts).toMatchObject({
      discType: 'CD-ROM',
      formatVersion: '1.3',
      tracks: ['01 MODE1/2352 LBA 0-323', '02 AUDIO LBA 324-443'],
    });
    expect(media.parts).toEqual(['mixed.mdf']);
    await using dvd = await openDisc({ 'dvd.mds': fixture('mds/dvd/dvd.mds'), 'dvd.mdf': fixture('mds/dvd/dvd.mdf') });
    expect(dvd.facts).toMatchObject({ discType: 'DVD-ROM', tracks: ['01 MODE1/2048 LBA 0-323'] });
  });

  it('may lie in several files, asked for by bare name', async () => {
    const sheet = fixture('mds/sessions/sessions.mds');
    expect(await formats.get('mds')?.files?.(bufferSource(sheet), 'x.mds')).toEqual([
      { name: 'sessions.mdf' },
      { name: 'sessions.i00' },
    ]);
    const files = { 'sessions.mdf': fixture('mds/sessions/sessions.mdf'), 'sessions.i00': fixture('mds/sessions/SESSIONS.I00') };
    await using media = await openDisc({ 'x.mds': sheet, ...files });
    expect(await extentsIn(media)).toBe('data 0+324 absent 324+11400 data 11724+324');
    await expect(openDisc({ 'x.mds': sheet, 'sessions.mdf': files['sessions.mdf'] })).rejects.toMatchObject({
      code: 'mds/file-missing',
      facts: { missing: ['sessions.i00'] },
    });
  });

  it('warns of tracks that its description counts and does not tell', async () => {
    const sheet = changed(fixture('mds/sessions/sessions.mds'), 220, 0xb9);
    const files = { 'sessions.mdf': fixture('mds/sessions/sessions.mdf'), 'sessions.i00': fixture('mds/sessions/SESSIONS.I00') };
    await using media = await openDisc({ 'x.mds': sheet, ...files });
    expect(codes(media)).toEqual(['mds/track-count']);
  });

  it('that is cut has lost what its description knows', async () => {
    await using media = await opened(mds, mdf.subarray(0, 2352 * 100 + 7));
    expect(codes(media)).toEqual(['optical/sectors-lost']);
    expect(await extentsIn(media)).toBe('data 0+100 absent 100+224');
  });

  it.each([
    ['mds/version', changed(mds, 16, 2)],
    ['mds/sessions', changed(mds, 20, 0, 0)],
    ['mds/sessions', changed(mds, 20, 255, 255)],
    ['mds/outside', changed(mds, 20, 99, 0)],
    ['mds/outside', changed(mds, 0x50, ...little(0x7fffffff))],
    ['mds/outside', changed(mds, 88 + 20, ...little(mds.length))],
    ['mds/outside', changed(mds, BLOCK + 0x0c, ...little(mds.length - 7))],
    ['mds/outside', changed(mds, BLOCK + 0x34, ...little(mds.length - 3))],
    ['mds/files', changed(mds, BLOCK + 0x30, ...little(0x7fffffff))],
    ['mds/no-track', changed(mds, 88 + 10, 2)],
    ['mds/track', changed(mds, BLOCK + 80 + 4, 1)],
    ['mds/sector-size', changed(mds, BLOCK + 0x10, 1, 0)],
    ['mds/sector-size', changed(mds, BLOCK, 6)],
    ['mds/no-data-track', changed(mds, BLOCK, 1)],
    ['mds/name', changed(mds, mds.length - 6, 0)],
    ['optical/address-range', changed(mds, BLOCK + 0x24, ...little(-150))],
    ['optical/no-sectors', changed(mds, BLOCK + 0x28, ...little(0x7fffffff))],
    ['layout/number-too-large', changed(mds, BLOCK + 0x2c, ...little(-1))],
    ['layout/short', mds.subarray(0, 90 - 3)],
  ])('that is damaged or forged is refused: %s', async (code, bytes) => {
    const refused = formats.get('mds')?.open(bufferSource(bytes), {
      own: 'mixed.mds',
      names: ['mixed.mdf'],
      find: (name) => Promise.resolve(name === 'mixed.mdf' ? bufferSource(mdf) : undefined),
      media: () => Promise.resolve(undefined),
      inner: () => Promise.reject(new TypeError('no wrapper')),
    });
    await expect(refused).rejects.toMatchObject({ code });
  });

  it('whose sessions all point to the same blocks is refused', async () => {
    const session = mds.subarray(88, 88 + 24);
    const blocks = Buffer.from(mds);
    const twice = Buffer.concat([blocks, session, session]);
    const looped = changed(changed(twice, 20, 2, 0), 0x50, ...little(mds.length));
    await expect(opened(looped)).rejects.toMatchObject({ code: 'mds/track' });
  });
});
