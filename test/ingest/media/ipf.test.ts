/** IPF: what is told, and what is refused. */
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type Media, openMedia } from '#ingest/media';
import { bufferSource } from './buffer-source.ts';
import { absent, changed, codes, fixture } from './flux/fixture.ts';

const open = (bytes: Buffer): Promise<Media> => openMedia(bufferSource(bytes), undefined, 'ipf');
const amiga = fixture('ipf/amiga.ipf');
const image = amiga.indexOf('IMGE');
const last = amiga.lastIndexOf('DATA');

/** The record at `at` with `value` in its field at `field`, and its CRC right again. */
function rewritten(at: number, field: number, value: number, original = amiga): Buffer {
  const copy = Buffer.from(original);
  copy.writeUInt32BE(value, at + field);
  copy.writeUInt32BE(0, at + 8);
  copy.writeUInt32BE(crc32(copy.subarray(at, at + copy.readUInt32BE(at + 4))), at + 8);
  return copy;
}

it.each([
  ['amiga', { subformat: 'IPF, encoder CAPS', platforms: ['Amiga'], encoding: ['Amiga MFM, 11 × 512 bytes: 4 tracks'] }],
  ['amiga-sps', { subformat: 'IPF, encoder SPS', platforms: ['Amiga'] }],
  ['atari-st', { platforms: ['Atari ST'], encoding: ['IBM MFM, 9 × 512 bytes: 4 tracks'] }],
])('%s says what it is of', async (name, facts) => {
  await using media = await open(fixture(`ipf/${name}.ipf`));
  expect(media.facts).toMatchObject({
    ...facts,
    cylinderRange: '0–1',
    headRange: '0–1',
    createdAt: '2005-06-07T11:22:33',
    release: 843,
    diskNumber: 2,
    creatorId: 99,
    missingSectors: 0,
  });
  expect(media.warnings).toEqual([]);
});

describe('is refused or warned of', () => {
  it('a track that says it is protected', async () => {
    await using media = await open(rewritten(image, 20, 4));
    expect(media.facts).toMatchObject({ protectedTracks: ['0.0'], goodSectors: 44 });
  });

  it('a record that fails its CRC', async () => {
    await using media = await open(changed(amiga, image + 40, 1));
    expect(codes(media)).toEqual(['ipf/record-crc']);
  });

  it('data that fail their CRC: they are not read', async () => {
    await using media = await open(changed(amiga, amiga.length - 100, 0xff));
    expect(codes(media)).toEqual(['ipf/data-crc', 'ipf/sectors-unread']);
    expect(await absent(media)).toEqual([{ offset: 33 * 512, length: 11 * 512, kind: 'absent' }]);
  });

  it.each([
    ['more blocks than its data', 52, 0x7fffffff, 'ipf/track'],
    ['more cells than any floppy', 48, 0x7fffffff, 'ipf/track'],
    ['a place of its own', 12, 9999, 'ipf/track-place'],
    ['the place of another', 12, 1, 'ipf/track-place'],
  ])('a track with %s', async (_what, field, value, code) => {
    await using media = await open(rewritten(image, field, value));
    expect(codes(media)).toContain(code);
    expect(media.facts['goodSectors']).toBe(33);
  });

  it('data past the end', async () => {
    await using media = await open(rewritten(last, 12, 0x7fffffff));
    expect(codes(media)).toContain('ipf/data-outside');
  });

  it.each([
    ['no INFO', amiga.subarray(0, 60), 'ipf/info'],
    ['no tracks', amiga.subarray(0, image), 'ipf/no-sectors'],
    ['no data', amiga.subarray(0, amiga.indexOf('DATA')), 'ipf/no-sectors'],
    ['an encoder of its own', rewritten(12, 16, 7), 'ipf/encoder'],
    ['no floppy', rewritten(12, 12, 2), 'ipf/encoder'],
    ['a record of 4 GiB', changed(amiga, 16, 0xff, 0xff, 0xff, 0xff), 'ipf/info'],
    ['a record of no length', changed(amiga, 16, 0, 0, 0, 0), 'ipf/info'],
  ])('%s', async (_what, bytes, code) => {
    await expect(open(bytes)).rejects.toMatchObject({ code });
  });
});
