/** HFE: what is told of damage, and what is refused. */
import { describe, expect, it } from 'vitest';
import { type Media, openMedia } from '#ingest/media';
import { bufferSource } from './buffer-source.ts';
import { absent, changed, codes, fixture } from './flux/fixture.ts';

const open = (bytes: Buffer): Promise<Media> => openMedia(bufferSource(bytes), undefined, 'hfe');
const pc = fixture('hfe/pc-720k.hfe');

describe('the facts', () => {
  it('say what the header says', async () => {
    await using media = await open(pc);
    expect(media.facts).toMatchObject({
      subformat: 'HFE v1',
      trackEncoding: 'ISO/IBM MFM',
      interfaceMode: 'Generic Shugart DD',
      bitRate: '250 kbit/s',
      rotationTimeMs: 200,
      goodSectors: 36,
    });
    expect(media.warnings).toEqual([]);
  });

  it('list what could not be read', async () => {
    await using media = await open(fixture('hfe/pc-damaged.hfe'));
    expect(media.facts).toMatchObject({
      incompleteTracks: ['1.0: 8 of 9 good, bad checksum 9', '1.1: 0 of 9 good, not found 1 2 3 4 5 6 7 8 9'],
      protectedOrUnknownTracks: ['1.1'],
    });
    expect(await absent(media)).toEqual([{ offset: 26 * 512, length: 10 * 512, kind: 'absent' }]);
  });

  it('name version 3, whose random bits are no data', async () => {
    const v3 = fixture('hfe/pc-720k-v3.hfe');
    const random = 0b0010_1111; // F4, its lowest bit first
    await using media = await open(changed(v3, 1024 + 1024, ...Array.from({ length: 16 }, () => random)));
    expect(media.facts).toMatchObject({ subformat: 'HFE v3', goodSectors: 35 });
  });
});

describe('is refused or warned of', () => {
  it.each([
    ['another mark', changed(pc, 0, 0x58), 'hfe/signature'],
    ['version 2', changed(pc, 8, 1), 'hfe/revision'],
    ['no sides', changed(pc, 10, 0), 'hfe/geometry'],
    ['nine sides', changed(pc, 10, 9), 'hfe/geometry'],
    ['no cylinders', changed(pc, 9, 0), 'hfe/geometry'],
    ['a track list past the end', changed(pc, 18, 0xff, 0xff), 'hfe/list-outside'],
    ['a track list over the header', changed(pc, 18, 0, 0), 'hfe/list-outside'],
    ['no cells', changed(pc, 512, 2, 0, 0, 0, 2, 0, 0, 0), 'hfe/no-sectors'],
    ['nothing but its header', pc.subarray(0, 512), 'hfe/list-outside'],
    ['nothing but its mark', pc.subarray(0, 8), 'layout/short'],
  ])('%s', async (_what, bytes, code) => {
    await expect(open(bytes)).rejects.toMatchObject({ code });
  });

  it('a track past the end: the disk keeps its cylinders', async () => {
    await using media = await open(changed(pc, 516, 0xff, 0xff));
    expect(codes(media)).toEqual(['hfe/track-outside', 'hfe/track-outside', 'hfe/sectors-unread']);
    expect(await absent(media)).toEqual([{ offset: 18 * 512, length: 18 * 512, kind: 'absent' }]);
  });
});
