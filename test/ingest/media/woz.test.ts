/** WOZ: whole disks that MAME wrote, what is told, and what is refused. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Media, openMedia } from '#ingest/media';
import { bufferSource } from './buffer-source.ts';
import { absent, changed, codes, fixture } from './flux/fixture.ts';
import { has, run } from './tools.ts';

const open = (bytes: Buffer): Promise<Media> => openMedia(bufferSource(bytes), undefined, 'woz');
const dos = fixture('woz/dos.woz');

it.runIf(has('floptool')).each([
  ['a2_16sect_dos', 143_360, { cylinders: 35, sectorOrder: 'DOS 3.3' }],
  ['apple_gcr', 819_200, { cylinders: 80, heads: 2 }],
])('reads whole disks that floptool made of %s', async (format, size, facts) => {
  const folder = await mkdtemp(join(tmpdir(), 'woz-'));
  const truth = randomBytes(size);
  await writeFile(join(folder, 'disk.img'), truth);
  run('floptool', ['flopconvert', format, 'woz', 'disk.img', 'disk.woz'], folder);
  await using media = await open(await readFile(join(folder, 'disk.woz')));
  expect((await media.read(0, media.size)).equals(truth)).toBe(true);
  expect(media.facts).toMatchObject({ ...facts, captureTool: 'MAME', missingSectors: 0, badCrcSectors: 0 });
  await rm(folder, { recursive: true });
});

describe('the facts', () => {
  it('say what its chunks say', async () => {
    await using media = await open(fixture('woz/dos-v1.woz'));
    expect(media.facts).toMatchObject({
      subformat: 'WOZ 1',
      diskType: '5.25-inch',
      captureTool: 'MAME',
      title: 'Strongroom',
      side: 'Disk 1, Side A',
      capturedAt: '2021-02-03T04:05:06Z',
    });
    expect(media.warnings).toEqual([]);
  });

  it('name the order of the sectors, which ProDOS has its own of', async () => {
    await using media = await open(fixture('woz/prodos.woz'));
    expect(media.facts).toMatchObject({ sectorOrder: 'ProDOS', goodSectors: 48 });
  });

  it('list tracks between the tracks', async () => {
    const map = dos.indexOf('TMAP') + 8;
    await using media = await open(changed(dos, map + 4, 0xff, 0xff, 1));
    expect(media.facts).toMatchObject({ tracksBetween: ['1.5'] });
    expect(await absent(media)).toEqual([{ offset: 4096, length: 4096, kind: 'absent' }]);
  });
});

describe('is refused or warned of', () => {
  it('a wrong CRC', async () => {
    await using media = await open(changed(dos, 9, 0));
    expect(codes(media)).toEqual(['woz/crc']);
    await using unsummed = await open(changed(dos, 8, 0, 0, 0, 0));
    expect(unsummed.warnings).toEqual([]);
  });

  it.each([
    ['no chunks', dos.subarray(0, 12)],
    ['nothing but its mark', dos.subarray(0, 9)],
    ['no map', changed(dos, dos.indexOf('TMAP'), 0x58)],
    ['a chunk of 4 GiB', changed(dos, dos.indexOf('INFO') + 4, 0xff, 0xff, 0xff, 0xff)],
  ])('%s', async (_what, bytes) => {
    await expect(open(bytes)).rejects.toMatchObject({ code: 'woz/chunks' });
  });

  it.each([
    ['past the end', [0xff, 0xff, 13, 0, 0x92, 0xc7, 0, 0]],
    ['longer than its blocks', [3, 0, 13, 0, 0xff, 0xff, 0xff, 0xff]],
  ])('a track %s spoils that track', async (_what, entry) => {
    await using media = await open(changed(dos, dos.indexOf('TRKS') + 16, ...entry));
    expect(codes(media)).toEqual(['woz/crc', 'woz/track-outside', 'woz/sectors-unread']);
    expect(media.facts['goodSectors']).toBe(32);
  });

  it('a disk of other tracks than those it reads', async () => {
    const bytes = Buffer.from(dos);
    for (let at = bytes.indexOf('TRKS') + 8 + 1280; at < bytes.length; at++) bytes[at] = 0xff;
    await expect(open(bytes)).rejects.toMatchObject({
      code: 'woz/no-sectors',
      facts: { protectedOrUnknownTracks: ['0.0', '1.0', '2.0'] },
    });
  });
});
