/** What is special to CloneCD images. */
import { describe, expect, it } from 'vitest';
import { alone, formats } from '#ingest/media';
import { bufferSource } from './buffer-source.ts';
import { codes, extentsIn, fixture, openDisc } from './disc-set.ts';

const control = fixture('ccd/mixed/mixed.ccd').toString();
const img = fixture('ccd/mixed/mixed.img');
const sub = fixture('ccd/mixed/mixed.sub');
const opened = (text: string, files = {}) => openDisc({ 'mixed.ccd': text, 'MIXED.IMG': img, 'mixed.sub': sub, ...files });

describe('a CloneCD image', () => {
  it('has its files beside it, called like itself', async () => {
    await using media = await opened(control);
    expect(media.parts).toEqual(['MIXED.IMG', 'mixed.sub']);
    expect(media.facts).toMatchObject({ formatVersion: '3', tracks: ['01 MODE1/2352 LBA 0-323', '02 AUDIO LBA 324-523'] });
    expect(media.warnings).toEqual([]);
    const named = await formats.get('ccd')?.files?.(bufferSource(Buffer.from(control)), 'a.b.ccd');
    expect(named).toEqual([{ name: 'a.b.img' }, { name: 'a.b.sub', isOptional: true }]);
  });

  it('lacks its .img, which is told, but needs no .sub', async () => {
    await expect(openDisc({ 'x.ccd': control })).rejects.toMatchObject({
      code: 'ccd/file-missing',
      facts: { missing: ['x.img'] },
    });
    await expect(formats.get('ccd')?.open(bufferSource(Buffer.from(control)), alone)).rejects.toMatchObject({ kind: 'missing' });
    await using media = await openDisc({ 'x.ccd': control, 'x.img': img });
    expect(media.parts).toEqual(['x.img']);
  });

  it('warns of a .sub that does not fit', async () => {
    await using media = await opened(control, { 'mixed.sub': sub.subarray(96) });
    expect(codes(media)).toEqual(['ccd/sub-size']);
  });

  it('warns of sectors that no track takes: its table of contents has lost one', async () => {
    const text = fixture('ccd/sessions/sessions.ccd').toString().replace('[Entry 3]', '[Entry 3').replace('Point=0x02', 'x');
    await using media = await openDisc({ 'sessions.ccd': text, 'sessions.img': fixture('ccd/sessions/sessions.img') });
    expect(codes(media)).toEqual(['ccd/left-over']);
    expect(await extentsIn(media)).toBe('data 0+324');
  });

  it('has two sessions, whose space between is absent', async () => {
    const files = { 'sessions.ccd': fixture('ccd/sessions/sessions.ccd'), 'sessions.img': fixture('ccd/sessions/sessions.img') };
    await using media = await openDisc(files);
    expect(await extentsIn(media)).toBe('data 0+324 absent 324+11400 data 11724+324');
    expect(media.facts['sessions']).toEqual(['1: tracks 1-1 from LBA 0', '2: tracks 2-2 from LBA 11724']);
  });

  it('that is cut has lost what its table of contents knows', async () => {
    await using media = await opened(control, { 'MIXED.IMG': img.subarray(0, 2352 * 100), 'mixed.sub': Buffer.alloc(9600) });
    expect(codes(media)).toEqual(['optical/sectors-lost']);
    expect(await extentsIn(media)).toBe('data 0+100 absent 100+224');
  });

  it.each([
    ['ccd/scrambled', control.replace('DataTracksScrambled=0', 'DataTracksScrambled=1')],
    ['ccd/no-lead-out', control.replace('Point=0xa2', 'Point=0xa3')],
    ['ccd/order', control.replace('PLBA=0\r', 'PLBA=9000\r')],
    ['ccd/entry', control.replace('Point=0x02', 'Point=0x01')],
    ['ccd/entry', control.replace('Point=0x02', 'Point=0x00')],
    ['ccd/number', control.replace('PLBA=0\r', 'PLBA=99999999999\r')],
    ['ccd/number', control.replace('PLBA=0\r', '')],
    ['ccd/no-track', '[CloneCD]\nVersion=3\n'],
    ['ccd/no-data-track', control.replaceAll('Control=0x04', 'Control=0x00')],
    ['ccd/sections', `[CloneCD]\n${Array.from({ length: 2000 }, (_, i) => `[Entry ${i}]\n`).join('')}`],
    ['ccd/too-long', control + 'x'.repeat(1 << 20)],
    ['optical/address-range', control.replaceAll(/PLBA=(324|524)/g, 'PLBA=9$100000')],
    ['optical/address-range', control.replace('PLBA=0\r', 'PLBA=-150\r')],
  ])('that is damaged, forged or of a kind not read is refused: %s', async (code, text) => {
    await expect(opened(text)).rejects.toMatchObject({ code });
  });
});
