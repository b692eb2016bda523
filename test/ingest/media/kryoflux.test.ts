/** KryoFlux: which files are its tracks, what is told of damage, and what is refused. */
import { describe, expect, it } from 'vitest';
import { type Media, companionsOf, openMedia } from '#ingest/media';
import { bufferSource } from './buffer-source.ts';
import { absent, changed, codes, fixture } from './flux/fixture.ts';

const pc = new Map(
  ['00.0', '00.1', '01.0', '01.1'].map((track) => [`track${track}.raw`, fixture(`kryoflux/pc/track${track}.raw`)]),
);
const first = pc.get('track00.0.raw') ?? Buffer.alloc(0);
const other = pc.get('track01.0.raw') ?? Buffer.alloc(0);

async function open(files: ReadonlyMap<string, Buffer>, own = 'track00.0.raw'): Promise<Media> {
  const of = (name: string): Buffer => files.get(name) ?? Buffer.alloc(0);
  const companions = companionsOf(own, [...files.keys()], (name) => Promise.resolve(bufferSource(of(name))));
  return openMedia(bufferSource(of(own)), companions, 'kryoflux');
}

it('says what captured it, and when', async () => {
  await using media = await open(pc);
  expect(media.facts).toMatchObject({
    captureTool: 'KryoFlux DiskSystem',
    captureToolVersion: '2.20s',
    capturedAt: '2015-01-02T11:22:33',
    hardware: '1.1',
    revolutions: 2,
    rotationTimeMs: 200.06,
    rpm: 299.9,
    tracks: 4,
  });
  expect(media.parts).toEqual(['track00.1.raw', 'track01.0.raw', 'track01.1.raw']);
  expect(media.warnings).toEqual([]);
});

describe('the tracks', () => {
  it('are the files named alike, whichever is opened, and no other', async () => {
    await using media = await open(new Map([...pc, ['other02.0.raw', other], ['track02.0.raw.bak', other]]), 'track01.1.raw');
    expect(media.facts).toMatchObject({ tracks: 4, cylinders: 2, heads: 2, goodSectors: 36 });
  });

  it('that are missing are absent', async () => {
    await using media = await open(new Map([...pc].filter(([name]) => name !== 'track00.1.raw')));
    expect(await absent(media)).toEqual([{ offset: 9 * 512, length: 9 * 512, kind: 'absent' }]);
    expect(media.facts['incompleteTracks']).toEqual(['0.1: 0 of 9 good, not found 1 2 3 4 5 6 7 8 9']);
  });

  it('of 0 bytes are told as missing, and kept as parts', async () => {
    await using media = await open(new Map([...pc, ['track00.1.raw', Buffer.alloc(0)]]));
    expect(await absent(media)).toEqual([{ offset: 9 * 512, length: 9 * 512, kind: 'absent' }]);
    expect(codes(media)).toEqual(['kryoflux/empty-track', 'kryoflux/sectors-unread']);
    expect(media.warnings[0]?.message).toMatch(/^track 0\.1 is missing: "track00\.1\.raw" has 0 bytes/);
    expect(media.parts).toEqual(['track00.1.raw', 'track01.0.raw', 'track01.1.raw']);
  });

  it('may be one, without a name that tells which', async () => {
    await using media = await open(new Map([['stream', first]]), 'stream');
    expect(media.facts).toMatchObject({ tracks: 1, cylinders: 1, heads: 1, goodSectors: 9 });
  });
});

describe('warns of', () => {
  it('a capture that the device itself calls bad', async () => {
    await using media = await open(
      new Map(
        ['00.0', '01.0', '01.1'].map((track) => [`Disk 1 - ${track}.raw`, fixture(`kryoflux/damaged/Disk 1 - ${track}.raw`)]),
      ),
      'Disk 1 - 00.0.raw',
    );
    expect(codes(media)).toEqual(['kryoflux/result', 'kryoflux/result', 'kryoflux/result', 'kryoflux/sectors-unread']);
    expect(media.warnings[0]?.message).toMatch(/track 0\.0: the device ended the capture with result 1: .*ran over/);
  });

  it('a stream that is cut', async () => {
    await using media = await open(new Map([...pc, ['track01.0.raw', other.subarray(0, other.length / 2)]]));
    expect(codes(media)).toContain('kryoflux/cut');
  });

  it('bytes lost on the way', async () => {
    const at = other.indexOf(Buffer.of(13, 1, 8, 0));
    const lost = Buffer.concat([other.subarray(0, at - 50), other.subarray(at)]);
    await using media = await open(new Map([...pc, ['track01.0.raw', lost]]));
    expect(codes(media)).toContain('kryoflux/position');
  });
});

describe('refuses', () => {
  it.each([
    ['a stream without flux', first.subarray(0, 100)],
    ['one byte', Buffer.of(13)],
    ['blocks without end', Buffer.alloc(5000, Buffer.of(13, 4, 0, 0))],
    ['nothing but overflows', Buffer.alloc(100_000, 11)],
    ['an index of every byte', Buffer.alloc(160_000, Buffer.of(13, 2, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))],
  ])('%s', async (_what, bytes) => {
    const start = performance.now();
    await expect(open(new Map([['track00.0.raw', bytes]]))).rejects.toMatchObject({
      kind: 'unsupported',
      code: 'kryoflux/no-sectors',
    });
    expect(performance.now() - start).toBeLessThan(5000);
  });

  it('clocks that no device has are not believed', async () => {
    const at = first.indexOf('sck=') + 4;
    await using media = await open(new Map([...pc, ['track00.0.raw', changed(first, at, 0x39, 0x39, 0x39, 0x39)]]));
    expect(media.facts['goodSectors']).toBe(36);
  });
});
